// kill -9 of the gate while people and agents read through it. INVARIANT under test: whatever a client has received is in
// the log, the log verifies, and what was open says so.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client as McpClient } from '@modelcontextprotocol/client';
import { type Client, Query } from 'pg';
import type { TimelineView } from '../../src/admin/contract.ts';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const rounds = 5;
const firstSeed = 20_261_121;

let clinic: Clinic;
before(async () => {
  clinic = await startClinic();
});
after(() => clinic.stop());

/** What clients got, one text for each row: who, a mark of the question, the row. */
class Load {
  readonly received = new Set<string>();
  readonly #round: number;
  readonly #running: Promise<void>[] = [];
  readonly #agents: McpClient[] = [];
  #answers = 0;
  #killed = false;

  constructor(round: number) {
    this.#round = round;
  }

  /** Both doors have answered. */
  flows(): Promise<void> {
    return eventually(() => this.#answers >= 2 && this.received.size >= 100, 'rows and tool results come');
  }

  async start(): Promise<void> {
    const people = ['ana', 'cora', 'ana', 'cora', 'dora'];
    const clients = await Promise.all(people.map((person) => clinic.connect(person)));
    this.#agents.push(...(await Promise.all(['ana', 'ana'].map((person) => clinic.agent(person)))));
    for (const [n, client] of clients.entries()) {
      const person = people[n] ?? '';
      const gone = new Promise<never>((_, reject) => {
        client.once('end', () => reject(new Error('the connection ended')));
      });
      this.#repeat(`${person}-${n}`, (mark) => Promise.race([this.#read(client, person, mark, n), gone]));
    }
    for (const [n, agent] of this.#agents.entries()) this.#repeat(`agent-${n}`, (mark) => this.#ask(agent, mark));
  }

  /** Everybody has noticed. */
  async killed(kill: () => Promise<void>): Promise<void> {
    this.#killed = true;
    await kill();
    await Promise.all(this.#agents.map((agent) => agent.close()));
    await Promise.all(this.#running);
  }

  #repeat(who: string, once: (mark: string) => Promise<void>): void {
    const work = async (): Promise<void> => {
      for (let n = 0; ; n++) {
        try {
          await once(`mark-${this.#round}-${who}-${n}`);
          await sleep(5);
        } catch (error) {
          assert.ok(this.#killed, `before the kill: ${String(error)}`);
          return;
        }
      }
    };
    this.#running.push(work());
  }

  /** Odd ones in the extended protocol; the last reads answers that span several records. */
  async #read(client: Client, person: string, mark: string, n: number): Promise<void> {
    const rows = n === 4 ? 3_000 : 20;
    const from = 'wards a, wards b WHERE (a.id - 1) * 500 + b.id';
    const query =
      n % 2 === 0
        ? new Query(`SELECT '${mark}' AS mark, (a.id - 1) * 500 + b.id AS row FROM ${from} <= ${rows}`)
        : new Query(`SELECT $1::text AS mark, (a.id - 1) * 500 + b.id AS row FROM ${from} <= $2`, [mark, rows]);
    query.on('row', (row: { mark: string; row: number }) => this.received.add(`${person} ${row.mark} ${row.row}`));
    await new Promise((resolve, reject) => {
      query.on('end', resolve);
      query.on('error', reject);
      client.query(query);
    });
  }

  async #ask(agent: McpClient, mark: string): Promise<void> {
    const sql = `SELECT '${mark}' AS mark, id AS row FROM wards WHERE id <= 5`;
    const { content } = await agent.callTool({ name: 'query', arguments: { sql } });
    this.#answers++;
    for (const row of rowsIn(content)) this.received.add(`mcp ana ${row}`);
  }
}

/** `mark row` of each row in a tool's answer. */
function rowsIn(content: unknown): string[] {
  if (!Array.isArray(content)) return [];
  const [first] = content as { text?: string }[];
  if (!first?.text?.startsWith('[')) return [];
  return (JSON.parse(first.text) as { mark: string; row: number }[]).map(({ mark, row }) => `${mark} ${row}`);
}

/** The same texts, read back from the log; and how many requests have no known outcome. */
function recordedIn({ session, events, children }: TimelineView, into: Set<string>): number {
  let unknown = 0;
  const ends = new Map<string, number>();
  for (const event of events) {
    const { type, request = '', answer, content } = event;
    assert.equal(event.withheld, undefined);
    if (type === 'request') ends.set(request, 0);
    if (type === 'request.end' || type === 'outcome_unknown') ends.set(request, (ends.get(request) ?? 9) + 1);
    if (type === 'outcome_unknown') unknown++;
    // The last part of an answer stands in the record that ends its request.
    for (const row of answer?.rows ?? []) into.add(`${session.subject.id} ${row.join(' ')}`);
    if ((type !== 'response' && type !== 'request.end') || session.door !== 'mcp') continue;
    const { result } = (content ?? {}) as { result?: { content?: unknown } };
    for (const row of rowsIn(result?.content)) into.add(`mcp ${session.subject.id} ${row}`);
  }
  for (const [request, count] of ends) assert.equal(count, 1, `request ${request} has one outcome`);
  return unknown + children.reduce((sum, child) => sum + recordedIn(child, into), 0);
}

describe('kill -9 under load', () => {
  let seed = firstSeed;
  let unknownInAll = 0;
  for (let round = 1; round <= rounds; round++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const ms = seed % 500;

    it(`round ${round}, killed ${ms} ms into it: what was received is in the log`, async () => {
      const since = new Date().toISOString();
      const gate = await clinic.startGate();
      const load = new Load(round);
      await load.start();
      await load.flows();
      await sleep(ms);
      await load.killed(() => gate.kill());

      const again = await clinic.startGate();
      try {
        const recorded = new Set<string>();
        let unknown = 0;
        for (const { id, parent } of await clinic.sessions({ since })) {
          if (parent === null) unknown += recordedIn(await clinic.replay(id), recorded);
        }
        const lost = [...load.received].filter((each) => !recorded.has(each));
        assert.equal(
          lost.length,
          0,
          `of ${load.received.size} rows received, not in the log: ${lost.slice(0, 5).join(', ')}`,
        );
        unknownInAll += unknown;
        const verified = await clinic.chartgate(['audit', 'verify', clinic.state], null);
        assert.equal(verified.code, 0, verified.stdout + verified.stderr);
        assert.equal(await again.stop(), 0);
      } finally {
        await again.kill();
      }
    });
  }

  it('some requests were open, and the log says that their outcome is unknown', () => {
    assert.ok(unknownInAll > 0);
  });
});
