// Answers about patients whose session retention has shredded: nobody is named any more, and as many are counted as an evidence
// package of the same period counts; also by an index that is made after the payloads went.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSessionIndex } from '../../src/adapters/sqlite-store/projection.ts';
import { ShreddableAnswers } from '../../src/audit/evidence/tally.ts';
import type { Entry } from '../../src/core/record.ts';
import type { LogReader } from '../../src/ports/log.ts';
import { MemoryLog } from '../admin/gate-fixture.ts';

const directory = mkdtempSync(join(tmpdir(), 'chartgate-shredded-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const name = Buffer.alloc(16, 7).toString('base64url');

async function answer(log: MemoryLog, session: string, unnamed = false): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ names: unnamed ? [] : [[name, 'row']], purpose: 'treatment' }));
  const data = { patients: unnamed ? 0 : 1, ...(unnamed ? { unnamed } : {}) };
  await log.append({ type: 'disclosure', session, request: 'r', data }, { media: 'application/json', bytes });
}

/** The log as it can be read once these sessions' keys are gone. */
function shreddedLog(log: MemoryLog, gone: ReadonlySet<string>): LogReader {
  return {
    get size() {
      return log.size;
    },
    entries: (from, to) => log.entries(from, to),
    payload: (entry) => (gone.has(entry.session ?? '') ? Promise.resolve(null) : log.payload(entry)),
  };
}

function counted(entries: readonly Entry[], period: { readonly since?: string; readonly until?: string }): number {
  const answers = new ShreddableAnswers();
  const isIn = ({ time }: Entry): boolean => time >= (period.since ?? '') && time < (period.until ?? '9');
  return entries.reduce((sum, each) => sum + (each.type !== 'disclosure' || isIn(each) ? answers.see(each) : 0), 0);
}

test('they are counted as a package counts them, and name nobody', async () => {
  const log = new MemoryLog();
  const subject = { id: 'ana', issuer: 'i', kind: 'person' } as const;
  for (const session of ['s_1', 's_2', 's_3'])
    await log.append({ type: 'session.start', session, subject, connection: 'ehr', data: { door: 'postgres' } });
  for (const session of ['s_1', 's_2', 's_1', 's_3']) await answer(log, session);
  await answer(log, 's_1', true);
  await answer(log, 's_3', true);
  const followed = openSessionIndex(join(directory, 'followed.db'));
  assert.ok(followed.ok);
  await followed.value.catchUp(log);
  const counts = { limit: 9 };
  assert.deepEqual(
    [followed.value.disclosuresOf([name], counts).length, followed.value.unnamedDisclosures({})],
    [4, 2],
  );
  assert.equal(followed.value.shreddedDisclosures({}), 0);
  await log.append({ type: 'retention.shredded', data: { sessions: ['s_1', 's_9'], packs: [0] } });
  await log.append({ type: 'retention.shredded', data: { sessions: ['s_2'], packs: [] } });
  await answer(log, 's_3');
  const left = shreddedLog(log, new Set(['s_1', 's_2']));
  await followed.value.catchUp(left);
  const anew = openSessionIndex(join(directory, 'anew.db'));
  assert.ok(anew.ok);
  await anew.value.catchUp(left);
  const times = log.stored.map(({ time }) => time);
  for (const { value: index } of [followed, anew]) {
    assert.deepEqual(
      index.disclosuresOf([name], counts).map(({ session }) => session.id),
      ['s_3', 's_3'],
    );
    assert.equal(index.unnamedDisclosures({}), 1);
    assert.equal(index.shreddedDisclosures({}), 4);
    for (const since of times)
      for (const until of times)
        assert.equal(
          index.shreddedDisclosures({ since, until }),
          counted(log.stored, { since, until }),
          `${since} ${until}`,
        );
    assert.equal((await index.rebuild(left)).same, true);
    index.close();
  }
});
