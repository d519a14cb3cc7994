// The generated reference says what the code says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { references } from '../../docs/reference/generate.ts';

for (const [name, text] of Object.entries(references())) {
  test(`docs/reference/${name} is fresh (node docs/reference/generate.ts)`, () => {
    assert.equal(readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8'), text);
  });
}
