// Short-lived database credentials: who is given one, for how long, what is kept and recorded of it, and where it leads.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { Policy } from '../../src/core/decision.ts';
import { limits } from '../../src/core/limits.ts';
import {
  type CredentialRequest,
  dsnOf,
  farAddress,
  type IssuedCredential,
  issueCredential,
  nearAddress,
} from '../../src/gateway/credential-desk.ts';
import type { Credentials, DatabaseCredential } from '../../src/ports/credentials.ts';
import { LogUnavailable } from '../../src/ports/log.ts';
import { deriveVerifier } from '../../src/wire/postgres/scram.ts';
import { MemoryLog, subject } from '../admin/gate-fixture.ts';
import { allows, policyOf } from '../policy/parts.ts';

const now = Date.UTC(2030, 0, 1);
const ana = subject('ana', ['analysts']);
const open = policyOf([allows('reads', null, { subjects: { groups: ['analysts'], ids: [] }, connections: ['ehr'] })]);

class At {
  readonly log = new MemoryLog();
  readonly saved: DatabaseCredential[] = [];
  readonly removedUntil: number[] = [];
  policy: Policy = open;

  ask(more: Partial<CredentialRequest> = {}): ReturnType<typeof issueCredential> {
    const credentials = {
      save: (each: DatabaseCredential) => void this.saved.push(each),
      removeExpired: (until: number) => this.removedUntil.push(until),
    } as unknown as Credentials;
    const types: Readonly<Record<string, string>> = { ehr: 'postgres', other: 'postgres', notes: 'mcp' };
    return issueCredential(
      {
        clock: { now: () => now, after: () => () => {} },
        random: systemRandom,
        log: this.log,
        credentials,
        policy: () => this.policy,
        typeOf: (connection) => types[connection],
      },
      { subject: ana, connection: 'ehr', ttlMs: null, ...more },
    );
  }

  async issued(more: Partial<CredentialRequest> = {}): Promise<IssuedCredential> {
    const outcome = await this.ask(more);
    assert.ok(outcome.ok);
    return outcome.value;
  }

  async codeOf(more: Partial<CredentialRequest>): Promise<string> {
    const outcome = await this.ask(more);
    assert.ok(!outcome.ok);
    assert.deepEqual([this.saved, this.log.size], [[], 0], 'nothing is left of it');
    return outcome.error.code;
  }
}

describe('a credential', () => {
  test('is given out once; what is kept proves its password and is not it', async () => {
    const at = new At();
    const [one, two] = [await at.issued(), await at.issued()];
    assert.match(one.user, /^cg_[0-9a-f]{20}$/);
    assert.match(one.password, /^[\w-]{32}$/);
    assert.ok(one.user !== two.user && one.password !== two.password);
    const [kept] = at.saved;
    assert.ok(kept);
    const { verifier, ...rest } = kept;
    assert.deepEqual(verifier, deriveVerifier(one.password, verifier.salt, verifier.iterations));
    assert.notDeepEqual(at.saved[1]?.verifier.salt, verifier.salt);
    assert.deepEqual(rest, {
      user: one.user,
      subject: ana,
      connection: 'ehr',
      expiresMs: one.expiresMs,
      parentSession: null,
    });
    assert.ok(!JSON.stringify([at.saved, at.log.stored]).includes(one.password));
    assert.deepEqual(at.removedUntil, [now - limits.credentialMs, now - limits.credentialMs]);
  });

  test('is on record before it is told', async () => {
    const at = new At();
    const { user } = await at.issued();
    await at.issued({ mcpSession: { id: 's_1', absoluteMs: 5 } });
    await at.issued({ subject: { ...ana, agent: 'claude' } });
    assert.deepEqual(
      at.log.stored.map(({ type, session, subject: who, connection }) => [type, session, who, connection]),
      [
        ['credential.issued', undefined, { id: 'ana', issuer: 'https://idp', kind: 'person' }, 'ehr'],
        ['credential.issued', 's_1', { id: 'ana', issuer: 'https://idp', kind: 'person' }, 'ehr'],
        ['credential.issued', undefined, { id: 'ana', issuer: 'https://idp', kind: 'person', agent: 'claude' }, 'ehr'],
      ],
    );
    assert.deepEqual(at.log.stored[0]?.data, { user, expires: new Date(now + limits.credentialMs).toISOString() });
    at.log.open = false;
    await assert.rejects(at.ask(), LogUnavailable);
  });

  test('lives as long as it is wished for, up to what the gate allows; that of a session as long as that may', async () => {
    const lives = async (more: Partial<CredentialRequest>): Promise<number> =>
      (await new At().issued(more)).expiresMs - now;
    assert.equal(await lives({}), limits.credentialMs);
    assert.equal(await lives({ ttlMs: 1_000 }), 1_000);
    assert.equal(await lives({ ttlMs: limits.credentialMs + 1 }), limits.credentialMs);
    const mcpSession = { id: 's_1', absoluteMs: 8 * 3_600_000 };
    assert.equal(await lives({ ttlMs: 1_000, mcpSession }), mcpSession.absoluteMs);
  });

  test('is for a database there is, and for whom a rule could let in', async () => {
    assert.equal(await new At().codeOf({ connection: 'nowhere' }), 'unknown_connection');
    assert.equal(await new At().codeOf({ connection: 'notes' }), 'wrong_door');
    assert.equal(await new At().codeOf({ connection: 'other' }), 'no_matching_rule');
    assert.equal(await new At().codeOf({ subject: subject('zed', []) }), 'no_matching_rule');
    const at = new At();
    await at.issued({ connection: 'other', mcpSession: { id: 's_1', absoluteMs: 5 } });
    assert.equal(at.saved[0]?.parentSession, 's_1', 'each statement of a server is decided anyway');
  });
});

test('it leads to where the door listens, as its client sees that', () => {
  const anywhere = { host: '0.0.0.0', port: 7432 };
  const here = { host: '10.0.0.5', port: 7432 };
  const url = 'https://gate.hospital.example:8443';
  assert.deepEqual(nearAddress(anywhere), { host: '127.0.0.1', port: 7432, tls: false });
  assert.deepEqual(nearAddress({ ...anywhere, host: '::' }), { host: '127.0.0.1', port: 7432, tls: false });
  assert.deepEqual(nearAddress(here), { ...here, tls: false });
  assert.deepEqual(farAddress(anywhere, url, true), { host: 'gate.hospital.example', port: 7432, tls: true });
  assert.deepEqual(farAddress(here, url, false), { ...here, tls: false });
  const credential = { user: 'cg_1', password: 'p-w_d', expiresMs: now };
  assert.equal(
    dsnOf(credential, { ...here, tls: true }, 'ehr'),
    'postgres://cg_1:p-w_d@10.0.0.5:7432/ehr?sslmode=require',
  );
  assert.equal(dsnOf(credential, { host: '::1', port: 1, tls: false }, 'e/h'), 'postgres://cg_1:p-w_d@[::1]:1/e%2Fh');
});
