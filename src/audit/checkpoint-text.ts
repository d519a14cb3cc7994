// The text of a checkpoint (https://c2sp.org/tlog-checkpoint), apart from who signs it: origin, size and root of a tree.

import { fail, ok, type Result } from '../core/result.ts';
import type { Hash } from './tree.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** Ends in a newline. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** Accepts extension lines, as the specification asks; they say nothing to us. */
export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length < 3 || lines.includes('')) return fail('it is not the text of a checkpoint');
  const [origin = '', size = '', base64 = ''] = lines;
  const count = parseCount(size);
  if (count === undefined) return fail('its size is not a number');
  const root = parseHash(base64);
  return root ? ok({ origin, size: count, root }) : fail('its root is not a hash');
}

/** An ASCII decimal without leading zeros; undefined for anything else, and for what no log grows to. */
export function parseCount(text: string): number | undefined {
  return /^(0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/** 32 bytes in base64 as one would write them. */
export function parseHash(base64: string): Hash | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === base64 ? bytes : undefined;
}
