// A session of Ana's, an analyst, under whatever policy is in force when something is decided. Nobody is there to be asked, unless
// a test brings a desk.

import assert from 'node:assert/strict';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { Policy } from '../../src/core/decision.ts';
import { type EnforcementDeps, openSession, type SessionOpening } from '../../src/gateway/audited-session.ts';
import type { AuditedSession } from '../../src/gateway/enforce.ts';
import { type MemoryLog, subject } from '../admin/gate-fixture.ts';

export function sessionUnder(
  policy: () => Policy,
  log: MemoryLog,
  at: Pick<SessionOpening, 'connection' | 'door'>,
  more: Partial<EnforcementDeps> = {},
): Promise<AuditedSession> {
  const deps = {
    log,
    clock: { now: () => 0, after: () => () => {} },
    random: systemRandom,
    desk: {
      claim: () => Promise.reject(new Error('people are asked')),
      settled: () => assert.fail(),
      close: () => {},
    } as never,
    policy,
    patientName: (kind: string, value: string) => `${kind} ${value}`,
    publicUrl: 'http://gate',
    ...more,
  };
  return openSession(deps, {
    ...at,
    subject: subject('ana', ['analysts']),
    client: 'test',
    address: '::1',
    method: 'jwt',
  });
}
