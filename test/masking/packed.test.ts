// A text that stands in another writing as a whole, or in the midst of another one, in one piece and as it comes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maskStream } from '../../src/masking/stream.ts';
import { scanText } from '../../src/masking/text.ts';
import { viewOf } from './view.ts';

const view = viewOf();
const note = 'Patient Margaret Hollingsworth, SSN 219-09-9999, is stable. ';
const filler = 'Vital signs are stable; continue as before. '.repeat(300);

interface Writing {
  readonly pack: (text: string) => string;
  readonly unpack: (text: string) => string;
}

const base64: Writing = {
  pack: (text) => Buffer.from(text).toString('base64'),
  unpack: (text) => Buffer.from(text, 'base64').toString(),
};
const scheme = 'data:text/plain;base64,';
const writings: Readonly<Record<string, Writing>> = {
  base64,
  'base64 in lines': { pack: (text) => base64.pack(text).replace(/.{76}/g, '$&\n'), unpack: base64.unpack },
  base64url: { pack: (text) => Buffer.from(text).toString('base64url'), unpack: base64.unpack },
  hexadecimal: {
    pack: (text) => Buffer.from(text).toString('hex'),
    unpack: (text) => Buffer.from(text, 'hex').toString(),
  },
  percent: { pack: encodeURIComponent, unpack: decodeURIComponent },
  'the data of a URI': {
    pack: (text) => scheme + base64.pack(text),
    unpack: (text) => base64.unpack(text.slice(scheme.length)),
  },
};

function streamed(text: string): string {
  const stream = maskStream(view);
  let masked = '';
  for (let at = 0; at < text.length; at += 1000) masked += stream.push(text.slice(at, at + 1000)) ?? '';
  return masked + stream.end();
}

/** Whatever can be read in it, however its runs are cut. */
function readings(text: string): string {
  const runs = text.match(/[\w+/=-]{16,}/g) ?? [];
  const cuts = runs.flatMap((run) => [0, 1, 2, 3].map((from) => run.slice(from)));
  return [text, ...cuts.flatMap((run) => [Buffer.from(run, 'base64'), Buffer.from(run, 'hex')])].join('\n');
}

const somebody = /Hollingsworth|219-09-9999/;

for (const [name, { pack, unpack }] of Object.entries(writings)) {
  describe(name, () => {
    for (const prose of [true, false]) {
      it(`is read as what it says, where ${prose ? 'people write' : 'nobody writes'}`, () => {
        assert.equal(
          unpack(scanText(pack(note), view, undefined, prose)),
          note.replace('Margaret Hollingsworth', '[NAME]').replace('219-09-9999', '[SSN]'),
        );
      });
    }

    it('is so as it comes, from the first word on', () => {
      const masked = unpack(streamed(pack(note.repeat(400))));
      assert.ok(masked.includes('is stable.') && !somebody.test(masked));
    });

    for (const times of [1, 30, 400]) {
      it(`says nothing of anybody in the midst of a long text, ${times} times over`, () => {
        const masked = streamed(`${filler} as sent: ${pack(note.repeat(times))} . ${filler}`);
        assert.doesNotMatch(readings(masked), somebody);
        assert.ok(masked.startsWith(filler) && masked.endsWith(filler));
      });
    }
  });
}

describe('what is no text in another writing', () => {
  const token = Buffer.from(Array.from({ length: 96 }, (_, at) => (at * 97 + 31) % 256)).toString('base64');
  for (const value of [
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '100%25 done',
    'ward_3_east/bed_12',
  ]) {
    it(`stays: ${value}`, () => {
      assert.equal(scanText(value, view), value);
    });
  }

  it('stays where nobody writes, and goes as a file where people do', () => {
    assert.equal(scanText(token, view, undefined, false), token);
    assert.equal(scanText(token.repeat(2), view), '[NOTE]');
  });

  it('stays in the midst of a long text', () => {
    const text = `${filler} digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 of /srv/reports/2024/quarterly/summary/final . ${filler}`;
    assert.equal(streamed(text), text);
  });
});
