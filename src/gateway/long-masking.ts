// A long answer takes about a millisecond a kilobyte to mask: it is masked where nobody else waits for it, by the same functions, and
// comes out as it would have here. INVARIANT: what cannot be masked there is refused, and never masked here instead.

import { isJsonObject, parseJson } from '../core/json.ts';
import type { DetectorRule } from '../core/phi.ts';
import { assert, ok } from '../core/result.ts';
import type { MaskView } from '../masking/mask.ts';
import { shownBy } from '../masking/operators.ts';
import { ownDetectors } from '../masking/own-detectors.ts';
import type { LongWork } from '../ports/long-work.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import {
  type AnswerTerms,
  type Awaiting,
  type MaskAside,
  type MaskedAnswer,
  maskedAnswer,
  weightOf,
} from './masked-answer.ts';
import { dataOf } from './mcp-masking.ts';
import { maskingBy, type Recognition, type Recognized, recognizedIn } from './recognition.ts';

/** All that masking one answer takes, so that it can be cloned. */
export interface MaskingTask {
  /** The outcome, as JSON: it is read where it is masked. */
  readonly text: string;
  readonly terms: AnswerTerms;
  /** But for the operator's own detectors, which are functions. */
  readonly view: Omit<MaskView, 'own'>;
  readonly rules: readonly DetectorRule[];
  readonly said: Recognized;
}

export interface MaskingDone {
  /** The outcome, as JSON. */
  readonly text: string;
  readonly counts: MaskedAnswer['counts'];
}

export interface LongMasking {
  readonly recognition: Recognition;
  /** The operator's own detectors. */
  readonly rules: () => readonly DetectorRule[];
  readonly work: LongWork<MaskingTask, MaskingDone>;
  /** For answers of more than a megabyte: others do not wait behind these. */
  readonly longWork: LongWork<MaskingTask, MaskingDone>;
}

/** As weightOf has it. */
const veryLong = 1_048_576;

export function masksAside({ recognition, rules, work, longWork }: LongMasking): MaskAside {
  return async (outcome, terms, awaiting) => {
    const said = await recognizedIn(dataOf(outcome), recognition);
    const { own: _, ...view } = recognition.viewOf(terms.decision);
    const task = (): MaskingTask => ({ text: JSON.stringify(outcome), terms, view, rules: rules(), said });
    const by = weightOf(dataOf(outcome), veryLong) < veryLong ? work : longWork;
    const over = awaiting ? overOf(awaiting) : null;
    const done = await by.do(task, over?.signal);
    over?.forget();
    if (!done.ok) return done;
    const masked = outcomeIn(done.value.text);
    return ok({ outcome: masked, counts: done.value.counts });
  };
}

/** What the thread does. */
export function maskTask({ text, terms, view, rules, said }: MaskingTask): MaskingDone {
  const own = ownDetectors(rules);
  const outcome = outcomeIn(text);
  const mask = maskingBy(
    ({ obligations: { unmask } }) => ({
      ...view,
      own,
      unmask: unmask === 'all' ? unmask : shownBy(view.rules, unmask),
    }),
    said,
  );
  const masked = maskedAnswer(outcome, terms, mask);
  return { text: JSON.stringify(masked.outcome), counts: masked.counts };
}

/** Aborts when nobody waits any more, until it is forgotten. */
function overOf({ signal, reply }: Awaiting): { readonly signal: AbortSignal; forget(): void } {
  const over = new AbortController();
  const abort = (): void => over.abort();
  const hungUp = (): void => {
    if (reply.lost) abort();
  };
  signal.addEventListener('abort', abort);
  reply.signal.addEventListener('abort', hungUp);
  if (signal.aborted) abort();
  if (reply.signal.aborted) hungUp();
  return {
    signal: over.signal,
    forget: () => {
      signal.removeEventListener('abort', abort);
      reply.signal.removeEventListener('abort', hungUp);
    },
  };
}

/** What the other thread has written. */
function outcomeIn(text: string): JsonRpcOutcome {
  const outcome = parseJson(text);
  assert(isOutcome(outcome), 'between the threads there are outcomes');
  return outcome;
}

function isOutcome(value: unknown): value is JsonRpcOutcome {
  return isJsonObject(value) && (isJsonObject(value['result']) || isJsonObject(value['error']));
}
