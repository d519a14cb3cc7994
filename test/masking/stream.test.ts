// Text in pieces: however it is cut, what comes out is what would have come out in one piece.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maskStream, streamBounds } from '../../src/masking/stream.ts';
import { scanText } from '../../src/masking/text.ts';
import { viewOf } from './view.ts';

const view = viewOf();

function streamed(pieces: readonly string[], prose = true): string {
  const stream = maskStream(view, undefined, prose);
  let masked = '';
  for (const piece of pieces) {
    const out = stream.push(piece);
    assert.ok(out !== null);
    masked += out;
  }
  return masked + stream.end();
}

function piecesOf(text: string, length: number): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, at) => text.slice(at * length, (at + 1) * length));
}

const parts = fc.constantFrom(
  'Dr. Okafor',
  'SSN 1 2 3 - 4 5 - 6 7 8 9',
  'MRN: 4471902',
  'Smith, John',
  'on 03/14/2024',
  '617-555-0142',
  'a@b.example',
  'Boston, MA 02139',
  '[NAME]',
  '{"name":"Ana Soto"}',
  'patient with diabetes',
  '\n',
  ', ',
  'é\u{1F600}',
);
const texts = fc
  .array(fc.oneof(parts, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 10 })
  .map((all) => all.join(' '));

const notes = Array.from(
  { length: 90 },
  (_, at) =>
    `Visit ${at}: 62-year-old woman with diabetes and hypertension, BP 132/84, HbA1c 7.${at % 10} %. Continue metformin 500 mg twice daily. ` +
    `Seen on 03/${10 + (at % 18)}/2024 by Dr. Okafor; MRN 44719${at + 10}, phone 617-555-01${10 + at}. Lungs clear, no edema. Recheck in 3 months.\n`,
).join('');

describe('text in pieces', () => {
  it('is masked as in one piece, wherever it is split', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const whole = scanText(text, view);
        for (let at = 0; at <= text.length; at++) assert.equal(streamed([text.slice(0, at), text.slice(at)]), whole);
      }),
      { numRuns: 60 },
    );
  });

  it('is so when it is longer than what is looked at at once', () => {
    assert.ok(notes.length > 2 * streamBounds.window);
    const whole = scanText(notes, view, undefined, false);
    assert.doesNotMatch(whole, /Okafor|44719|617-555|2024/);
    for (const length of [97, 4096, 9001, notes.length]) {
      assert.ok(streamed(piecesOf(notes, length), false) === whole, `pieces of ${length}`);
    }
  });

  it('lets nothing out that lies across a border', () => {
    const border = streamBounds.window - streamBounds.ahead;
    for (const filler of ['x', 'No edema was seen. ']) {
      const before = filler.repeat(Math.ceil(border / filler.length));
      for (let shift = -30; shift < 10; shift++) {
        const text = `${before.slice(0, border + shift)} SSN 123-45-6789 ${filler.repeat(9000 / filler.length)}`;
        const masked = streamed(piecesOf(text, 1500));
        assert.ok(masked.includes('[SSN]') && !/\d/.test(masked), `${JSON.stringify(filler)} at ${shift}`);
      }
    }
  });

  it('lets text out once it is sure of it, and never holds more than the window', () => {
    const stream = maskStream(view);
    let [given, taken] = [0, 0];
    for (const piece of piecesOf('No edema was seen. '.repeat(3000), 700)) {
      given += piece.length;
      taken += stream.push(piece)?.length ?? 0;
      assert.ok(given - taken < streamBounds.window + 700, `${given - taken} held`);
    }
  });

  it('holds a document until it is whole, and refuses one that is too long', () => {
    const document = JSON.stringify({
      entry: Array.from({ length: 300 }, () => ({ name: 'Wibbly Frumpkin', note: 'seen' })),
    });
    assert.ok(document.length > streamBounds.window);
    assert.equal(streamed(piecesOf(document, 1000)), scanText(document, view));
    const table = `id,name,city\n${'7,Wibbly Frumpkin,Gdowinek\n'.repeat(500)}`;
    assert.equal(streamed(piecesOf(table, 1000)), scanText(table, view));

    const stream = maskStream(view);
    const answers = Array.from({ length: 10 }, () => stream.push('["Wibbly Frumpkin"],'.repeat(50_000)));
    assert.deepEqual([answers[0], answers.at(-1), stream.end()], ['', null, '']);
    assert.ok(answers.every((each) => each === '' || each === null));
  });

  it('masks what a labelled line has named from there on, however far', () => {
    const text = `Patient: Zorblat Qwixen\n${'No edema was seen. '.repeat(3000)}Spoke with Qwixen at home.`;
    assert.equal(streamed(piecesOf(text, 1000)), scanText(text, view));
    assert.doesNotMatch(streamed(piecesOf(text, 1000)), /Qwixen/);
  });

  const records: Readonly<Record<string, string>> = {
    JSON: '{"patient":{"family":"Okonkwo","given":["Chidi"]},"nick":"Bubba"}',
    'lines of JSON': '{"last":"Quispe","first":"Marisol"}\n{"last":"Okonkwo","first":"Chidi"}',
    'a table': '\nlast,first,mrn\nQuispe,Marisol,7712\nOkonkwo,Chidi,8831\n',
    'HL7 v2': 'MSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.5\rPID|1||7712^^^H^MR||QUISPE^MARISOL||19560304|F\r',
    XML: '<patient><family>Quispe</family><given>Marisol</given></patient>',
    'a code fence': '```json\n{"last":"Quispe","first":"Marisol"}\n```',
    'a statement': "INSERT INTO patients (last, first) VALUES ('Quispe', 'Marisol');",
  };
  const somebody = /Quispe|Marisol|Okonkwo|Chidi|Bubba|7712|8831/i;
  const filler = 'Vital signs are stable; continue as before. '.repeat(300);
  for (const [name, record] of Object.entries(records)) {
    it(`has ${name} masked as what it is in its midst, wherever it lies`, () => {
      for (const before of [9000, 11_250, 13_100]) {
        const text = `${filler.slice(0, before)}\n${record}\n${filler}`;
        const masked = streamed(piecesOf(text, 1000));
        assert.doesNotMatch(masked, somebody);
        assert.equal(masked, streamed(piecesOf(text, 777)));
        assert.ok(
          masked.startsWith(filler.slice(0, before)) && masked.endsWith(filler),
          masked.slice(before, before + 300),
        );
      }
    });
  }

  it('holds a record in its midst until it is whole, and refuses one that is too long', () => {
    const { recordMax } = streamBounds;
    const recordOf = (length: number): string =>
      JSON.stringify({ visits: Array.from({ length: length / 40 }, (_, at) => ({ at, given: 'Chidi' })) });
    const masked = streamed(piecesOf(`${filler}\n${recordOf(recordMax / 4)}\n${filler}`, 65_536));
    assert.ok(!somebody.test(masked) && masked.endsWith(filler));
    const stream = maskStream(view);
    const taken = piecesOf(`${filler}\n${recordOf(recordMax * 2)}`, 65_536).map((piece) => stream.push(piece));
    assert.equal(taken.at(-1), null);
    assert.doesNotMatch(taken.join('') + stream.end(), somebody);
  });

  it('lets lines go on that only look like a table', () => {
    const lines = `${filler}\n${'stage one done; took 12 ms; next in line\n'.repeat(60_000)}`;
    assert.equal(streamed(piecesOf(lines, 65_536)), lines);
  });

  it('leaves the text of one who may see all as it is', () => {
    const stream = maskStream(viewOf({}, 'all'));
    assert.equal(`${stream.push('Dr. Okafor')}${stream.end()}`, 'Dr. Okafor');
  });
});
