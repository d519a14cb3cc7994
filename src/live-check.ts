// What `chartgate check` and `chartgate classify` ask live PostgreSQL connections: whether they can be reached, which posture they
// are in and whether it holds, what their columns hold. Part of the composition root.

import { keyFromText } from './adapters/key-file/kek.ts';
import { nodeKeys } from './adapters/key-file/node-keys.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import { lookBeforeStart } from './before-start.ts';
import type { LiveFinding } from './cli/check.ts';
import type { PostgresConnection } from './config/config.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { errors } from './core/errors.ts';
import { nearest } from './core/near-word.ts';
import { type Refusal, type Result, refuse } from './core/result.ts';
import { type Survey, surveyColumns } from './gateway/column-samples.ts';
import { loadCatalog } from './gateway/postgres-catalog.ts';
import { readSafeFunctions } from './gateway/postgres-functions.ts';
import { openCatalogSession, openHardening } from './live-hardening.ts';
import { checkPlaces, checkServer } from './live-places.ts';
import { targetOf, upstreamOf } from './postgres-connections.ts';
import type { Catalog } from './sql/catalog.ts';

const surveyMs = 120_000;

export async function checkConnections(loaded: LoadedConfig): Promise<LiveFinding[]> {
  const { connections, classification } = loaded.config;
  const { problems, warnings } = lookBeforeStart(loaded);
  const findings: LiveFinding[] = [
    ...[...problems, ...otherKey(loaded)].map((each) => notSo(null, each)),
    ...warnings.map((each) => ({ connection: null, ok: true, warning: true, ...each }) as const),
    ...(await checkPlaces(loaded)),
  ];
  for (const [name, connection] of Object.entries(connections)) {
    if (connection.type !== 'postgres') {
      findings.push(...(await checkServer(name, connection)));
      continue;
    }
    const enforced = classification[name]?.posture === 'enforced';
    findings.push(
      ...(enforced ? await enforcedFindings(loaded, name, connection) : await inlineFindings(loaded, name, connection)),
      ...(await functionFindings(loaded, name, connection)),
    );
  }
  return findings;
}

/** Only that it is another key: who checks may be nobody who can read the state. */
function otherKey({ config, secret }: LoadedConfig): Refusal[] {
  const kek = config.keys.kek ? keyFromText(secret(config.keys.kek)) : null;
  const keys = kek?.ok ? nodeKeys(config.state, kek.value) : null;
  return keys && !keys.ok && keys.error.code === 'secret_unresolved' ? [keys.error] : [];
}

async function inlineFindings(
  loaded: LoadedConfig,
  name: string,
  connection: PostgresConnection,
): Promise<LiveFinding[]> {
  const { classification } = loaded.config;
  const database = { name, connection, loaded, classification: () => classification[name] };
  const parts = { clock, random, detectClasses: () => [], emergency: () => false };
  const { target } = targetOf(database, parts);
  const ready = await target.ready();
  target.close();
  if (!ready.ok) return [notSo(name, ready.error)];
  return [
    { connection: name, ok: true, text: `posture inline: ${summaryOf(ready.value)}` },
    ...strayFindings(name, ready.value, Object.keys(classification[name]?.columns ?? {})),
  ];
}

/** A column that is classified under a name it does not have is masked, or shown, as one nobody has classified. */
function strayFindings(connection: string, catalog: Catalog, classified: readonly string[]): LiveFinding[] {
  const columns = new Map(
    catalog
      .relations()
      .filter(({ system }) => !system)
      .map((each) => [`${each.schema}.${each.name}`, each.columns.map(({ name }) => name)]),
  );
  return classified.flatMap((each) => {
    const end = each.lastIndexOf('.');
    const [relation, column] = [each.slice(0, end), each.slice(end + 1)];
    if (columns.get(relation)?.includes(column)) return [];
    const meant = columns.has(relation) ? relation : nearest(relation, [...columns.keys()]);
    const near = meant === undefined ? undefined : nearest(column, columns.get(meant) ?? []);
    return [
      {
        connection,
        ok: false,
        text: `classification.${connection}.columns: there is no column ${each}${near === undefined ? '' : `; did you mean ${meant}.${near}?`}`,
        next: 'Correct its name, or take the line out: what is classified by a name that is not there protects nothing.',
      },
    ];
  });
}

async function enforcedFindings(
  loaded: LoadedConfig,
  name: string,
  connection: PostgresConnection,
): Promise<LiveFinding[]> {
  const hardening = await openHardening(loaded, { connection: name, admin: null, adminPassword: null });
  const found = hardening.ok ? await hardening.value.verify() : hardening;
  if (hardening.ok) hardening.value.close();
  if (!found.ok) return [notSo(name, found.error)];
  const wrong = found.value.filter((each) => !each.ok);
  const text = `posture enforced: ${found.value.length} checks hold on the live server`;
  const findings = wrong.length > 0 ? wrong : [{ ok: true, text }];
  return [...findings.map((each) => ({ connection: name, ...each })), ...(await straysIn(loaded, name, connection))];
}

async function straysIn(loaded: LoadedConfig, name: string, connection: PostgresConnection): Promise<LiveFinding[]> {
  const classification = loaded.config.classification[name];
  const session = await openCatalogSession(upstreamOf(connection, loaded));
  if (!session.ok) return [notSo(name, session.error)];
  const catalog = await loadCatalog(session.value.query, classification, 0);
  session.value.close();
  return catalog.ok
    ? strayFindings(name, catalog.value, Object.keys(classification?.columns ?? {}))
    : [notSo(name, catalog.error)];
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
function notSo(connection: string | null, { code, text, next }: Refusal): LiveFinding {
  const otherwise =
    code === 'upstream_refused'
      ? 'Compare url, password and tls with the server; its own log says more.'
      : errors[code].next;
  return code === 'upstream_unavailable'
    ? { connection, ok: true, checked: false, text }
    : { connection, ok: false, text, next: next ?? otherwise };
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
