// What `chartgate check` finds when it looks at the PostgreSQL connections as they are now: reached, signed in, posture,
// privileges, and how much is classified. Reads the catalog only. Part of the composition root.

import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import type { LiveFinding } from './cli/check.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { targetOf } from './connections.ts';
import type { Refusal } from './core/result.ts';
import type { Catalog } from './sql/catalog.ts';

export async function checkConnections(loaded: LoadedConfig): Promise<LiveFinding[]> {
  const { connections, classification } = loaded.config;
  const findings: LiveFinding[] = [];
  for (const [name, connection] of Object.entries(connections)) {
    if (connection.type !== 'postgres') continue;
    const { target } = targetOf(connection, loaded, () => classification[name], {
      clock,
      random,
      detectClasses: () => [],
    });
    const ready = await target.ready();
    target.close();
    const posture = classification[name]?.posture ?? 'inline';
    findings.push({
      connection: name,
      // A policy is checked where its databases cannot be reached, too: that is no fault of the configuration.
      ok: ready.ok || ready.error.code === 'upstream_unavailable',
      text: ready.ok ? `posture ${posture}: ${summaryOf(ready.value)}` : notSo(ready.error),
    });
  }
  return findings;
}

function notSo({ code, text }: Refusal): string {
  return code === 'upstream_unavailable' ? `not checked: ${text}` : text;
}

function summaryOf(catalog: Catalog): string {
  const columns = catalog.relations().flatMap((relation) => (relation.system ? [] : relation.columns));
  const unknown = columns.filter((each) => each.classification === 'unknown').length;
  const clear = columns.filter((each) => each.classification === 'clear').length;
  return `${columns.length} columns, ${columns.length - clear - unknown} classified as PHI, ${unknown} unknown and therefore masked, ${clear} clear`;
}
