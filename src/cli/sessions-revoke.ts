// chartgate sessions revoke: signs somebody out, and ends what they have open on every door.

import { revokeView } from '../admin/contract-sign-ins.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { warnOfUnseen } from './sessions.ts';

export interface RevokeOptions {
  readonly config: string;
  readonly reason: string;
  readonly issuer?: string;
  readonly json?: boolean;
}

export async function revokeSessions(io: Io, subject: string, options: RevokeOptions): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const { issuer, reason } = options;
  const body = { subject, reason, ...(issuer === undefined ? {} : { issuer }) };
  const answer = await gate.value.call('/sign-ins/revoke', revokeView, body);
  if (!answer.ok) return complain(io, answer.error);
  if (options.json) printJson(io, answer.value);
  else print(io, `${plain(subject)} is signed out on every door (${answer.value.sign_ins} sign-ins ended).`);
  await warnOfUnseen(io, gate.value, subject);
  return 0;
}
