// `chartgate audit rotate-key`: a new signing key for the log of a running gate.

import { rotatedView } from '../admin/contract-log.ts';
import { findGate } from './gate.ts';
import { complain, type Io, print, printJson } from './io.ts';

export interface RotateKeyOptions {
  readonly config: string;
  readonly json?: boolean;
  /** Days. */
  readonly overlap: string;
}

export async function rotateKey(io: Io, options: RotateKeyOptions): Promise<number> {
  if (!/^\d{1,3}$/.test(options.overlap) || Number(options.overlap) > 366)
    return complain(io, { code: 'usage', text: 'The overlap is a number of days, at most 366.' });
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const answer = await gate.value.call('/log/rotate-key', rotatedView, {
    overlap_ms: Number(options.overlap) * 86_400_000,
  });
  if (!answer.ok) return complain(io, answer.error);
  const { vkey, previous, until } = answer.value;
  if (options.json) {
    printJson(io, answer.value);
    return 0;
  }
  print(io, `The log is signed with ${vkey}`);
  print(io, `and until ${until} with ${previous} too.`);
  io.stderr.write(
    'Give the new key to whoever verifies this log, and to its witnesses, before then; another rotation ends that time.\n',
  );
  return 0;
}
