// chartgate audit reindex: the running gate reads its index off the log again and says whether it had said the same.

import { rebuiltView } from '../admin/contract.ts';
import { findGate } from './gate.ts';
import { complain, type Io, print, printJson } from './io.ts';

export async function reindex(io: Io, options: { readonly config: string; readonly json?: boolean }): Promise<number> {
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/index/rebuild', rebuiltView, {});
  if (!answer.ok) return complain(io, answer.error);
  const { entries, sessions, same } = answer.value;
  if (options.json) printJson(io, answer.value);
  else
    print(
      io,
      `${entries} entries, ${sessions} sessions: ${same ? 'the index was right' : 'the index was wrong, and is right now'}`,
    );
  return 0;
}
