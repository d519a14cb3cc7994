// `chartgate detect`: JSONL in, JSONL out, with the built-in detectors, or with all that a configuration names. A line that is no
// {"text": string} ends the run with its number, never its content. INVARIANT: a text that a configured recognizer has not
// answered for is not shown.

import { errors } from '../core/errors.ts';
import { ok, type Result } from '../core/result.ts';
import type { Find } from '../masking/detectors/detector.ts';
import { maskDocument } from '../masking/document.ts';
import type { Span } from '../masking/mask.ts';
import { findNamed, type Named } from '../masking/named-values.ts';
import { tokenOf } from '../masking/operators.ts';
import type { Recognizer } from '../ports/recognizer.ts';
import type { Detectors } from './configured-detectors.ts';
import { complain, type Io } from './io.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

const builtIn: Detectors = { own: [], recognizers: [], close: () => undefined };

/** Exit 0; 65 (EX_DATAERR) at the first bad line; 69 if a recognizer did not answer for some text. Offsets are UTF-16 code units. */
export async function detect(io: Io, options: { readonly config?: string } = {}): Promise<number> {
  // What a configuration takes is most of what there is to load, and most texts are masked without one.
  const detectors =
    options.config === undefined
      ? ok(builtIn)
      : await (await import('./configured-detectors.ts')).configured(io, options.config);
  if (!detectors.ok) return detectors.error;
  try {
    return await detectLines(io, detectors.value);
  } finally {
    detectors.value.close();
  }
}

async function detectLines(io: Io, detectors: Detectors): Promise<number> {
  let number = 0;
  let exit = 0;
  for await (const bytes of lines(io.stdin)) {
    number++;
    const line = decode(bytes);
    if (line?.trim() === '') continue;
    const text = line === undefined ? undefined : textOf(line);
    if (text === undefined) {
      io.stderr.write(`line ${number}: expected a JSON object with a string "text", in UTF-8\n`);
      return errors.invalid_request.exit;
    }
    const named = await ask(detectors.recognizers, text);
    if (!named.ok) {
      io.stderr.write(`line ${number}: `);
      exit = complain(io, named.error);
    }
    const answer = named.ok ? masked(text, detectors.own, named.value) : unshown(text);
    if (!io.stdout.write(`${JSON.stringify(answer)}\n`)) {
      await new Promise<void>((drained) => io.stdout.once('drain', drained));
    }
  }
  return exit;
}

/** Parted at line feeds alone: a JSON string may hold U+2028, U+2029 and U+0085 as they are. */
async function* lines(input: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  let begun: Buffer[] = [];
  for await (const read of input) {
    const chunk = Buffer.from(read);
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]);
      begun = [];
      from = end + 1;
    }
    begun.push(chunk.subarray(from));
  }
  yield Buffer.concat(begun);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function textOf(line: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null || !('text' in parsed)) return undefined;
    return typeof parsed.text === 'string' ? parsed.text : undefined;
  } catch {
    return undefined;
  }
}

async function ask(recognizers: readonly Recognizer[], text: string): Promise<Result<readonly Named[]>> {
  const named: Named[] = [];
  for (const answer of await Promise.all(recognizers.map((each) => each.find([text])))) {
    if (!answer.ok) return answer;
    for (const { start, end, type } of answer.value[0] ?? [])
      named.push({ value: text.slice(start, end).trim(), type });
  }
  return ok(named);
}

interface Answer {
  readonly text: string;
  readonly spans: readonly Span[];
}

function masked(text: string, own: readonly Find[], named: readonly Named[]): Answer {
  const more = findNamed(named);
  const finds = more ? [...own, more] : own;
  const { text: result, found } = maskDocument(text, (_value, cls) => tokenOf(cls), true, finds);
  return { text: result, spans: found.map(({ start, end, type }) => ({ start, end, type })) };
}

function unshown(text: string): Answer {
  return { text: tokenOf('note'), spans: [{ start: 0, end: text.length, type: 'note' }] };
}
