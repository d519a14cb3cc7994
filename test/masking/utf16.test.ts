// Base64 of UTF-16, as PowerShell and Windows write it: with a mark or without, in either order of bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectOf } from '../../src/core/json.ts';
import { maskJson } from '../../src/masking/json.ts';
import { viewOf } from './view.ts';

const said = 'Patient Zebulon Quartermain, SSN 123-45-6789, called at 555-201-4477.';

function wide(text: string, isBig: boolean, isMarked: boolean): string {
  const bytes = Buffer.from(isMarked ? `\ufeff${text}` : text, 'utf16le');
  return (isBig ? bytes.swap16() : bytes).toString('base64');
}

/** As the member of a document. */
function shown(text: string): string {
  const { output } = objectOf(maskJson({ output: text }, viewOf()));
  return typeof output === 'string' ? output : '';
}

for (const isBig of [false, true])
  for (const isMarked of [false, true])
    test(`UTF-16 ${isBig ? 'BE' : 'LE'} ${isMarked ? 'with its mark' : 'without a mark'}`, () => {
      const masked = shown(wide(said, isBig, isMarked));
      const bytes = Buffer.from(masked, 'base64');
      const text = new TextDecoder(isBig && !isMarked ? 'utf-16be' : 'utf-16le').decode(bytes);
      assert.match(text, /^Patient \[NAME\], SSN \[SSN\], called at \[PHONE\]\.$/);
    });
