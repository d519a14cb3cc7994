// What `chartgate check` and `chartgate classify` ask live PostgreSQL connections: whether they can be reached, which posture they
// are in and whether it holds, what their columns hold. Part of the composition root.

import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { keyFromText } from './adapters/key-file/kek.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import type { LiveFinding } from './cli/check.ts';
import { openNotifiers } from './compose-notices.ts';
import type { PostgresConnection } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { ok, type Refusal, type Result, refuse } from './core/result.ts';
import { type Survey, surveyColumns } from './gateway/column-samples.ts';
import { loadCatalog } from './gateway/postgres-catalog.ts';
import { readSafeFunctions } from './gateway/postgres-functions.ts';
import { openCatalogSession, openHardening } from './live-hardening.ts';
import { targetOf, upstreamOf } from './postgres-connections.ts';
import type { Catalog } from './sql/catalog.ts';

const surveyMs = 120_000;

export async function checkConnections(loaded: LoadedConfig): Promise<LiveFinding[]> {
  const { connections, classification } = loaded.config;
  const findings: LiveFinding[] = startProblems(loaded).map(({ text }) => ({ connection: null, ok: false, text }));
  for (const [name, connection] of Object.entries(connections)) {
    if (connection.type !== 'postgres') continue;
    const enforced = classification[name]?.posture === 'enforced';
    findings.push(
      ...(enforced ? await enforcedFindings(loaded, name) : [await inlineFinding(loaded, name, connection)]),
      ...(await functionFindings(loaded, name, connection)),
    );
  }
  return findings;
}

/** What a start would stumble over although the file is sound: what stands in the secrets and files it names. */
function startProblems(loaded: LoadedConfig): Refusal[] {
  const { keys, tls } = loaded.config;
  const notifiers = openNotifiers(loaded);
  const kek = keys.kek ? keyFromText(loaded.secret(keys.kek)) : ok(null);
  const problems = [notifiers, kek].flatMap((each) => (each.ok ? [] : [each.error]));
  try {
    if (tls) createSecureContext({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) });
  } catch {
    problems.push({
      code: 'config_invalid',
      text: `tls: ${tls?.certFile} and ${tls?.keyFile} are no certificate and key that belong together (PEM, the key without a passphrase).`,
    });
  }
  return problems;
}

async function inlineFinding(loaded: LoadedConfig, name: string, connection: PostgresConnection): Promise<LiveFinding> {
  const { classification } = loaded.config;
  const { target } = targetOf(name, connection, loaded, () => classification[name], {
    clock,
    random,
    detectClasses: () => [],
    emergency: () => false,
  });
  const ready = await target.ready();
  target.close();
  return ready.ok
    ? { connection: name, ok: true, text: `posture inline: ${summaryOf(ready.value)}` }
    : notSo(name, ready.error);
}

async function enforcedFindings(loaded: LoadedConfig, name: string): Promise<LiveFinding[]> {
  const hardening = await openHardening(loaded, { connection: name, admin: null, adminPassword: null });
  const found = hardening.ok ? await hardening.value.verify() : hardening;
  if (hardening.ok) hardening.value.close();
  if (!found.ok) return [notSo(name, found.error)];
  const wrong = found.value.filter((each) => !each.ok);
  if (wrong.length > 0) return wrong.map((each) => ({ connection: name, ...each }));
  return [
    { connection: name, ok: true, text: `posture enforced: ${found.value.length} checks hold on the live server` },
  ];
}

/** Whether what is declared safe is what was read. A database that cannot be reached has been spoken of already. */
async function functionFindings(
  loaded: LoadedConfig,
  name: string,
  connection: PostgresConnection,
): Promise<LiveFinding[]> {
  const functions = loaded.config.classification[name]?.functions ?? {};
  if (Object.keys(functions).length === 0) return [];
  const session = await openCatalogSession(upstreamOf(connection, loaded));
  if (!session.ok) return [];
  const safe = await readSafeFunctions(session.value.query, functions);
  session.value.close();
  if (!safe.ok) return [{ connection: name, ok: false, text: safe.error.text }];
  return safe.value.declared.map((each) => ({
    connection: name,
    ok: each.problem === null,
    text: `function ${each.name} ${each.problem === null ? 'is as it was read, and safe' : `is not taken for safe: ${each.problem}`}`,
  }));
}

/** A policy is checked where its databases cannot be reached, too: that is no fault of the configuration. */
function notSo(connection: string, { code, text }: Refusal): LiveFinding {
  return code === 'upstream_unavailable'
    ? { connection, ok: true, checked: false, text }
    : { connection, ok: false, text };
}

function summaryOf(catalog: Catalog): string {
  const columns = catalog.relations().flatMap((relation) => (relation.system ? [] : relation.columns));
  const unknown = columns.filter((each) => each.classification === 'unknown').length;
  const clear = columns.filter((each) => each.classification === 'clear').length;
  return `${columns.length} columns, ${columns.length - clear - unknown} classified as PHI, ${unknown} unknown and therefore masked, ${clear} clear`;
}

/** What `chartgate classify` looks into. Refused: unknown_connection, and whatever the upstream refuses. */
export async function surveyDatabase(loaded: LoadedConfig, name: string, rows: number): Promise<Result<Survey>> {
  const connection = loaded.config.connections[name];
  if (connection?.type !== 'postgres')
    return refuse('unknown_connection', `There is no PostgreSQL connection ${name}.`);
  const session = await openCatalogSession(upstreamOf(connection, loaded));
  if (!session.ok) return session;
  const { query, close } = session.value;
  try {
    const catalog = await loadCatalog(query, loaded.config.classification[name], 0);
    if (!catalog.ok) return catalog;
    const end = clock.now() + surveyMs;
    return await surveyColumns(query, catalog.value, rows, () => clock.now() >= end);
  } finally {
    close();
  }
}
