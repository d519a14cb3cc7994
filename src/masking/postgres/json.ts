// json and jsonb cells. What the mask leaves unchanged keeps its bytes, spacing and numbers included.

import type { Json } from '../../core/json.ts';
import type { ValueMask } from './value-mask.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const jsonbVersion = 1;

/** `type`: json, jsonb, or a text type that holds JSON. Binary jsonb is the text after a version byte. */
export function jsonMask(type: string, format: 0 | 1, mask: (json: Json) => Json): ValueMask {
  const versioned = type === 'jsonb' && format === 1;
  return (value) => {
    if (versioned && value[0] !== jsonbVersion) return null;
    const plain: Json = JSON.parse(utf8.decode(versioned ? value.subarray(1) : value));
    const before = JSON.stringify(plain);
    const after = JSON.stringify(mask(plain));
    if (after === before) return value;
    const masked = encoder.encode(after);
    if (!versioned) return masked;
    const framed = new Uint8Array(masked.length + 1);
    framed[0] = jsonbVersion;
    framed.set(masked, 1);
    return framed;
  };
}
