// `chartgate detect`: JSONL in, JSONL out. A line that is no {"text": string} ends the run with its number, never its content.

import { createInterface } from 'node:readline';
import { errors } from '../core/errors.ts';
import { maskDocument } from '../masking/document.ts';
import type { Span } from '../masking/mask.ts';
import { tokenOf } from '../masking/operators.ts';

/** Exit 0; 65 (EX_DATAERR) at the first bad line. Offsets are UTF-16 code units. */
export async function detect(
  stdin: NodeJS.ReadableStream,
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  let number = 0;
  for await (const line of createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    const text = textOf(line);
    if (text === undefined) {
      stderr.write(`line ${number}: expected a JSON object with a string "text"\n`);
      return errors.invalid_request.exit;
    }
    if (!stdout.write(`${JSON.stringify(masked(text))}\n`)) {
      await new Promise<void>((resolve) => stdout.once('drain', resolve));
    }
  }
  return 0;
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

function masked(text: string): { readonly text: string; readonly spans: readonly Span[] } {
  const { text: result, found } = maskDocument(text, (_value, cls) => tokenOf(cls));
  return { text: result, spans: found.map(({ start, end, type }) => ({ start, end, type })) };
}
