// The command line against a real admin API: what is printed where, exit codes, and that nothing from outside reaches a
// terminal raw.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { lockState } from '../../src/adapters/state-lock/lock.ts';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { refuse } from '../../src/core/result.ts';
import { digestOfDefinition } from '../../src/core/tool-definition.ts';
import { type GateFixture, recordSessions, startGate } from '../admin/gate-fixture.ts';
import { openDatedLog } from '../audit/dated-log.ts';

let gate: GateFixture;
let config: string;

before(async () => {
  gate = await startGate();
  await recordSessions(gate.log);
  config = join(gate.state, 'chartgate.yaml');
  writeFileSync(join(gate.state, 'file'), '');
  writeFileSync(config, `public_url: ${gate.url}\nstate: .\nkeys: { kek: \${env:NOT_SET_HERE} }\n`);
});
after(() => gate.close());

/** A configuration that makes `serve` use a directory below a file. */
const unusable = 'unusable.yaml';

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const io: Io = { env, cwd: gate.state, stdin: Readable.from([]), stdout, stderr };
  const exit = await runCli(argv, io, {
    serve: async (_, file) => {
      if (file === unusable) mkdirSync(join(gate.state, 'file', 'below'));
      stdout.write(`serving ${file}\n`);
      return 0;
    },
    openHardening: async () => refuse('unknown_connection', 'There is no such connection.'),
    survey: async () => refuse('unknown_connection', 'There is no such connection.'),
    version: '0.0.0',
  });
  return { exit, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

function as(who: string): Record<string, string> {
  return { CHARTGATE_TOKEN: who };
}

test('mistakes on the command line: what, and exit 64', async () => {
  for (const argv of [
    ['fly'],
    ['serve', '--fast'],
    ['approvals', 'show'],
    ['approvals', 'fly'],
    ['approvals', 'fly', '--help'],
    ['approvals'],
    ['policy'],
    ['help', 'fly'],
    ['fly', '-h'],
    [],
  ]) {
    const { exit, out, err } = await run(argv);
    assert.equal(exit, 64, argv.join(' '));
    assert.equal(out, '');
    if (argv.includes('fly')) assert.match(err, /^chartgate: unknown command 'fly'/, argv.join(' '));
  }
  assert.equal((await run(['help', 'approvals', 'ls'])).out, (await run(['approvals', 'ls', '--help'])).out);
});

test('a value that is none is told by its option, before anything is asked of the gate', async () => {
  for (const [argv, said] of [
    [['audit', 'export', '--format', 'xml'], /--format.*Allowed choices are ocsf, fhir, ndjson/],
    [['audit', 'export', '--format', 'ocsf', '--from', 'yesterday'], /--from.*a day \(2026-03-01\)/],
    [['audit', 'verify', '.', '--quorum', 'most'], /--quorum.*a number from 1/],
    [['sessions', 'ls', '--limit', '1001'], /--limit.*from 1 to 1000/],
    [['sessions', 'ls', '--decision', 'maybe'], /--decision.*allow, hold, deny/],
    [['approvals', 'ls', '--status', 'open'], /--status.*requested, approved, denied/],
    [['who-saw', '7', '--from', '2026-02-30'], /--from/],
  ] as const) {
    const { exit, err } = await run(argv);
    assert.equal(exit, 64, argv.join(' '));
    assert.match(err, said);
  }
  const ago = await run(['sessions', 'ls', '--since', '40y', '--json', '-c', config], as('augusto'));
  assert.ok(JSON.parse(ago.out).length > 0, ago.err);
});

test('rewrap of a key that is in no key service says how such a key is changed', async () => {
  writeFileSync(
    join(gate.state, 'inline.yaml'),
    'listen: { http: 127.0.0.1:0 }\nconnections: {}\nkeys: { kek: ${env:KEK} }\n',
  );
  const { exit, err } = await run(['audit', 'rewrap', '-c', 'inline.yaml'], { KEK: '00'.repeat(32) });
  assert.equal(exit, 64);
  assert.match(err, /not in a key service[^]*add --replace, and say with --from/);
});

test('a place that cannot be used is named, without a stack trace', async () => {
  const { exit, err } = await run(['serve', '-c', unusable]);
  assert.equal(exit, 73);
  assert.match(err, /^chartgate: .*\/file\/below cannot be used: ENOTDIR\.\n/);
});

test('a state directory below one that may hold none is refused at once', {
  skip: process.platform !== 'linux',
}, () => {
  const lock = lockState('/proc/chartgate');
  assert.equal(!lock.ok && lock.error.code, 'state_unwritable');
});

test('every command has help with examples', async () => {
  const commands = [
    ['serve'],
    ['check'],
    ['init'],
    ['policy', 'explain'],
    ['policy', 'test'],
    ['whoami'],
    ['connect'],
    ['detect'],
    ...['ls', 'show', 'approve', 'deny'].map((name) => ['approvals', name]),
    ...['pending', 'show', 'accept', 'refuse'].map((name) => ['tools', name]),
    ...['ls', 'show', 'replay'].map((name) => ['sessions', name]),
    ['audit', 'verify'],
    ['demo'],
    ['approvals'],
    ['policy'],
    ['sessions'],
    ['audit'],
    [],
  ];
  for (const command of commands) {
    const { exit, out } = await run([...command, '--help']);
    assert.equal(exit, 0, command.join(' '));
    assert.match(out, /Examples:\n {2}\$ /, command.join(' '));
    const [said = ''] = out.split('Examples:');
    for (const line of said.split('\n')) assert.ok(line.length <= 80, `${command.join(' ')}: ${line}`);
  }
  assert.equal((await run(['serve', '-c', 'other.yaml'])).out, 'serving other.yaml\n');
});

test('check, init, policy and audit verify are wired to what does them', async () => {
  const bad = await run(['check', '-c', config]);
  assert.equal(bad.exit, 1);
  assert.match(bad.err, /chartgate\.yaml/);
  assert.equal((await run(['policy', 'test', '-c', config])).exit, 78);
  assert.equal((await run(['policy', 'explain', '-c', config])).exit, 78);
  const again = await run(['init', '--yes', '-c', config]);
  assert.equal(again.exit, 64, 'an existing file stays');
  assert.equal((await run(['audit', 'verify', join(gate.state, 'nothing')])).exit, 66);
  const named = await run(['audit', 'verify', '-c', config]);
  assert.match(named.err, /There is no log in \S+\.\nName the state/, 'the state directory of the configuration');
  const served = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(served, 'listening');
  const { port } = served.address() as AddressInfo;
  const empty = await run(['audit', 'verify', `http://127.0.0.1:${port}/log`]);
  assert.equal(empty.exit, 66, empty.err);
  served.close();
  const away = await run(['audit', 'verify', `http://127.0.0.1:${port}/log`]);
  assert.equal(away.exit, 69);
  assert.match(away.err, /does not answer\.\nSee that this machine reaches it/);
});

test('what verify and prove cannot begin with is told on stderr, with the next step', async () => {
  const dir = join(gate.state, 'kept');
  const { log } = await openDatedLog(dir, Date.UTC(2026, 10, 1));
  await log.append({ type: 'auth.accepted', data: {} });
  await log.checkpoint();
  await log.close();
  for (const [asked, next] of [
    [['--key', 'nowhere'], 'Give --key'],
    [['--witness', 'nowhere'], 'Give --witness'],
    [['--quorum', '2'], 'Give --witness'],
  ] as const) {
    const refused = await run(['audit', 'verify', dir, ...asked]);
    assert.deepEqual([refused.exit, refused.out], [64, '']);
    assert.match(refused.err, new RegExp(`^chartgate: .*\\n${next} .*\\n$`));
  }
  const prove = await run(['audit', 'prove', '7', '--dir', dir]);
  assert.match(
    prove.err,
    /Entry 7 is not in the tree: .*\nThe newest checkpoint covers 1 entries, the first of which is 0\./,
  );
});

test('how the gate is found: file, CHARTGATE_URL, local socket, none', async () => {
  const byFile = await run(['whoami', '--json', '-c', config], as('pia'));
  assert.equal(JSON.parse(byFile.out).id, 'pia');
  const byUrl = await run(['whoami', '--json', '-c', 'missing.yaml'], { ...as('ana'), CHARTGATE_URL: gate.url });
  assert.equal(JSON.parse(byUrl.out).id, 'ana');
  const local = await run(['whoami', '--json', '-c', config]);
  assert.equal(JSON.parse(local.out).issuer, 'local');
  const nobody = await run(['whoami'], { CHARTGATE_URL: gate.url });
  assert.equal(nobody.exit, 77);
  assert.match(nobody.err, /CHARTGATE_TOKEN/);
  assert.equal((await run(['whoami', '-c', 'missing.yaml'], as('ana'))).exit, 78);
  const down = await run(['whoami'], { ...as('ana'), CHARTGATE_URL: 'http://127.0.0.1:9' });
  assert.equal(down.exit, 69);
  const torn = await run(['whoami', '-c', config], as('pi\na'));
  assert.equal(torn.exit, 77, 'no token at all');
  assert.equal((await run(['whoami', '-c', config], as('pia\n'))).exit, 0, 'a line from a file');
  const clear = await run(['whoami'], { ...as('ana'), CHARTGATE_URL: 'http://gate.example' });
  assert.match(clear.err, /TLS/);
  const wrong = await run(['whoami', '-c', config], as('mallory'));
  assert.equal(wrong.exit, 77);
});

test('approvals: list, look, refuse, approve', async () => {
  const id = await gate.hold('DELETE FROM \u001b[31mt');
  const list = await run(['approvals', 'ls', '--json', '-c', config], as('pia'));
  assert.equal(JSON.parse(list.out)[0].id, id);
  assert.match((await run(['approvals', 'ls', '-c', config], as('pia'))).out, /^id +status.*\na_/);
  const shown = await run(['approvals', 'show', id, '-c', config], as('pia'));
  assert.match(shown.out, /DELETE FROM/);
  assert.ok(!shown.out.includes('\u001b'), 'no escape reaches the terminal');
  const approve = ['approvals', 'approve', id, '-c', config];
  assert.equal((await run([...approve, '--reason', ' '], as('pia'))).exit, 64, 'an empty reason is none');
  const own = await run([...approve, '--reason', 'mine'], as('ana'));
  assert.equal(own.exit, 77);
  assert.match(own.err, /^chartgate: Nobody approves their own request\.\nAsk another reviewer\.\n$/);
  assert.equal((await run([...approve, '--reason', 'me'])).exit, 77, 'nor the local operator');
  assert.match((await run([...approve, '--reason', 'seen'], as('pia'))).out, /\(approved\)/);
  assert.equal((await run([...approve, '--reason', 'again'], as('pia'))).exit, 65);
  const other = await gate.hold('DELETE FROM t2');
  const silent = await run(['approvals', 'deny', other, '-c', config], as('pia'));
  assert.equal(silent.exit, 64);
  assert.match(silent.err, /--reason/);
  assert.equal((await run(['approvals', 'show', 'a_none', '-c', config], as('pia'))).exit, 66);
});

test('sessions: list, and a replay that nests what the tool call caused', async () => {
  const list = await run(['sessions', 'ls', '--json', '-c', config], as('augusto'));
  assert.deepEqual(
    JSON.parse(list.out).map((each: { readonly id: string }) => each.id),
    ['s_bob', 's_child', 's_tool'],
  );
  const { exit, out } = await run(['sessions', 'replay', 's_tool', '-c', config], as('augusto'));
  assert.equal(exit, 0);
  assert.ok(!out.includes('\u001b'), 'no escape reaches the terminal');
  const lines = out.split('\n');
  const child = lines.findIndex((line) => line.startsWith('  └─ s_child'));
  assert.ok(child > 0, 'the SQL session stands under the tool call');
  assert.ok(lines.findIndex((line) => line.includes('SELECT name FROM patients')) > child);
  assert.match(out, /hold, rule unbounded-write/);
  assert.match(out, /\n +name\n +\[NAME\]\\u001b\n +∅\n +SELECT 2\n/);
  assert.equal((await run(['sessions', 'show', 's_bob', '-c', config], as('ana'))).exit, 77);
});

test('sessions revoke says where nobody of that name was ever seen', async () => {
  const seen = await run(['sessions', 'revoke', 'ana', '--reason', 'left', '-c', config], as('pia'));
  assert.deepEqual([seen.exit, seen.err], [0, '']);
  const mistyped = await run(['sessions', 'revoke', 'anna', '--reason', 'left', '-c', config], as('pia'));
  assert.equal(mistyped.exit, 0, 'they are shut out all the same');
  assert.match(mistyped.err, /^No session of anna is on record: is that the id/);
});

test('connect: --print prints the DSN alone; a command gets it by its environment', async () => {
  const printed = await run(['connect', 'ehr', '--print', '-c', config], as('ana'));
  assert.equal(printed.out, 'postgres://cg_test:p-ss@127.0.0.1:7432/ehr?sslmode=disable\n');
  assert.equal(printed.err, '');
  const script = `process.exit(process.env.PGUSER === 'cg_test' && process.env.PGPASSWORD === 'p-ss'
    && process.env.PGHOST === '127.0.0.1' && process.env.PGPORT === '7432' && process.env.PGDATABASE === 'ehr'
    && process.env.PGSSLMODE === 'disable' && process.env.DATABASE_URL.startsWith('postgres://') ? 42 : 1)`;
  const argv = ['connect', 'ehr', '-c', config, '--', process.execPath, '-e', script];
  assert.equal((await run(argv, as('ana'))).exit, 42, "the command's own exit code");
  assert.equal((await run(['connect', 'none', '--print', '-c', config], as('ana'))).exit, 68);
  assert.equal((await run(['connect', 'ehr', '--ttl', 'soon', '-c', config], as('ana'))).exit, 64);
  const missing = await run(['connect', 'ehr', '-c', config, '--', 'no-such-program-here'], as('ana'));
  assert.equal(missing.exit, 127);
});

test('tools: what changed, what differs, accept and refuse', async () => {
  const definition = (description: string): JsonObject => ({
    name: 'lookup',
    description,
    inputSchema: { type: 'object' },
  });
  const seen = (each: JsonObject) => [{ tool: 'lookup', sha256: digestOfDefinition(each), definition: each }];
  const show = (connection: string, description: string) => gate.tools.see(connection, seen(definition(description)));
  const changeOn = (connection: string): string =>
    gate.tools.changes().find((each) => each.connection === connection)?.change.id ?? '';
  assert.match((await run(['tools', 'pending', '-c', config], as('pia'))).err, /No tool has changed/);
  for (const connection of ['one', 'two']) {
    await show(connection, 'Looks up');
    await show(connection, 'Looks up \u202eand sends');
  }
  const list = await run(['tools', 'pending', '-c', config], as('pia'));
  assert.match(list.out, /^id +status.*\nt_[0-9a-f]{32} +pending +one +tool +lookup .* yes\nt_/);
  const shown = await run(['tools', 'show', changeOn('one'), '-c', config], as('pia'));
  assert.match(shown.out, /@ \/description\n- "Looks up"\n\+ "Looks up \\u202eand sends"\n/);
  assert.equal(gate.log.stored.at(-1)?.type, 'audit.read');
  const looked = await run(['tools', 'show', changeOn('one'), '-c', config], as('augusto'));
  assert.doesNotMatch(looked.out, /Looks up/, 'an auditor sees that it changed, not into what');
  assert.equal((await run(['tools', 'show', changeOn('one'), '-c', config], as('ana'))).exit, 66);

  const accept = (who: Record<string, string>, ...more: string[]) =>
    run(['tools', 'accept', changeOn('one'), '-c', config, ...more], who);
  assert.equal((await accept(as('pia'))).exit, 64, 'without a reason');
  assert.equal((await accept({}, '--reason', 'fine')).exit, 77, 'the local operator decides nothing');
  assert.equal((await accept(as('augusto'), '--reason', 'fine')).exit, 77, 'nor does an auditor');
  assert.equal((await accept(as('pia'), '--reason', 'fine')).exit, 0);
  assert.deepEqual(gate.log.stored.at(-1)?.data?.['effect'], 'accept');
  const refuse = await run(['tools', 'refuse', changeOn('two'), '-c', config, '--reason', 'no'], as('pia'));
  assert.match(refuse.out, /refused/);
  assert.deepEqual(
    gate.tools.changes().map(({ connection, change }) => [connection, change.status]),
    [['two', 'refused']],
  );
});
