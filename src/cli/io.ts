// What a command sees of the world, and how it speaks: results on stdout, everything else on stderr.

import { errors } from '../core/errors.ts';
import type { Refusal } from '../core/result.ts';

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute directory relative paths start from. */
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** As of a process that SIGPIPE ended, which Node does not take. */
const readerGone = 128 + 13;

/** A reader who has seen enough (`| head`) closes the pipe: nothing more is said, and no verdict that was not reached. */
export function endWithReader(stdout: NodeJS.WritableStream): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? readerGone);
  });
}

export function print(io: Io, text: string): void {
  io.stdout.write(`${text}\n`);
}

export function printJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Says what was refused, why and what to do next in two lines. Returns the exit code. */
export function complain(io: Io, refusal: Refusal): number {
  const next = refusal.next ?? errors[refusal.code].next;
  const rule = refusal.rule === undefined ? '' : ` (rule ${refusal.rule})`;
  io.stderr.write(`chartgate: ${plain(refusal.text)}${plain(rule)}\n${next === '' ? '' : `${plain(next)}\n`}`);
  return errors[refusal.code].exit;
}

/**
 * Text from elsewhere, made harmless for a terminal: control characters (C0, C1, DEL) and those that turn the reading
 * direction are shown as escapes. Line feeds and tabs too, as everything printed so is part of one line.
 */
export function plain(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
