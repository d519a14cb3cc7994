// The masking of the MCP door: at once where a message is short, and in two threads where an answer is long, so that one of a few
// hundred kilobytes does not wait behind one of many megabytes. Part of the composition root.

import { MaskingThread } from './adapters/masking-thread/masking-thread.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { type MaskingDone, type MaskingTask, masksAside } from './gateway/long-masking.ts';
import type { AnswerMasking } from './gateway/masked-answer.ts';
import { maskingWith, type Recognition } from './gateway/recognition.ts';
import type { RulesInForce } from './gateway/rules-in-force.ts';

/** Its file is beside this one, whichever of the two it was shipped as. */
const thread = new URL(
  import.meta.url.endsWith('.ts') ? './masking-thread.ts' : './masking-thread.js',
  import.meta.url,
);
const taskMs = 120_000;
const idleMs = 30_000;

/** `onClose`: what to do when the gate ends. */
export function answerMasking(
  recognition: Recognition,
  rules: RulesInForce,
  onClose: (close: () => void) => void,
): AnswerMasking {
  const threadOf = (heapMegabytesMax: number): MaskingThread<MaskingTask, MaskingDone> => {
    const made = new MaskingThread<MaskingTask, MaskingDone>({ clock, thread, heapMegabytesMax, taskMs, idleMs });
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
