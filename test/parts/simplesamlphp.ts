// A real SAML 2.0 identity provider: Debian's SimpleSAMLphp under PHP's own web server, with two people.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../demo/ports.ts';
import { eventually } from './eventually.ts';

export interface SimpleSamlPhp {
  readonly url: string;
  /** Its metadata, XML. */
  readonly metadata: string;
  close(): Promise<void>;
}

const installed = '/usr/share/simplesamlphp';

/** Null: all is there. */
export const missing: string | null =
  existsSync(installed) && existsSync('/usr/bin/php')
    ? null
    : 'apt-get install -y --no-install-recommends simplesamlphp php-cli php-xml php-sqlite3 php-curl php-mbstring';

/** An RSA key with a certificate of its own, as files. */
export function makeRsaKey(folder: string, name: string): void {
  const files = ['-keyout', join(folder, `${name}.pem`), '-out', join(folder, `${name}.crt`)];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, ...files],
    {
      stdio: 'ignore',
    },
  );
}

/** @param sp what the gate says of itself; `encryptTo` PEM certificate text, null = in clear */
export async function startSimpleSamlPhp(sp: {
  readonly entityId: string;
  readonly consumerUrl: string;
  readonly encryptTo: string | null;
}): Promise<SimpleSamlPhp> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const home = await mkdtemp(join(tmpdir(), 'chartgate-saml-'));
  await cp('/etc/simplesamlphp', home, { recursive: true, dereference: true });
  for (const folder of ['cert', 'log', 'data', 'tmp', 'sessions', 'metadata'])
    await mkdir(join(home, folder), { recursive: true });
  makeRsaKey(join(home, 'cert'), 'idp');
  const settings: Readonly<Record<string, string>> = {
    baseurlpath: `'${url}'`,
    certdir: `'${home}/cert/'`,
    loggingdir: `'${home}/log/'`,
    datadir: `'${home}/data/'`,
    tempdir: `'${home}/tmp'`,
    metadatadir: `'${home}/metadata'`,
    'metadata.sources': "[['type' => 'flatfile', 'directory' => $config['metadatadir']]]",
    'enable.saml20-idp': 'true',
    secretsalt: "'for the tests alone'",
    'store.type': "'sql'",
    'store.sql.dsn': `'sqlite:${home}/store.sq3'`,
    'logging.handler': "'file'",
    'module.enable': "['exampleauth' => true, 'core' => true, 'saml' => true, 'admin' => true]",
    'session.cookie.secure': 'false',
  };
  const lines = Object.entries(settings).map(([name, value]) => `$config['${name}'] = ${value};`);
  await appendFile(join(home, 'config.php'), `\n${lines.join('\n')}\n`);
  const person = (uid: string, groups: string): string =>
    `'${uid}:secret' => ['uid' => ['${uid}'], 'mail' => ['${uid}@clinic.example'], 'groups' => [${groups}]]`;
  await writeFile(
    join(home, 'authsources.php'),
    `<?php $config = ['example-userpass' => ['exampleauth:UserPass', ${person('ana', "'analysts'")}, ${person('zed', '')}]];`,
  );
  await writeFile(
    join(home, 'metadata', 'saml20-idp-hosted.php'),
    "<?php $metadata['__DYNAMIC:1__'] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.pem', 'certificate' => 'idp.crt', 'auth' => 'example-userpass'];",
  );
  const certificate = sp.encryptTo?.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  const encryption =
    certificate === undefined ? '' : `, 'assertion.encryption' => true, 'certData' => '${certificate}'`;
  await writeFile(
    join(home, 'metadata', 'saml20-sp-remote.php'),
    `<?php $metadata['${sp.entityId}'] = ['AssertionConsumerService' => '${sp.consumerUrl}', 'saml20.sign.assertion' => true, 'saml20.sign.response' => true${encryption}];`,
  );
  const child = spawn(
    'php',
    ['-d', `session.save_path=${home}/sessions`, '-S', `127.0.0.1:${port}`, '-t', join(installed, 'www')],
    {
      env: { PATH: process.env['PATH'] ?? '', SIMPLESAMLPHP_CONFIG_DIR: home },
      stdio: 'ignore',
    },
  );
  let metadata = '';
  await eventually(async () => {
    const answer = await fetch(`${url}saml2/idp/metadata.php`).catch(() => null);
    metadata = (await answer?.text()) ?? '';
    return metadata.includes('EntityDescriptor');
  }, 'SimpleSAMLphp starts').catch((error: unknown) => {
    throw new Error(`SimpleSAMLphp said: ${metadata.slice(0, 2000)}`, { cause: error });
  });
  return {
    url,
    metadata,
    close: async () => {
      child.kill('SIGKILL');
      await rm(home, { recursive: true, force: true });
    },
  };
}
