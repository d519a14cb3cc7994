// The store's contract on real files: what it returned from is there after reopening, two updates cannot both win, and
// nothing of a held act is on disk in clear.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openStore, type Store } from '../../src/adapters/sqlite-store/store.ts';
import type { Approval } from '../../src/approvals/approval.ts';
import { step } from '../../src/approvals/step.ts';
import type { DatabaseCredential } from '../../src/ports/credentials.ts';

const kek = new Uint8Array(32).fill(7);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chartgate-store-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(key: Uint8Array = kek): Store {
  const opened = openStore(join(directory, 'store.db'), key);
  assert.ok(opened.ok);
  return opened.value;
}

function approval(id: string, sql: string, now: number): Approval {
  const outcome = step(
    undefined,
    {
      kind: 'request',
      id,
      act: {
        subject: { id: 'ana', issuer: 'https://idp', kind: 'person', groups: ['analysts'] },
        connection: 'ehr',
        content: { sql },
        policy: 'p',
      },
      rule: 'r',
      terms: { reviewers: ['privacy'], quorum: 1, waitMs: 0, expiresMs: 1000, grants: 'once' },
      phi: [],
      session: 's',
      request: 'r',
    },
    now,
  );
  assert.ok(outcome.ok);
  return outcome.value.state;
}

function put(store: Store, state: Approval): void {
  store.approvals.update(state.id, () => ({ next: state, result: undefined }));
}

test('approvals survive reopening; the newest of the same act is found', () => {
  const store = open();
  const first = approval('a_1', 'DELETE FROM t', 1);
  const second = approval('a_2', 'DELETE FROM t', 2);
  put(store, first);
  put(store, second);
  store.close();
  const again = open();
  assert.deepEqual(again.approvals.get('a_1'), first);
  assert.deepEqual(again.approvals.findByDigest(first.digest), second);
  assert.deepEqual(again.approvals.list(), [second, first]);
  assert.equal(again.approvals.get('a_3'), undefined);
  assert.equal(again.approvals.findByDigest('00'), undefined);
  again.close();
});

test('two decisions at once, from two connections, cannot both win', () => {
  const one = open();
  const two = open();
  put(one, approval('a_1', 'DELETE FROM t', 0));
  const decide = (store: Store, id: string): string =>
    store.approvals.update('a_1', (current) => {
      const by = { id, issuer: 'https://idp', kind: 'person', groups: ['privacy'] } as const;
      const outcome = step(current, { kind: 'verdict', by, effect: 'approve', reason: 'seen' }, 10);
      return outcome.ok ? { next: outcome.value.state, result: 'won' } : { result: outcome.error.code };
    });
  assert.equal(decide(one, 'pia'), 'won');
  assert.equal(decide(two, 'max'), 'approval_settled');
  one.close();
  two.close();
});

test('a change that throws leaves everything as it was', () => {
  const store = open();
  const state = approval('a_1', 'DELETE FROM t', 0);
  put(store, state);
  assert.throws(() =>
    store.approvals.update('a_1', () => {
      throw new Error('no');
    }),
  );
  assert.deepEqual(store.approvals.get('a_1'), state);
  put(store, approval('a_2', 'DELETE FROM u', 1));
  assert.equal(store.approvals.list().length, 2);
  store.close();
});

test('nothing of a held act is on disk in clear, and another key does not open it', () => {
  const store = open();
  const state = approval('a_1', "DELETE FROM t WHERE ssn = '123-45-6789'", 0);
  put(store, state);
  for (const file of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, file));
    assert.ok(!bytes.includes('123-45-6789'), file);
    assert.ok(!bytes.includes(state.digest), file);
  }
  store.close();
  const other = open(new Uint8Array(32).fill(8));
  assert.throws(() => other.approvals.get('a_1'));
  other.close();
});

test('credentials are found until they are removed or expired, after reopening too', () => {
  const credential = (user: string, expiresMs: number, parentSession: string | null): DatabaseCredential => ({
    user,
    verifier: {
      iterations: 4096,
      salt: Uint8Array.of(1, 2),
      storedKey: Uint8Array.of(3),
      serverKey: Uint8Array.of(4),
    },
    subject: { id: 'ana', issuer: 'https://idp', kind: 'person', groups: ['analysts'], aliases: ['ana@x'] },
    connection: 'ehr',
    expiresMs,
    parentSession,
  });
  const store = open();
  store.credentials.save(credential('cg_1', 100, null));
  store.credentials.save(credential('cg_2', 200, 's_1'));
  store.credentials.save(credential('cg_3', 300, null));
  store.close();
  const again = open();
  assert.deepEqual(again.credentials.find('cg_2'), credential('cg_2', 200, 's_1'));
  assert.throws(() => again.credentials.save(credential('cg_2', 1, null)), 'a user name is given once');
  assert.equal(again.credentials.removeExpired(100), 1);
  assert.equal(again.credentials.find('cg_1'), undefined);
  again.credentials.remove('cg_2');
  assert.equal(again.credentials.find('cg_2'), undefined);
  assert.ok(again.credentials.find('cg_3'));
  again.close();
});

test('a file that is no database, or cannot be made, is refused and not touched', () => {
  const refused = openStore(join(directory, 'missing', 'store.db'), kek);
  assert.ok(!refused.ok);
  assert.equal(refused.error.code, 'state_unwritable');
});

test('what was not there is found once it is, for whoever asks for it alone, and for as long as it is kept', () => {
  const store = open();
  const { records } = store;
  const who = JSON.stringify(['https://idp', 'ana']);
  const ended = (id: string, now: number): number | undefined => records.get('tokens ended', id, now)?.atMs;
  assert.equal(ended(who, 1), undefined);
  assert.equal(ended(who, 2), undefined);
  records.put('tokens ended', who, { atMs: 3 }, 100);
  assert.equal(ended(who, 4), 3);
  assert.equal(ended('somebody else', 4), undefined);
  // One kind's name is no part of another's id.
  assert.equal(records.get('account', 'flow x', 4), undefined);
  const flow = { connection: 'ehr', subject: { id: 'ana', issuer: 'https://idp' }, keep: {} };
  records.put('account flow', 'x', flow, 100);
  assert.deepEqual(records.get('account flow', 'x', 4), flow);
  assert.equal(ended(who, 100), undefined);
  records.remove('tokens ended', who);
  assert.equal(ended(who, 5), undefined);
  records.put('tokens ended', who, { atMs: 6 }, 100);
  assert.equal(ended(who, 7), 6);
  store.close();
});
