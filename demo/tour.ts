// The tour: an analyst's agent asks, a nurse asks, a DELETE without WHERE is held and approved, an auditor replays and
// verifies. Every step checks what it shows against the rows as they are in the database. Must never show a step it did not check.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client, DatabaseError, type QueryResult } from 'pg';
import type { Gate } from './gate.ts';
import type { Person } from './people.ts';
import { act, answer, failed, heading, proven, say, table } from './terminal.ts';
import { signIn } from './token.ts';

export interface TourPlan {
  readonly httpPort: number;
  readonly postgresPort: number;
  readonly issuer: string;
  readonly accounts: readonly Person[];
  readonly gate: Gate;
  readonly truth: (sql: string) => Promise<Record<string, unknown>[]>;
}

interface Walk extends TourPlan {
  /** Person → access token. */
  readonly tokens: Readonly<Record<string, string>>;
}

type Row = Record<string, unknown>;

const question = 'SELECT mrn, first, last, birthdate, ssn, city FROM patients ORDER BY birthdate DESC LIMIT 3';

/** True when every step showed what it should. Once somebody wants the end, what it stops showing is no fault. */
export async function tour(plan: TourPlan, ending: { readonly wanted: boolean }): Promise<boolean> {
  const walk = { ...plan, tokens: await tokens(plan) };
  const steps: readonly [string, (walk: Walk) => Promise<void>][] = [
    ["1. Ana's agent asks through MCP", anaAsks],
    ['2. Cora, of the care team, asks the same with a PostgreSQL driver', coraAsks],
    ['3. Ana deletes without WHERE', anaDeletes],
    ['4. Augusto, the auditor, looks at what happened', augustoReplays],
    ['5. The log proves itself', logVerifies],
  ];
  for (const [title, step] of steps) {
    if (ending.wanted) return false;
    heading(title);
    try {
      await step(walk);
    } catch (error) {
      if (ending.wanted) return false;
      failed(error instanceof Error ? error.message : String(error));
      say(`\nThe tour ends here. The gate's last lines:\n${await plan.gate.log()}`);
      return false;
    }
  }
  return true;
}

async function tokens(plan: TourPlan): Promise<Record<string, string>> {
  const pairs = plan.accounts.map(
    async (each) => [each.id, await signIn(plan.issuer, each.id, each.password)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`not as it should be: ${what}`);
}

async function anaAsks(walk: Walk): Promise<void> {
  const url = new URL(`http://127.0.0.1:${walk.httpPort}/mcp/ehr-tools`);
  const client = new McpClient({ name: 'tour', version: '1.0.0' });
  await client.connect(
    new StreamableHTTPClientTransport(url, {
      requestInit: { headers: { authorization: `Bearer ${walk.tokens['ana']}` } },
    }),
  );
  try {
    const { tools } = await client.listTools();
    act('ana', `tools/list → ${tools.map((each) => each.name).join(', ')}`);
    expect(tools.length === 1 && tools[0]?.name === 'query', 'the one tool she may use is listed');
    act('ana', `tools/call query: ${question}`);
    const result = await client.callTool({ name: 'query', arguments: { sql: question } });
    const [content] = result.content;
    expect(content?.type === 'text' && !result.isError, `rows come back (${JSON.stringify(result.content)})`);
    const rows: Row[] = JSON.parse(content.text);
    answer(table(rows));
    const clear = await walk.truth(question);
    expect(rows.length === clear.length, 'as many rows as there are');
    for (const value of identifiers(clear))
      expect(!content.text.includes(value), 'no name, MRN or SSN leaves in clear');
    proven('Names are pseudonyms, dates are years, SSNs keep four digits. Her agent never held a database password.');
  } finally {
    await client.close();
  }
}

/** What has a form of its own, so that it can be looked for in any text. */
function identifiers(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => [String(row['mrn']), String(row['ssn'])]);
}

async function coraAsks(walk: Walk): Promise<void> {
  await withDatabase(walk, 'cora', async (client) => {
    act('cora', question);
    const { rows }: QueryResult<Row> = await client.query(question);
    answer(table(rows.map((row) => ({ ...row, birthdate: localDay(row['birthdate']) }))));
    const clear = await walk.truth(question);
    rows.forEach((row, index) => {
      for (const name of ['mrn', 'first', 'last'])
        expect(row[name] === clear[index]?.[name], `she sees ${name} as it is`);
      expect(row['ssn'] !== clear[index]?.['ssn'], 'she does not see the SSN');
    });
    proven('Same question, other person: names, MRNs and dates in clear; the SSN still is not.');
  });
}

/** pg gives a date as midnight here, wherever here is. */
function localDay(value: unknown): unknown {
  return value instanceof Date ? `${value.getFullYear()}-${value.getMonth() + 1}-${value.getDate()}` : value;
}

async function anaDeletes(walk: Walk): Promise<void> {
  const statement = 'DELETE FROM encounters';
  await withDatabase(walk, 'ana', async (client) => {
    act('ana', statement);
    const approval = await held(client, statement);
    proven(`Held, not run: approval ${approval}.`);

    act('ana', `chartgate approvals approve ${approval} --reason "mine"`);
    const own = await walk.gate.command(
      ['approvals', 'approve', approval, '--reason', 'mine', '-c', walk.gate.config],
      walk.tokens['ana'],
    );
    answer(own.stderr || own.stdout);
    expect(own.code !== 0, 'nobody approves their own request');

    act('pia', `chartgate approvals approve ${approval} --reason "encounters are reloaded tonight"`);
    const reason = 'encounters are reloaded tonight';
    const approved = await walk.gate.command(
      ['approvals', 'approve', approval, '--reason', reason, '-c', walk.gate.config],
      walk.tokens['pia'],
    );
    answer(approved.stdout || approved.stderr);
    expect(approved.code === 0, 'the privacy officer may approve');

    act('ana', 'DELETE FROM conditions');
    const altered = await held(client, 'DELETE FROM conditions');
    expect(altered !== approval, 'another statement needs an approval of its own');
    proven(`Another act is another approval: ${altered}.`);

    act('ana', `BEGIN; ${statement}; ROLLBACK   (to keep the data for you)`);
    await client.query('BEGIN');
    const { rowCount } = await client.query(statement);
    await client.query('ROLLBACK');
    answer(`DELETE ${rowCount}`);
    expect((rowCount ?? 0) > 0, 'the approved statement runs');
    const again = await held(client, statement);
    expect(again !== approval, 'an approval is good for one run');
    proven('The identical statement ran, once. The next one waits for a human again.');
  });
}

/** Runs a statement that must be held; the id of the approval it waits for. */
async function held(client: Client, statement: string): Promise<string> {
  const error: unknown = await client.query(statement).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error instanceof DatabaseError, `${statement} is not let through`);
  const words = [error.message, error.detail, error.hint].filter((each) => each !== undefined).join('\n');
  answer(words);
  const [id] = /\b[a-z]+_[0-9A-HJKMNP-TV-Z]{26}\b/.exec(words) ?? [];
  expect(error.code === '42501' && id !== undefined, 'the refusal names its approval');
  return id;
}

async function augustoReplays(walk: Walk): Promise<void> {
  act('augusto', 'chartgate sessions ls');
  const list = await walk.gate.command(['sessions', 'ls', '--json', '-c', walk.gate.config], walk.tokens['augusto']);
  expect(list.code === 0, `the auditor may list sessions (${list.stderr.trim()})`);
  const sessions: { id: string; connection: string }[] = JSON.parse(list.stdout);
  const session = sessions.find((each) => each.connection === 'ehr-tools');
  expect(session !== undefined, "the agent's session is listed");
  act('augusto', `chartgate sessions replay ${session.id}`);
  const replay = await walk.gate.command(
    ['sessions', 'replay', session.id, '-c', walk.gate.config],
    walk.tokens['augusto'],
  );
  const lines = replay.stdout.trimEnd().split('\n');
  answer(lines.slice(0, 16).join('\n') + (lines.length > 16 ? `\n… ${lines.length - 16} more lines` : ''));
  expect(replay.code === 0, `the session replays (${replay.stderr.trim()})`);
  expect(replay.stdout.includes('SELECT mrn, first, last'), 'the SQL stands under the tool call that caused it');
  for (const value of identifiers(await walk.truth(question))) {
    expect(!replay.stdout.includes(value), 'the replay shows what left: masked');
  }
  proven('One tree: the human, the tool call, and the SQL it caused, with exactly what was let out.');
}

async function logVerifies(walk: Walk): Promise<void> {
  act('anybody', `chartgate audit verify ${walk.gate.state}`);
  const intact = await walk.gate.command(['audit', 'verify', walk.gate.state]);
  answer(intact.stdout || intact.stderr);
  expect(intact.code === 0, 'the log is intact');

  const copy = mkdtempSync(join(tmpdir(), 'chartgate-tour-'));
  try {
    cpSync(walk.gate.state, copy, { recursive: true, filter: (path) => !statSync(path).isSocket() });
    const place = flipOneBit(join(copy, 'log', 'tile', 'entries'));
    act('anybody', `flips one bit of a copy (${place}) and verifies that`);
    const broken = await walk.gate.command(['audit', 'verify', copy]);
    answer(broken.stdout + broken.stderr);
    expect(broken.code !== 0, 'one flipped bit is found');
    proven('Intact as it is; and one bit changed is found and named.');
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** In the middle of the largest file below `directory`. */
function flipOneBit(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  const [file] = files;
  expect(file !== undefined, 'the log has entries');
  const bytes = readFileSync(file);
  const at = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
  return `byte ${at} of ${file.slice(directory.length + 1)}`;
}

async function withDatabase(walk: Walk, who: string, use: (client: Client) => Promise<void>): Promise<void> {
  const password = walk.tokens[who] ?? '';
  const client = new Client({ host: '127.0.0.1', port: walk.postgresPort, user: who, password, database: 'ehr' });
  client.on('notice', (notice) => answer(`NOTICE: ${notice.message}`));
  client.on('error', () => {});
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
