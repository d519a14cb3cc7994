// Names that others give, as they stand in the clear part of a record: an entry of the log is bounded, and nobody can take it back.
// INVARIANT: whoever is named in one is not named there; the payload, which can be shredded, has it whole.

import { maskJson } from '../masking/json.ts';
import type { MaskView } from '../masking/mask.ts';
import { scanText } from '../masking/text.ts';
import { pointerFrom, readingOf } from './mcp-pointers.ts';

const charsMax = 256;
const view: MaskView = { rules: { byClass: {}, default: 'redact' }, unmask: [], key: new Uint8Array(32), now: 0 };

/** Of a tool, a prompt, a template of URIs. */
export function recordedName(name: string): string {
  return boundedName(
    /^[A-Za-z][A-Za-z0-9+.-]*:/.test(name) ? recordedPointer(name) : scanText(name, view, undefined, false),
  );
}

/** Of the program that asks: programs are called like people, and like sites. */
export function recordedClient(name: string): string {
  return boundedName(scanText(name, { ...view, unmask: ['name', 'url'] }, undefined, false));
}

/** As it is, as far as there is room for it. */
export function boundedName(name: string): string {
  return name.length <= charsMax ? name : `${name.slice(0, charsMax)}…`.toWellFormed();
}

function recordedPointer(uri: string): string {
  const masked = maskJson(readingOf(uri), view);
  const shown = pointerFrom(uri, { alone: masked, among: masked });
  return typeof shown === 'string' ? shown : '';
}
