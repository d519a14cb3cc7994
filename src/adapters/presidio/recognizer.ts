// A Presidio analyzer over HTTP (its POST /analyze): one text a request, a few at a time, all of them within one time limit.
// What it says is checked before it is believed. No text goes anywhere but to this address.

import { z } from 'zod';
import type { PresidioConfig } from '../../config/config.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Span } from '../../masking/mask.ts';
import type { Recognizer } from '../../ports/recognizer.ts';
import { boundedBody } from '../../wire/http/bounded-body.ts';

/** RecognizerResult, as far as it matters here. */
const answer = z.array(z.object({ entity_type: z.string(), start: z.int(), end: z.int() }));

const requestsAtOnce = 4;
const answerBytesMax = 4_000_000;

export function createPresidio(config: PresidioConfig): Recognizer {
  const address = `${config.url.replace(/\/+$/, '')}/analyze`;
  return {
    async find(texts) {
      const signal = AbortSignal.timeout(config.timeoutMs);
      const found: (readonly Span[])[] = [];
      try {
        for (let at = 0; at < texts.length; at += requestsAtOnce) {
          const some = texts.slice(at, at + requestsAtOnce);
          found.push(...(await Promise.all(some.map((text) => analyze(address, text, config, signal)))));
        }
        return ok(found);
      } catch {
        return refused(signal.aborted ? 'too slow' : 'away, or says what makes no sense');
      }
    },
  };
}

function refused(what: string): Result<never> {
  return refuse('upstream_unavailable', `The Presidio analyzer is ${what}.`);
}

/** @throws when there is no answer, or none that can be believed. */
async function analyze(address: string, text: string, config: PresidioConfig, signal: AbortSignal): Promise<Span[]> {
  const response = await fetch(address, {
    method: 'POST',
    redirect: 'error',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, language: config.language, score_threshold: config.score }),
    signal,
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const found = answer.parse(JSON.parse(await bodyOf(response)));
  const offsets = codePointOffsets(text);
  return found.flatMap(({ entity_type: entity, start, end }): Span[] => {
    // Presidio is Python: it counts code points.
    const [from, to] = [offsets[start], offsets[end]];
    if (from === undefined || to === undefined || from >= to) throw new Error('an offset outside the text');
    const type = config.classes[entity] ?? 'other_id';
    return type === 'clear' ? [] : [{ start: from, end: to, type }];
  });
}

async function bodyOf(response: Response): Promise<string> {
  const body = await boundedBody(response.body, answerBytesMax);
  if (!body) throw new Error('too long');
  return new TextDecoder('utf-8', { fatal: true }).decode(body);
}

/** Of every code point of a text, and of its end. */
function codePointOffsets(text: string): readonly number[] {
  const offsets = [0];
  for (const character of text) offsets.push((offsets.at(-1) ?? 0) + character.length);
  return offsets;
}
