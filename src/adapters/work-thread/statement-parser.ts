// Long statements, parsed one at a time in a thread of their own.

import type { Refusal, Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StatementParser } from '../../ports/statement-parser.ts';
import type { ParsedStatement } from '../../sql/parse.ts';
import { WorkThread } from './work-thread.ts';

const taskMs = 30_000;
const idleMs = 10_000;
/** Of the thread's own heap; a tree takes about 400 times the bytes of its text. */
const heapMegabytes = 1_024;
const tooLarge: Refusal = { code: 'too_large', text: 'The statement is too large to be analysed.' };

/** `thread` answers a text with what `parse` gives back for it. */
export function threadParser(clock: Clock, thread: URL, heapMegabytesMax: number = heapMegabytes): StatementParser {
  const work = new WorkThread<string, Result<readonly ParsedStatement[]>>({
    clock,
    thread,
    heapMegabytesMax,
    taskMs,
    tooLarge,
    idleMs,
  });
  return {
    async parse(text) {
      const parsed = await work.do(() => text);
      return parsed.ok ? parsed.value : parsed;
    },
  };
}
