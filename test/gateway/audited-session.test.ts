// What a session promises of its records and of the acts it holds: nothing is admitted, refused or spent before it is on record,
// and a caller who is gone spends nothing.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openStore } from '../../src/adapters/sqlite-store/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { decide } from '../../src/core/decide.ts';
import type { BreakGlass, Policy } from '../../src/core/decision.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Entry, Payload, RecordInput } from '../../src/core/record.ts';
import { refuse } from '../../src/core/result.ts';
import { createApprovalDesk } from '../../src/gateway/approval-desk.ts';
import type { EnforcementDeps } from '../../src/gateway/audited-session.ts';
import type { Admission, AuditedSession, Intent } from '../../src/gateway/enforce.ts';
import { MemoryLog, subject } from '../admin/gate-fixture.ts';
import { eventually } from '../parts/eventually.ts';
import { allows, denies, factsWith, holds, policyOf } from '../policy/parts.ts';
import { sessionUnder } from './session-under.ts';

const opened = openStore(':memory:', new Uint8Array(32));
const store = opened.ok ? opened.value : assert.fail();
after(() => store.close());

/** Confirms a record only when it is told to; what has been appended is there before. */
class SlowLog extends MemoryLog {
  readonly #waiting: (() => void)[] = [];
  /** All of them, or those of one type. */
  isSlow: boolean | RecordInput['type'] = false;
  scarce = false;

  override async append(record: RecordInput, payload?: Payload): Promise<{ readonly seq: number }> {
    const appended = await super.append(record, payload);
    if (this.isSlow === true || this.isSlow === record.type)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return appended;
  }

  confirm(): void {
    this.isSlow = false;
    for (const each of this.#waiting.splice(0)) each();
  }
}

const facts = factsWith({ subject: { id: 'ana', groups: ['analysts'] }, connection: { name: 'ehr' } });
const allowing = policyOf([allows('all', null)]);
const holding = policyOf([holds('ask', null)]);
const pia = { ...subject('pia', ['privacy']) };

const glass: BreakGlass = {
  subjects: { ids: ['ana'], groups: [] },
  connections: null,
  agents: true,
  obligations: { unmask: [], filter: [], rowsMax: null },
  maxMs: 1,
  reviewers: [],
  reviewWithinMs: 1,
  escalate: [],
};

function deskOn(log: MemoryLog): EnforcementDeps['desk'] {
  return createApprovalDesk({ clock: systemClock, random: systemRandom, log, store: store.approvals });
}

function session(policy: Policy, log: MemoryLog, more: Partial<EnforcementDeps> = {}): Promise<AuditedSession> {
  return sessionUnder(() => policy, log, { connection: 'ehr', door: 'postgres' }, more);
}

function act(words: string, more: Partial<Intent> = {}): Intent {
  return { facts, content: { sql: words }, signal: new AbortController().signal, ...more };
}

async function admitted(outcome: ReturnType<AuditedSession['submit']>): Promise<Admission> {
  const settled = await outcome;
  return settled.ok ? settled.value : assert.fail(settled.error.text);
}

/** Whether it has settled by the time everything else that could run has. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

function last(log: MemoryLog, type: string): Entry {
  return log.stored.findLast((entry) => entry.type === type) ?? assert.fail(`no ${type}`);
}

async function saidIn(log: MemoryLog, entry: Entry): Promise<JsonObject> {
  const payload = await log.payload(entry);
  return JSON.parse(Buffer.from(payload?.bytes ?? []).toString());
}

test('whoever hangs up while it is held spends nothing, though it is approved in that moment', async () => {
  const log = new MemoryLog();
  const desk = deskOn(log);
  const here = await session(holding, log, { desk, clock: systemClock });
  const gone = new AbortController();
  let approval = '';
  const outcome = here.submit(act('one', { signal: gone.signal, onHold: (hold) => (approval = hold.approval) }));
  await eventually(() => approval !== '', 'it is held');
  const verdict = desk.verdict(approval, pia, 'approve', 'fine');
  gone.abort();
  await verdict;
  const settled = await outcome;
  assert.deepEqual(settled.ok || [settled.error.code, settled.error.approval], ['canceled', approval]);
  assert.equal(store.approvals.get(approval)?.status, 'approved', 'it is there for whoever comes again');
  assert.deepEqual(last(log, 'request.end').data, { code: 'canceled', approval, status: 'held' });
  assert.equal((await here.submit(act('one'))).ok, true, 'and lets them through');
  assert.equal(store.approvals.get(approval)?.status, 'used');
});

test('whoever has hung up before it is their turn spends nothing and asks for nothing', async () => {
  const log = new SlowLog();
  const desk = deskOn(log);
  const here = await session(holding, log, { desk });
  const first = await here.submit(act('two', { holdMs: 0 }));
  const approval = first.ok ? assert.fail() : (first.error.approval ?? assert.fail());
  await desk.verdict(approval, pia, 'approve', 'fine');
  for (const words of ['two', 'three']) {
    const gone = new AbortController();
    const known = store.approvals.list().length;
    log.isSlow = true;
    const outcome = here.submit(act(words, { signal: gone.signal }));
    gone.abort();
    log.confirm();
    const settled = await outcome;
    assert.equal(settled.ok || settled.error.code, 'canceled');
    assert.equal(store.approvals.list().length, known);
  }
  assert.equal(store.approvals.get(approval)?.status, 'approved');
});

test('what may change something is admitted when its intent is on record, and what is refused is told then', async () => {
  const log = new SlowLog();
  const [here, there] = [await session(allowing, log), await session(policyOf([denies('no', null)]), log)];
  const told: readonly (() => Promise<unknown>)[] = [
    async () => here.submit(act('UPDATE')),
    async () => there.submit(act('SELECT')),
    async () => here.submit(act('SELECT', { check: () => refuse('denied', 'Not so.').error })),
    () => here.refused(refuse('syntax', 'No SQL.').error, {}),
  ];
  for (const [index, tell] of told.entries()) {
    log.isSlow = true;
    const outcome = tell();
    assert.equal(await isSettled(outcome), false, String(index));
    log.confirm();
    await outcome;
  }
});

test('what a person has not approved is refused once that is on record', async () => {
  const log = new SlowLog();
  const here = await session(holding, log, { desk: deskOn(log) });
  log.isSlow = 'request.end';
  const outcome = Promise.resolve(here.submit(act('six', { holdMs: 0 })));
  await eventually(() => log.types().at(-1) === 'request.end', 'the end of the hold');
  assert.equal(await isSettled(outcome), false);
  log.confirm();
  assert.equal((await outcome).ok, false);
});

test('while the log has little room nothing begins but under a break-glass', async () => {
  const log = new SlowLog();
  log.scarce = true;
  const policy: Policy = { ...allowing, breakGlass: glass };
  const broken: { glass?: string } = {};
  const here = await session(policy, log, { emergency: () => broken.glass });
  for (const more of [{}, { check: () => null }, { overlap: true }, { builtin: 'builtin:transaction' }]) {
    const outcome = await here.submit(act('SELECT', more));
    assert.equal(outcome.ok || outcome.error.code, 'disk_full');
  }
  broken.glass = 'b_1';
  assert.equal((await here.submit(act('SELECT'))).ok, true);
  const objecting = act('SELECT', { check: () => refuse('denied', 'Not so.').error });
  const objected = await here.submit(objecting);
  assert.equal(objected.ok || objected.error.code, 'denied');
});

test('the session has begun, and whom an answer is about is disclosed, when that is on record', async () => {
  const log = new SlowLog();
  log.isSlow = true;
  const opening = session(allowing, log);
  assert.equal(await isSettled(opening), false);
  log.confirm();
  const admission = await admitted((await opening).submit(act('SELECT', { known: { reason: 'rounds' } })));
  log.isSlow = true;
  const seen = { patients: [{ kind: 'mrn', value: '7', by: 'row' } as const], unnamed: false };
  const disclosed = admission.disclose(seen, { name: 2 });
  assert.equal(await isSettled(disclosed), false);
  log.confirm();
  await disclosed;
  const entry = last(log, 'disclosure');
  assert.deepEqual([entry.data?.['patients'], entry.data?.['masked']], [1, { name: 2 }]);
  assert.doesNotMatch(JSON.stringify(entry.data), /rounds|mrn/);
  assert.deepEqual(await saidIn(log, entry), { names: [['mrn 7', 'row']], purpose: 'rounds' });
});

test('a session says by which identifiers patients are told apart there, and of housekeeping what is unmasked', async () => {
  const log = new MemoryLog();
  for (const kinds of [[], ['mrn'], ['mrn', 'id']]) {
    const here = await session(allowing, log, { patientKinds: () => kinds });
    assert.deepEqual(last(log, 'session.start').data?.['patients'], kinds.length === 0 ? undefined : kinds);
    assert.equal((await here.submit(act('BEGIN', { builtin: 'builtin:transaction' }))).ok, true);
    assert.deepEqual(last(log, 'request').data, {
      effect: 'allow',
      rule: 'builtin:transaction',
      code: 'allowed',
      policy: allowing.digest,
    });
  }
  const showing = policyOf([
    allows('names', null, { effect: { kind: 'allow', unmask: ['name'], filter: [], rows: null } }),
  ]);
  const shown = await sessionUnder(() => showing, log, { connection: 'tools', door: 'mcp' });
  await shown.submit(act('initialize', { builtin: 'builtin:initialize' }));
  assert.deepEqual(last(log, 'request').data?.['unmask'], ['name']);
});

test('what goes on under an earlier decision is decided anew once the policy is another', async () => {
  const log = new MemoryLog();
  const policies = [allowing, policyOf([denies('no', null)])] as const;
  let policy: Policy = policies[0];
  const here = await sessionUnder(() => policy, log, { connection: 'ehr', door: 'postgres' });
  const continued = decide(facts, policy);
  assert.equal((await here.submit(act('FETCH', { continued }))).ok, true);
  policy = policies[1];
  assert.equal((await here.submit(act('FETCH', { continued }))).ok, false);
});

test('a session is of one subject, however they prove themselves', async () => {
  const here = await session(allowing, new MemoryLog());
  here.provenAnew({ ...here.subject, groups: ['care-team'] });
  assert.deepEqual(here.subject.groups, ['care-team']);
  assert.throws(() => here.provenAnew({ ...here.subject, id: 'bob' }));
  assert.throws(() => here.provenAnew({ ...here.subject, issuer: 'https://elsewhere' }));
});

test('a request has one end, and so has a session, which ends what is open', async () => {
  const log = new MemoryLog();
  const here = await session(allowing, log);
  const [one, two] = [await admitted(here.submit(act('one'))), await admitted(here.submit(act('two')))];
  const chunk: Payload = { media: 'application/x-postgres-backend', bytes: new Uint8Array(1) };
  await one.end('ok');
  await one.end('error');
  await one.record(chunk, {}, { status: 'ok' });
  await here.end('closed');
  await here.end('closed');
  const ends = log.stored.filter(({ type }) => type === 'request.end');
  assert.deepEqual(
    ends.map(({ request, data }) => [request, data?.['status']]),
    [
      [one.request, 'ok'],
      [two.request, 'canceled'],
    ],
  );
  assert.equal(log.types().filter((type) => type === 'session.end').length, 1);
  assert.equal(last(log, 'response').request, one.request);
});

test('under a break-glass every statement of a message is decided under it, nothing as before, and it is named', async () => {
  const log = new MemoryLog();
  const policy: Policy = { ...policyOf([]), breakGlass: glass };
  let emergency: string | undefined = 'b_1';
  const here = await session(policy, log, { emergency: () => emergency });
  const same = {};
  const two = act('two', { also: [facts], same });
  assert.equal((await here.submit(two)).ok, true);
  assert.equal(last(log, 'request').data?.['break_glass'], 'b_1');
  const continued = { ...decide({ ...facts, emergency: 'b_1' }, policy) };
  assert.equal((await here.submit(act('FETCH', { continued }))).ok, true);
  for (const over of ['b_2', undefined]) {
    emergency = over;
    const outcome = await here.submit(act('FETCH', { continued, same }));
    assert.equal(outcome.ok, over !== undefined, 'it does not go on under one that is over');
    if (outcome.ok) assert.equal(outcome.value.decision.emergency, over);
  }
  assert.equal((await here.submit(two)).ok, false);
});

test('what is approved is the act with what its names mean, and no shape of it where it may run once', async () => {
  const log = new MemoryLog();
  const here = await session(holding, log, { desk: deskOn(log) });
  const shape = (): JsonObject => ({ sql: 'of its kind' });
  const approvals: (string | undefined)[] = [];
  for (const meaning of ['public.wards', 'attic.wards']) {
    const outcome = await here.submit(act('four', { holdMs: 0, shape, meaning: () => ({ relations: [meaning] }) }));
    assert.ok(!outcome.ok);
    approvals.push(outcome.error.approval);
    const kept = store.approvals.get(outcome.error.approval ?? '');
    assert.deepEqual(kept?.act.content, { sql: 'four', relations: [meaning] });
    assert.equal(kept.act.shape, undefined);
  }
  assert.notEqual(...(approvals as [string, string]));
});

test('classes found in a request are on record with those its statement touches', async () => {
  const log = new MemoryLog();
  const here = await session(allowing, log);
  const found = factsWith({
    subject: { id: 'ana' },
    connection: { name: 'ehr' },
    request: { phi: ['ssn'] },
    sql: { phi: ['name'] },
  });
  await here.submit(act('five', { facts: found, also: [{ ...found, request: { ...found.request, phi: ['mrn'] } }] }));
  assert.deepEqual(last(log, 'request').data?.['phi'], ['mrn', 'name', 'ssn']);
});
