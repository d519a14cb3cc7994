// What `chartgate check` finds out about the places besides databases: the archive, where records are exported and people told,
// identity providers, MCP servers. It writes nothing anywhere, and says what it therefore does not know. Part of the composition root.

import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { faultInClientKeys } from './adapters/jwks/client-keys.ts';
import { keysInFile } from './adapters/jwks/key-source.ts';
import { type Place, reach } from './adapters/reach/reach.ts';
import { archiveAt } from './cli/archive-place.ts';
import type { LiveFinding } from './cli/check.ts';
import type { ArchiveConfig, ConnectionConfig, ExportConfig, NotifyConfig } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { signInPrefix } from './gateway/sign-in-door.ts';

const answerMs = 5_000;

/** Of the gate as a whole. */
export async function checkPlaces(loaded: LoadedConfig): Promise<LiveFinding[]> {
  const { audit, approvals, identity, detectors, publicUrl } = loaded.config;
  const providers = Object.entries(identity.providers).map(([name, each]) =>
    each.type === 'oidc'
      ? issuerFinding(name, each.issuer, `${publicUrl}${signInPrefix}/callback/${name}`)
      : metadataFinding(name, each.metadataFile, `${publicUrl}${signInPrefix}/saml/${name}/metadata`),
  );
  const keys = identity.trust.map(({ issuer, jwks }) =>
    'url' in jwks ? keysFinding(issuer, jwks.url) : keyFileFinding(issuer, jwks.file),
  );
  const clients = Object.entries(identity.clients.known).flatMap(([id, { proof }]) =>
    'jwks' in proof && 'file' in proof.jwks ? [clientFinding(id, proof.jwks.file)] : [],
  );
  const found = await Promise.all([
    ...(audit.archive ? [archiveFinding(audit.archive)] : []),
    ...audit.exports.map((each) => exportFinding(each)),
    ...approvals.notify.map((each, index) => noticeFinding(each, index, loaded)),
    ...audit.witnesses.map(({ url }) => reachedAt('audit.witnesses', url, 'no checkpoint was sent')),
    ...(detectors.presidio ? [reachedAt('detectors.presidio', detectors.presidio.url, 'no text was sent')] : []),
    ...providers,
    ...keys,
    ...clients,
  ]);
  return found.map((each) => ({ connection: null, ...each }));
}

/** Of a connection that is no database. */
export async function checkServer(name: string, connection: ConnectionConfig): Promise<LiveFinding[]> {
  if (connection.type !== 'mcp') return [];
  if (connection.transport === 'http') {
    const found = await reachedAt('the server', connection.url, 'nobody has signed in to it');
    return [{ connection: name, ...found }];
  }
  const program = connection.command[0]?.raw ?? '';
  const notStarted = 'it is started when somebody calls';
  return [
    isProgram(program, connection.cwd)
      ? { connection: name, ok: true, checked: false, text: `${program} is there; ${notStarted}.` }
      : {
          connection: name,
          ok: true,
          warning: true,
          text: `${program} is no program that can be run from here; ${notStarted}.`,
          next: 'Name it with its path, or see that it is on the PATH of the gate.',
        },
  ];
}

type Found = Omit<LiveFinding, 'connection'>;

async function archiveFinding(config: ArchiveConfig): Promise<Found> {
  const archive = await archiveAt(config);
  if (config.type === 'file') {
    const what = `audit.archive: ${config.directory}`;
    return existsSync(config.directory)
      ? writableFinding(what, config.directory)
      : { ok: true, warning: true, text: `${what} is not there; the gate will make it.`, next: 'Is it mounted?' };
  }
  const checked = await archive.check?.();
  const kept = config.lock === 'none' ? 'no lock is asked for' : `Object Lock is on (${config.lock} is asked for)`;
  if (!checked || checked.ok)
    return {
      ok: true,
      text: `audit.archive: ${archive.place} keeps versions, ${kept}. Nothing was written to it.`,
    };
  const { code, text, next } = checked.error;
  const said = { text: `audit.archive: ${text}`, ...(next === undefined ? {} : { next }) };
  return code === 'upstream_unavailable' ? { ok: true, checked: false, ...said } : { ok: false, ...said };
}

async function exportFinding({ name, to }: ExportConfig): Promise<Found> {
  const what = `audit.export ${name}`;
  switch (to.type) {
    case 'ndjson':
      return writableFinding(`${what}: ${dirname(to.path)}`, dirname(to.path));
    case 'syslog': {
      const ca = to.caFile === null ? null : readFileSync(to.caFile, 'utf8');
      return reached(what, { host: to.host, port: to.port, tls: { ca } }, 'no record was sent');
    }
    case 'otlp':
    case 'splunk-hec':
    case 'webhook':
      return reachedAt(what, to.url, 'no record was sent, so whether its token is accepted is not known');
  }
}

async function noticeFinding(each: NotifyConfig, index: number, { secret }: LoadedConfig): Promise<Found> {
  const what = `approvals.notify ${each.type}-${index + 1}`;
  const unsent = 'nobody was told anything';
  switch (each.type) {
    case 'email':
      return reached(what, { host: each.host, port: each.port, tls: each.tls ? { ca: null } : null }, unsent);
    case 'slack':
      return reachedAt(what, each.webhook ? secret(each.webhook) : (each.bot?.api ?? ''), unsent);
    case 'teams':
      return reachedAt(what, secret(each.webhook), unsent);
    case 'webhook':
      return reachedAt(what, each.url, unsent);
  }
}

/** OpenID Connect Discovery 1.0 §4.3: the issuer in the metadata is the one that was asked. */
async function issuerFinding(name: string, issuer: string, redirectUri: string): Promise<Found> {
  const what = `identity.providers.${name}`;
  const metadata = await jsonAt(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (!metadata.ok) return { ok: true, checked: false, text: `${what}: ${issuer} ${metadata.why}.` };
  const { issuer: said } = metadata.value;
  if (said !== issuer)
    return {
      ok: false,
      text: `${what}: the provider at ${issuer} calls itself by another name.`,
      next: typeof said === 'string' ? `Write its own, to the letter: issuer: ${said}` : 'Is it an OpenID provider?',
    };
  return {
    ok: true,
    text: `${what}: ${issuer} answers. Whether it knows the client, and ${redirectUri} as its redirect URI, is seen at a sign-in.`,
  };
}

async function metadataFinding(name: string, file: string, ownMetadata: string): Promise<Found> {
  const what = `identity.providers.${name}: ${file}`;
  const { readIdpMetadata } = await import('./adapters/saml-client/idp-metadata.ts');
  const read = await readIdpMetadata(readFileSync(file, 'utf8'));
  return read.ok
    ? { ok: true, text: `${what} is the metadata of ${read.value.entityId}. The gate's own is at ${ownMetadata}.` }
    : {
        ok: false,
        text: `${what}: ${read.error.text}`,
        next: 'Save the metadata of the identity provider there anew.',
      };
}

async function clientFinding(id: string, file: string): Promise<Found> {
  const what = `identity.clients.known.${id}: ${file}`;
  const fault = await faultInClientKeys(file);
  return fault === null
    ? { ok: true, text: `${what} is a key set.` }
    : { ok: false, text: `${what} ${fault}.`, next: 'Have the client give its public keys as a JWKS.' };
}

async function keyFileFinding(issuer: string, file: string): Promise<Found> {
  const what = `identity.trust ${issuer}: ${file}`;
  return keysInFile(file).then(
    () => ({ ok: true, text: `${what} is a key set.` }),
    () => ({ ok: false, text: `${what} is no key set (RFC 7517).`, next: 'Save what is at its jwks_uri there.' }),
  );
}

async function keysFinding(issuer: string, url: string): Promise<Found> {
  const keys = await jsonAt(url);
  if (!keys.ok) return { ok: true, checked: false, text: `identity.trust ${issuer}: ${url} ${keys.why}.` };
  return Array.isArray(keys.value['keys'])
    ? { ok: true, text: `identity.trust ${issuer}: ${keys.value['keys'].length} keys at ${url}` }
    : {
        ok: false,
        text: `identity.trust ${issuer}: what is at ${url} is no key set (RFC 7517).`,
        next: "Name the provider's jwks_uri.",
      };
}

type JsonObject = Readonly<Record<string, unknown>>;
type Asked = { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly why: string };

async function jsonAt(url: string): Promise<Asked> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(answerMs) });
    if (!answer.ok) return { ok: false, why: `answers with status ${answer.status}` };
    const value: unknown = await answer.json();
    return { ok: true, value: typeof value === 'object' && value !== null ? { ...value } : {} };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    return { ok: false, why: `does not answer as it should${code}` };
  }
}

/** INVARIANT: no more of an address is said than its host: the rest of a webhook is a secret. */
async function reachedAt(what: string, url: string, unknown: string): Promise<Found> {
  const at = URL.parse(url);
  if (!at) return { ok: false, text: `${what}: its address is no URL.` };
  const tls = at.protocol === 'https:';
  const port = at.port === '' ? (tls ? 443 : 80) : Number(at.port);
  return reached(what, { host: at.hostname, port, tls: tls ? { ca: null } : null }, unknown);
}

async function reached(what: string, place: Place, unknown: string): Promise<Found> {
  const where = `${place.host}:${place.port}`;
  const found = await reach(place);
  switch (found.kind) {
    case 'open':
      return { ok: true, text: `${what}: ${where} takes connections; ${unknown}.` };
    case 'away':
      return { ok: true, checked: false, text: `${what}: ${where} cannot be reached (${found.why}).` };
    case 'untrusted':
      return {
        ok: false,
        text: `${what}: the certificate of ${where} is not accepted (${found.why}).`,
        next: 'Name the host it is for; an authority of your own is made known by ca where there is one, or by NODE_EXTRA_CA_CERTS.',
      };
  }
}

function writableFinding(what: string, directory: string): Found {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return { ok: true, text: `${what} can be written to by this user.` };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return {
      ok: false,
      text: `${what} cannot be written to by this user (${code}).`,
      next: 'Make the directory, mount it, or give it to the user the gate runs as; and run check as that user.',
    };
  }
}

function isProgram(name: string, cwd: string): boolean {
  const places = name.includes('/')
    ? [resolve(cwd, name)]
    : (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  });
}
