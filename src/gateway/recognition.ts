// Masking with the help of a recognizer outside: it is asked about what a message says, and what it names is masked wherever
// it stands in that message. INVARIANT: where it cannot be asked, or does not answer, sentences do not pass.

import type { Decision } from '../core/decision.ts';
import { isJsonArray, type Json } from '../core/json.ts';
import { covers } from '../core/phi.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Find } from '../masking/detectors/detector.ts';
import { maskJson } from '../masking/json.ts';
import type { MaskView, Span } from '../masking/mask.ts';
import { normalise } from '../masking/normalise.ts';
import { isMaskToken, tokenOf } from '../masking/operators.ts';
import { type Tally, tally } from '../masking/text.ts';
import type { Recognizer } from '../ports/recognizer.ts';
import { isObject } from '../wire/mcp/json-rpc.ts';
import type { MaskFor, MaskJson } from './mcp-masking.ts';

export interface Recognition {
  readonly viewOf: (decision: Decision) => MaskView;
  /** Those that are configured now: each is asked, and if one fails, all of it has. */
  readonly recognizers: () => readonly Recognizer[];
  /** It did not answer; the text says how. */
  readonly onFailure: (text: string) => void;
}

const charactersMax = 200_000;

export function maskingWith({ viewOf, recognizers, onFailure }: Recognition): MaskFor {
  const plain: MaskJson = (value, decision, counts) => maskJson(value, viewOf(decision), counts);
  const strict: MaskJson = (value, decision, counts) => {
    const view = viewOf(decision);
    return maskJson(covers(view.unmask, 'note') ? value : withoutSentences(value, counts), view, counts);
  };
  return async (message) => {
    const asked = recognizers();
    if (asked.length === 0) return plain;
    const texts = new Set<string>();
    collect(message, texts);
    const found = await ask(asked, [...texts]);
    if (!found.ok) {
      onFailure(found.error.text);
      return strict;
    }
    const finds = findingsOf(found.value);
    if (finds === null) return plain;
    return (value, decision, counts) => {
      const view = viewOf(decision);
      return maskJson(value, { ...view, own: [...(view.own ?? []), finds] }, counts);
    };
  };
}

interface Named {
  readonly value: string;
  readonly type: Span['type'];
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
  } else if (isObject(value)) {
    for (const each of Object.values(value)) collect(each, texts);
  }
}

const word = /[\p{L}\p{N}]+/gu;
const wordAtEnd = /^[\p{L}\p{N}]/u;

/** Finds each value where it stands as a word, or words, of its own: one lookup a word. Detectors see normalised text, so the values are, too. */
function findingsOf(named: readonly Named[]): Find | null {
  const byFirstWord = new Map<string, Map<string, Named['type']>>();
  for (const { value, type } of named) {
    const core = normalise(value).text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
    const [first] = core.match(word) ?? [];
    if (first === undefined || core.length < 2 || isMaskToken(value)) continue;
    const same = byFirstWord.get(first) ?? new Map<string, Named['type']>();
    byFirstWord.set(first, same.set(core, type));
  }
  if (byFirstWord.size === 0) return null;
  return (text, emit) => {
    for (const { 0: first, index } of text.matchAll(word)) {
      for (const [core, type] of byFirstWord.get(first) ?? []) {
        const end = index + core.length;
        if (text.startsWith(core, index) && !wordAtEnd.test(text.slice(end, end + 2))) emit(index, end, type);
      }
    }
  };
}

const sentence = /\p{L}+\P{L}+\p{L}+\P{L}+\p{L}+/u;

function withoutSentences(value: Json, counts: Tally): Json {
  if (typeof value === 'string') {
    if (!sentence.test(value)) return value;
    tally(counts, 'note');
    return tokenOf('note');
  }
  if (isJsonArray(value)) return value.map((each) => withoutSentences(each, counts));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSentences(each, counts)]));
}
