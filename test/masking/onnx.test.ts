// A local model as far as it goes without its package: where its tokens stand in a text, what is said when it is not there,
// and the configuration.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NamedToken, spansOf } from '../../src/adapters/onnx/alignment.ts';
import { createOnnx } from '../../src/adapters/onnx/recognizer.ts';
import { maskingWith } from '../../src/gateway/recognition.ts';
import { parse, problemsOf } from '../config/parts.ts';
import { viewOf } from './view.ts';

function tokens(...written: readonly string[]): NamedToken[] {
  return written.map((each) => {
    const [piece = '', label] = each.split('=');
    return { piece, label: label ?? null };
  });
}

function named(text: string, ...written: readonly string[]): readonly string[] | null {
  return spansOf(text, tokens(...written))?.map((each) => `${each.label} ${text.slice(each.start, each.end)}`) ?? null;
}

test('tokens of WordPiece, SentencePiece and byte-level tokenizers are found again', () => {
  assert.deepEqual(named('Dr. José-Ángel came', 'dr', '.', 'jose=PER', '-=PER', 'ang=PER', '##el=PER', 'came'), [
    'PER José-Ángel',
  ]);
  assert.deepEqual(named('In Ta rnvik, now', '▁In', '▁Ta=LOC', 'rn=LOC', 'vik=LOC', ',', '▁now'), ['LOC Ta rnvik']);
  assert.deepEqual(named('zib zibben', 'Ġzib', 'Ġzib=PER', 'ben=PER'), ['PER zibben']);
});

test('what the tokenizer has no word for is part of the text, and may be named', () => {
  assert.deepEqual(named('the 漢字 left', 'the', '[UNK]=PER', '[UNK]=PER', 'left'), ['PER 漢字']);
  assert.deepEqual(named('the 漢字', 'the', '[UNK]'), []);
});

test('a part the model has not seen: no alignment', () => {
  assert.equal(named('zibben met rukull', 'zib=PER', '##ben=PER', 'met'), null);
  assert.equal(named('zibben met', 'zib=PER', '##ben=PER', 'met', 'noon'), null);
  assert.equal(named(`${'x'.repeat(100)} met`, '[UNK]', 'met'), null);
});

test('any cut of a text into tokens is found again exactly', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, fc.boolean(), fc.nat(8)), { maxLength: 30 }), (words) => {
      const text = words.map(([each, isName]) => (isName ? each.toUpperCase() : each)).join(' · ');
      const cut = words.flatMap(([each, isName, at]): NamedToken[] => {
        const label = isName ? 'PER' : null;
        const rest = each.slice(at) === '' || at === 0 ? [] : [{ piece: `##${each.slice(at)}`, label }];
        return [{ piece: at === 0 ? each : each.slice(0, at), label }, ...rest];
      });
      const spans = spansOf(text, cut);
      assert.ok(spans);
      assert.deepEqual(
        spans.map((each) => text.slice(each.start, each.end)),
        words.flatMap(([each, isName]) => (isName ? [each.toUpperCase()] : [])),
      );
    }),
  );
});

test('no package: the error names it and how to get it, and no sentence passes', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'chartgate-onnx-'));
  const config = { model: empty, timeoutMs: 60_000, score: 0.4, labels: {} };
  const failures: string[] = [];
  const recognizer = createOnnx(config, empty);
  const maskFor = maskingWith({
    viewOf: () => viewOf(),
    recognizers: () => [recognizer],
    onFailure: (text) => failures.push(text),
  });
  const message = { said: 'met by copper kettle', other: 'copper kettle' };
  const mask = await maskFor(message);
  assert.deepEqual(mask(message, { obligations: {} } as never, {}), { said: '[NOTE]', other: 'copper kettle' });
  assert.deepEqual(failures, [
    'The package @huggingface/transformers is not installed: npm install @huggingface/transformers',
  ]);
});

test('the configuration: a directory that has a model, classes there are', () => {
  const text = (onnx: string): string =>
    `listen: { http: 127.0.0.1:0 }\nconnections: {}\ndetectors: { onnx: ${onnx} }\n`;
  const paths = (onnx: string): string[] => problemsOf(text(onnx)).map((each) => each.path);
  assert.deepEqual(paths('{ model: ./m, labels: { PER: nmae } }'), ['detectors.onnx.labels.PER']);
  assert.deepEqual(paths('{ }'), ['detectors.onnx.model']);
  assert.deepEqual(paths('{ model: https://hub.example/m, url: x }'), ['detectors.onnx.url']);
  const parsed = parse(text('{ model: ./m, labels: { ORG: address, RARE: mrn } }'));
  assert.ok(parsed.ok);
  const { labels } = parsed.value.config.detectors.onnx ?? {};
  assert.deepEqual([labels?.['PER'], labels?.['ORG'], labels?.['RARE']], ['name', 'address', 'mrn']);
});
