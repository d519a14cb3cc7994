// The masking of the MCP door: at once where a message is short, and in two threads where an answer is long, so that one of a few
// hundred kilobytes does not wait behind one of many megabytes. Part of the composition root.

import { systemClock as clock } from './adapters/system/clock.ts';
import { threadBeside, WorkThread } from './adapters/work-thread/work-thread.ts';
import type { Refusal } from './core/result.ts';
import { type MaskingDone, type MaskingTask, masksAside } from './gateway/long-masking.ts';
import type { AnswerMasking } from './gateway/masked-answer.ts';
import { maskingWith, type Recognition } from './gateway/recognition.ts';
import type { RulesInForce } from './gateway/rules-in-force.ts';

const thread = threadBeside(import.meta.url, 'masking-thread');
const taskMs = 120_000;
const idleMs = 30_000;
const tooLarge: Refusal = {
  code: 'too_large',
  text: 'To mask this answer takes more time or memory than the gate gives one.',
  next: 'Ask for less at a time.',
};

/** `onClose`: what to do when the gate ends. */
export function answerMasking(
  recognition: Recognition,
  rules: RulesInForce,
  onClose: (close: () => void) => void,
): AnswerMasking {
  const threadOf = (heapMegabytesMax: number): WorkThread<MaskingTask, MaskingDone> => {
    const made = new WorkThread<MaskingTask, MaskingDone>({
      clock,
      thread,
      heapMegabytesMax,
      taskMs,
      tooLarge,
      idleMs,
    });
    onClose(() => made.close());
    return made;
  };
  const aside = masksAside({
    recognition,
    rules: () => rules.config.detectors.rules,
    work: threadOf(512),
    longWork: threadOf(3_072),
  });
  return Object.assign(maskingWith(recognition), { aside });
}
