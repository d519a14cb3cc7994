// Randomness from the operating system, and ULIDs (https://github.com/ulid/spec) made from it.

import { randomBytes } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Drawn at once, since asking the system for ten bytes costs as much as asking for thousands. */
const drawnBytes = 10 * 400;
let drawn: Uint8Array = new Uint8Array();

/** INVARIANT: no byte is handed out twice. */
function draw(length: number): Uint8Array {
  if (drawn.length < length) drawn = randomBytes(drawnBytes);
  const taken = drawn.subarray(0, length);
  drawn = drawn.subarray(length);
  return taken;
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  id: (prefix) => `${prefix}_${ulid(Date.now(), draw(10))}`,
};

/** 48 bits of time and 80 of randomness in 26 characters. */
function ulid(now: number, random: Uint8Array): string {
  let text = '';
  for (let rest = now, digit = 0; digit < 10; digit++, rest = Math.floor(rest / 32))
    text = (crockford[rest % 32] ?? '') + text;
  let bits = 0;
  let held = 0;
  for (const byte of random) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += crockford[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text;
}
