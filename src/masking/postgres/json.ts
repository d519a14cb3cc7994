// json and jsonb cells. What nothing is masked in keeps its bytes, spacing included; in any other numbers stay as they are written.

import { isJsonArray, isWrittenNumber, type Json, parseJsonAsWritten } from '../../core/json.ts';
import type { Tally } from '../text.ts';
import type { ValueMask } from './value-mask.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const jsonbVersion = 1;

/**
 * `type`: json, jsonb, or a text type that holds JSON. Binary jsonb is the text after a version byte. `mask` counts in `found` what it
 * masks, from where it goes to `counts`. INVARIANT: what is its own mask is written anew as well, or its bytes would say so.
 */
export function jsonMask(
  type: string,
  format: 0 | 1,
  mask: (json: Json) => Json,
  found: Tally = {},
  counts?: Tally,
): ValueMask {
  const versioned = type === 'jsonb' && format === 1;
  return (value) => {
    if (versioned && value[0] !== jsonbVersion) return null;
    const text = utf8.decode(versioned ? value.subarray(1) : value);
    const plain = parseJsonAsWritten(text);
    const before = JSON.stringify(plain);
    const after = JSON.stringify(mask(plain));
    const isMasked = movedTo(counts, found);
    // Of members of one name only the last is read: the others must not stay because nothing of that one is masked.
    if (!isMasked && after === before && (type === 'jsonb' || namesIn(text) === membersOf(plain))) return value;
    const masked = encoder.encode(after);
    if (!versioned) return masked;
    const framed = new Uint8Array(masked.length + 1);
    framed[0] = jsonbVersion;
    framed.set(masked, 1);
    return framed;
  };
}

/** How many there are in a text that is JSON: colons outside strings. */
function namesIn(text: string): number {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1;
}

function membersOf(value: Json): number {
  if (typeof value !== 'object' || value === null || isWrittenNumber(value)) return 0;
  const parts = Object.values(value);
  return parts.reduce<number>((sum, part) => sum + membersOf(part), isJsonArray(value) ? 0 : parts.length);
}

/** Whether there was anything. */
function movedTo(counts: Tally | undefined, found: Tally): boolean {
  const classes = Object.entries(found);
  for (const [cls, count] of classes) {
    if (counts) counts[cls] = (counts[cls] ?? 0) + count;
    delete found[cls];
  }
  return classes.length > 0;
}
