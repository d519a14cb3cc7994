// A real model file, read by the real Transformers.js in its thread: what it names is masked; without it, or when it is slow,
// sentences do not pass. CHARTGATE_TRANSFORMERS names a directory whose node_modules have the package.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createOnnx } from '../../src/adapters/onnx/recognizer.ts';
import type { OnnxConfig } from '../../src/config/config.ts';
import { writeTinyModel } from './tiny-model.ts';

const packages = process.env['CHARTGATE_TRANSFORMERS'] ?? null;
const directory = mkdtempSync(join(tmpdir(), 'chartgate-onnx-'));
const model = join(directory, 'tiny');
writeTinyModel(model);
after(() => rmSync(directory, { recursive: true, force: true }));

const config: OnnxConfig = {
  model,
  timeoutMs: 5_000,
  score: 0.4,
  labels: { PER: 'name', LOC: 'address', CODE: 'clear' },
};

function isInstalled(): boolean {
  try {
    createRequire(packages === null ? import.meta.url : join(packages, 'package.json')).resolve(
      '@huggingface/transformers',
    );
    return true;
  } catch {
    return false;
  }
}

const skip = isInstalled()
  ? false
  : 'needs @huggingface/transformers: npm install --prefix DIR @huggingface/transformers, CHARTGATE_TRANSFORMERS=DIR';

test('the model names what nobody else would, wherever it stands', { skip }, async () => {
  const recognizer = createOnnx(config, packages);
  const first = 'Soon ZÍBBEN met rukull, by Tarnvik. 🏥 The qz left xyzzy at noon.';
  const long = `${'word, '.repeat(300)}zibben met ruk`;
  const found = await recognizer.find([first, long, '']);
  recognizer.close();
  assert.ok(found.ok, JSON.stringify(found));
  const named = found.value.map((spans, at) =>
    spans.map(({ start, end, type }) => `${type} ${[first, long, ''][at]?.slice(start, end)}`),
  );
  assert.deepEqual(named, [['name ZÍBBEN', 'name rukull', 'address Tarnvik'], ['name zibben', 'name ruk'], []]);
});

test('too slow: it says so, its thread ends, and the next question has a new one', { skip }, async () => {
  const recognizer = createOnnx({ ...config, timeoutMs: 1 }, packages);
  const found = await recognizer.find(['word '.repeat(30_000)]);
  assert.match(found.ok ? '' : found.error.text, /too slow/);
  const again = await recognizer.find(['word '.repeat(30_000)]);
  assert.match(again.ok ? '' : again.error.text, /too slow/);
  recognizer.close();
});

test('no weights: a clear error, and nothing is fetched', { skip }, async () => {
  const recognizer = createOnnx({ ...config, model: join(directory, 'Xenova', 'bert-base-NER') }, packages);
  const found = await recognizer.find(['The zibben left.']);
  assert.match(found.ok ? '' : found.error.text, /There is no token-classification model to be read in the directory/);
});
