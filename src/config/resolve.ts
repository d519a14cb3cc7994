// References of a parsed configuration → their values, all of them at once, through lookups that are handed in: an
// unresolved one is a problem with a line and a path, not a surprise at the first request.

import { fail, ok, type Result } from '../core/result.ts';
import type { Config, SecretString } from './config.ts';
import type { ParsedConfig } from './parse.ts';
import type { ConfigProblem, Finding, Path } from './problem.ts';
import { partsOf } from './secret-text.ts';
import { members } from './tree.ts';

/** What the machine has. An error is a phrase for "found …" and holds no content. */
export interface Lookups {
  readonly variable: (name: string) => string | undefined;
  /** Text of a file of secrets, its last line feed dropped, or the base64 of what is not UTF-8; the path is absolute. */
  readonly secretFile: (path: string) => Result<string, string>;
  /** Why this file cannot be read; null when it can. */
  readonly unreadable: (path: string) => string | null;
  readonly resolvePath: (relative: string) => string;
  /** A secret of a secret service, asked for before: see {@link serviceSecrets}. */
  readonly serviceSecret?: (scheme: string, name: string) => Result<string, string>;
}

/** A configuration that can be put to work. */
export interface LoadedConfig {
  readonly config: Config;
  /** The file as it is written, references and all. */
  readonly raw: unknown;
  /**
   * The value behind a secret of this configuration. `dsn` gives what `${dsn:<connection>}` stands for.
   * @throws Error when the string was not part of the file, or needs a `dsn` and has none
   */
  readonly secret: (secret: SecretString, dsn?: (connection: string) => string) => string;
  /** Where something stands, as `file:line:column`. */
  readonly at: (path: Path) => string;
}

export function resolveConfig(parsed: ParsedConfig, lookups: Lookups): Result<LoadedConfig, readonly ConfigProblem[]> {
  const values = new Map<string, string>();
  const findings = [...resolveReferences(parsed.raw, lookups, values), ...missingFiles(parsed, lookups)];
  if (findings.length > 0) return fail(findings.map(parsed.problem));
  return ok({
    config: parsed.config,
    raw: parsed.raw,
    at: (path) => {
      const { file, line, column } = parsed.problem({ path, found: '', expected: '' });
      return `${file}:${line}:${column}`;
    },
    secret: (secret, dsn) =>
      partsOf(secret)
        .map((part) => {
          if (part.kind === 'text') return part.text;
          const value = part.scheme === 'dsn' ? dsn?.(part.name) : values.get(`${part.scheme}:${part.name}`);
          if (value === undefined) throw new Error(`a reference to ${part.scheme} has no value here`);
          return value;
        })
        .join(''),
  });
}

function resolveReferences(raw: unknown, lookups: Lookups, values: Map<string, string>): Finding[] {
  return referencesIn(raw).flatMap(({ path, scheme, name }): Finding[] => {
    if (scheme === 'dsn') return [];
    const resolved = lookUp({ scheme, name }, lookups);
    if (resolved.ok) {
      values.set(`${scheme}:${name}`, resolved.value);
      return [];
    }
    const expected = expectations[scheme]?.(name) ?? 'a secret service that answers';
    return [{ path, found: resolved.error, expected, code: 'secret_unresolved' }];
  });
}

/** Something outside the file that the file refers to, and where it does. */
export interface Reference {
  readonly path: Path;
  readonly scheme: string;
  readonly name: string;
}

/** Every reference in the file, in its order; a policy has none. */
export function referencesIn(value: unknown, path: Path = []): Reference[] {
  if (typeof value !== 'string')
    return members(value).flatMap(([key, each]) =>
      path.length === 0 && key === 'policy' ? [] : referencesIn(each, [...path, key]),
    );
  return partsOf({ raw: value }).flatMap((part) =>
    part.kind === 'reference' ? [{ path, scheme: part.scheme, name: part.name }] : [],
  );
}

/** Every secret of a secret service that the file refers to: they are asked for once, before anything is resolved. */
export function serviceSecrets(value: unknown): Reference[] {
  return referencesIn(value).filter(({ scheme }) => scheme === 'vault' || scheme === 'gcp' || scheme === 'aws');
}

const expectations: Readonly<Record<string, (name: string) => string>> = {
  env: (name) => `the variable ${name} to be set`,
  file: () => 'a file only its owner can change',
};

function lookUp(
  { scheme, name }: { readonly scheme: string; readonly name: string },
  lookups: Lookups,
): Result<string, string> {
  if (scheme === 'env') return variable(name, lookups);
  if (scheme === 'file') return lookups.secretFile(lookups.resolvePath(name));
  return lookups.serviceSecret?.(scheme, name) ?? fail('no secret service to ask');
}

function variable(name: string, lookups: Lookups): Result<string, string> {
  const value = lookups.variable(name);
  return value === undefined || value === '' ? fail(`no value in the environment variable ${name}`) : ok(value);
}

function missingFiles({ config }: ParsedConfig, lookups: Lookups): Finding[] {
  const files: (readonly [Path, string])[] = [];
  if (config.tls) files.push([['tls', 'cert'], config.tls.certFile], [['tls', 'key'], config.tls.keyFile]);
  for (const [index, { jwks }] of config.identity.trust.entries()) {
    if ('file' in jwks) files.push([['identity', 'trust', index, 'jwks'], jwks.file]);
  }
  for (const [id, { proof }] of Object.entries(config.identity.clients.known)) {
    if (!('jwks' in proof) || !('file' in proof.jwks)) continue;
    files.push([['identity', 'clients', 'known', id, 'jwks'], proof.jwks.file]);
  }
  for (const [name, provider] of Object.entries(config.identity.providers)) {
    if (provider.type !== 'saml') continue;
    files.push([['identity', 'providers', name, 'metadata'], provider.metadataFile]);
    if (provider.certFile !== null) files.push([['identity', 'providers', name, 'cert'], provider.certFile]);
  }
  for (const [index, { to }] of config.audit.exports.entries()) {
    if (to.type === 'syslog' && to.caFile !== null) files.push([['audit', 'export', index, 'ca'], to.caFile]);
  }
  const { onnx } = config.detectors;
  if (onnx) files.push([['detectors', 'onnx', 'model'], `${onnx.model}/config.json`]);
  for (const [name, connection] of Object.entries(config.connections)) {
    if (connection.type === 'postgres' && connection.caFile !== null) {
      files.push([['connections', name, 'ca'], connection.caFile]);
    }
  }
  return files.flatMap(([path, file]): Finding[] => {
    const why = lookups.unreadable(file);
    return why === null ? [] : [{ path, found: why, expected: 'a file that can be read' }];
  });
}
