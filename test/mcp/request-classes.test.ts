// What of a request counts as PHI is what would be masked in an answer: a rule that looks at `request.phi` is not met by one that
// puts the identifier into a member of that name, a number, a pair, or an encoding.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { detectClasses } from '../../src/gateway/detected-classes.ts';
import { classesIn } from '../../src/gateway/mcp-facts.ts';

const classes = (value: JsonObject): readonly string[] => classesIn(value, (text) => detectClasses(text, []));

describe('the classes of a request', () => {
  const named: readonly (readonly [JsonObject, string])[] = [
    [{ ssn: 123456789 }, 'ssn'],
    [{ ssn: '123456789' }, 'ssn'],
    [{ patient: { lastName: 'Vandersloot' } }, 'name'],
    [{ where: [{ mrn: 'A48291' }] }, 'mrn'],
    [{ filter: [{ field: 'ssn', op: '=', value: '123456789' }] }, 'ssn'],
    [{ phone: 5558675309 }, 'phone'],
    [{ q: Buffer.from('SSN 123-45-6789').toString('base64') }, 'ssn'],
    [{ query: "last_name = 'Vandersloot'" }, 'name'],
    [{ body: JSON.stringify({ inner: JSON.stringify({ ssn: 123456789 }) }) }, 'ssn'],
    [{ q: '123-45-6789' }, 'ssn'],
    [{ '123-45-6789': true }, 'ssn'],
  ];
  for (const [value, cls] of named)
    it(`of ${JSON.stringify(value)} have ${cls}`, () => assert.ok(classes(value).includes(cls), classes(value).join()));

  it('of a URI are found however it is written', () => {
    assert.notDeepEqual(classes({ uri: 'chart:123%2D45%2D6789' }), []);
    assert.ok(classes({ uri: 'chart:Zebulon%20Quartermain' }).includes('name'));
  });

  it('are none of what names nobody', () => {
    for (const plain of [
      {},
      { say: 'hello' },
      { sql: 'SELECT first, ssn FROM patients WHERE id = 5' },
      { columns: ['last_name', 'ssn'], table: 'patients', limit: 10 },
      { name: 'echo', path: '/srv/data/report.csv' },
      { ssn: null, phone: true, email: '' },
      { repo: 'owner/name', issue_number: 1234, labels: ['bug'] },
      { first: 10, last: 20 },
    ])
      assert.deepEqual(classes(plain), [], JSON.stringify(plain));
  });

  it('of more than can be looked at are those of a note', () => {
    assert.deepEqual(classes({ lines: Array.from({ length: 120_000 }, () => 'a wall') }), ['note']);
  });
});
