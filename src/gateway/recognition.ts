// Masking with the help of a recognizer outside: it is asked about what a message says, and what it names is masked wherever
// it stands in that message. INVARIANT: where it cannot be asked, or does not answer, sentences do not pass.

import type { Decision } from '../core/decision.ts';
import { isJsonArray, isJsonObject, type Json } from '../core/json.ts';
import { covers } from '../core/phi.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { mayBeDocument } from '../masking/document.ts';
import { maskJson } from '../masking/json.ts';
import type { MaskView } from '../masking/mask.ts';
import { findNamed, type Named } from '../masking/named-values.ts';
import { operatorFor, tokenOf } from '../masking/operators.ts';
import { maskStream, streamBounds } from '../masking/stream.ts';
import { type Tally, tally } from '../masking/text.ts';
import type { Recognizer } from '../ports/recognizer.ts';
import type { FlowMasking } from './mcp-long-answer.ts';
import type { MaskFor, MaskJson } from './mcp-masking.ts';

export interface Recognition {
  readonly viewOf: (decision: Decision) => MaskView;
  /** Those that are configured now: each is asked, and if one fails, all of it has. */
  readonly recognizers: () => readonly Recognizer[];
  /** It did not answer; the text says how. */
  readonly onFailure: (text: string) => void;
}

const charactersMax = 200_000;

/** What they name in one message; `silent` where they cannot be asked about it, or one of them does not answer. */
export type Recognized = readonly Named[] | 'silent';

export function maskingWith(recognition: Recognition): MaskFor {
  const plain = maskingBy(recognition.viewOf, []);
  return (message) => {
    if (recognition.recognizers().length === 0) return plain;
    return recognizedIn(message, recognition).then((said) => maskingBy(recognition.viewOf, said));
  };
}

/** Nothing where nobody is to be asked. */
export async function recognizedIn(message: Json, { recognizers, onFailure }: Recognition): Promise<Recognized> {
  const asked = recognizers();
  if (asked.length === 0) return [];
  const texts = new Set<string>();
  collect(message, texts);
  const found = await ask(asked, [...texts]);
  if (found.ok) return found.value;
  onFailure(found.error.text);
  return 'silent';
}

export function maskingBy(viewOf: Recognition['viewOf'], said: Recognized): MaskJson {
  if (said === 'silent') {
    return (value, decision, counts, beside = []) => {
      const view = { ...viewOf(decision), beside };
      return maskJson(covers(view.unmask, 'note') ? value : withoutSentences(value, counts), view, counts);
    };
  }
  const finds = findNamed(said);
  if (finds === null) {
    return (value, decision, counts, beside = []) => maskJson(value, { ...viewOf(decision), beside }, counts);
  }
  return (value, decision, counts, beside = []) => {
    const view = { ...viewOf(decision), beside };
    return maskJson(value, { ...view, own: [...(view.own ?? []), finds] }, counts);
  };
}

/** The masking of texts that nobody holds whole: null where a recognizer, or the patient of a document, has a say. */
export function flowingWith({
  viewOf,
  recognizers,
}: Pick<Recognition, 'viewOf' | 'recognizers'>): (decision: Decision) => FlowMasking | null {
  return (decision) => {
    const view = viewOf(decision);
    if (recognizers().length > 0 || operatorFor('date', view.rules) === 'shift') return null;
    return {
      mayFlow: (head) => view.unmask === 'all' || !mayBeDocument(head.slice(0, streamBounds.window)),
      stream: (counts) => maskStream(view, counts),
    };
  };
}

async function ask(recognizers: readonly Recognizer[], texts: readonly string[]): Promise<Result<readonly Named[]>> {
  if (texts.reduce((characters, text) => characters + text.length, 0) > charactersMax)
    return refuse('too_large', 'A message is longer than a recognizer is asked about.');
  const answers = await Promise.all(recognizers.map((each) => each.find(texts)));
  const named: Named[] = [];
  for (const found of answers) {
    if (!found.ok) return found;
    for (const [at, text] of texts.entries()) {
      for (const { start, end, type } of found.value[at] ?? [])
        named.push({ value: text.slice(start, end).trim(), type });
    }
  }
  return ok(named);
}

function collect(value: Json, texts: Set<string>): void {
  if (typeof value === 'string') {
    if (/\p{L}\p{L}/u.test(value)) texts.add(value);
  } else if (isJsonArray(value)) {
    for (const each of value) collect(each, texts);
  } else if (isJsonObject(value)) {
    for (const each of Object.values(value)) collect(each, texts);
  }
}

const sentence = /\p{L}+\P{L}+\p{L}+\P{L}+\p{L}+/u;

function withoutSentences(value: Json, counts: Tally): Json {
  if (typeof value === 'string') {
    if (!sentence.test(value)) return value;
    tally(counts, 'note');
    return tokenOf('note');
  }
  if (isJsonArray(value)) return value.map((each) => withoutSentences(each, counts));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSentences(each, counts)]));
}
