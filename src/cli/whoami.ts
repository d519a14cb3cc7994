// chartgate whoami: who the gate takes the caller for, and what is open to them.

import { whoamiView } from '../admin/contract.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';

export async function whoami(io: Io, options: { readonly config: string; readonly json?: boolean }): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/whoami', whoamiView);
  if (!answer.ok) return complain(io, answer.error);
  const me = answer.value;
  if (options.json) {
    printJson(io, me);
    return 0;
  }
  const roles = [me.reviewer ? 'reviews held requests' : '', me.auditor ? "reads everybody's sessions" : ''];
  print(
    io,
    `${plain(me.id)} (${me.kind}) at ${plain(me.issuer)}${me.agent === undefined ? '' : `, by ${plain(me.agent)}`}`,
  );
  print(io, `groups       ${plain(me.groups.join(', ')) || 'none'}`);
  print(io, `connections  ${plain(me.connections.join(', ')) || 'none'}`);
  print(io, `may          ${roles.filter((role) => role !== '').join('; ') || 'use its connections'}`);
  return 0;
}
