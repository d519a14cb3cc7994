// Detectors of the operator's own: found wherever text is masked, only near their words, and in linear time whatever the pattern.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detect } from '../../src/masking/detect.ts';
import { letterPairs } from '../../src/masking/detectors/letter-pairs.ts';
import { readNumbers } from '../../src/masking/detectors/numbers.ts';
import { maskJson } from '../../src/masking/json.ts';
import { checkPattern, ownDetectors } from '../../src/masking/own-detectors.ts';
import { maskValue } from '../../src/masking/postgres-value.ts';
import { scanText } from '../../src/masking/text.ts';
import { parse, problemsOf } from '../config/parts.ts';
import { viewOf } from './view.ts';

const kiosk = {
  name: 'kiosk',
  pattern: String.raw`\bB\.\d{4}\b`,
  context: ['kiosk', 'staff (day)'],
  cls: 'other_id' as const,
};
const bed = { name: 'bed', pattern: '(?i)bay [a-f] bed [0-9]{1,2}', context: [], cls: 'address' as const };
const own = ownDetectors([kiosk, bed]);
const view = { ...viewOf(), own };

test('they find what they say, near a word of theirs, and name its class', () => {
  const table: readonly (readonly [string, string])[] = [
    ['Kiosk B.4711 was seen.', 'Kiosk [OTHER_ID] was seen.'],
    ['B.4711 is the KIOSK.', '[OTHER_ID] is the KIOSK.'],
    ['STAFF (DAY): B.4711', 'STAFF (DAY): [OTHER_ID]'],
    ['kiosks are no word of theirs: B.4711', 'kiosks are no word of theirs: B.4711'],
    [`kiosk ${'- '.repeat(40)} B.4711`, `kiosk ${'- '.repeat(40)} B.4711`],
    ['moved to Bay C bed 12 today', 'moved to [ADDRESS] today'],
  ];
  for (const [text, masked] of table) {
    assert.equal(scanText(text, view), masked);
    assert.equal(scanText(masked, view), masked, 'once is enough');
  }
  assert.equal(scanText('kiosk B.4711', { ...view, unmask: ['other_id'] }), 'kiosk B.4711');
  assert.equal(scanText('kiosk B.4711', viewOf()), 'kiosk B.4711', 'without the rule nothing finds it');
});

test('where a built-in detector sees something else, the operator is right', () => {
  const ours = ownDetectors([
    { name: 'ticket', pattern: String.raw`T-\d{3}-\d{2}-\d{4}`, context: [], cls: 'account' },
  ]);
  assert.deepEqual(detect('see T-123-45-6789', false, ours), [{ start: 4, end: 17, type: 'account' }]);
});

test('they see JSON, notes and the tripwire over clear columns', () => {
  assert.deepEqual(maskJson({ said: 'kiosk B.4711', list: ['bay a bed 1'] }, view), {
    said: 'kiosk [OTHER_ID]',
    list: ['[ADDRESS]'],
  });
  for (const classification of ['note', 'clear'] as const) {
    const column = {
      type: { kind: 'base', name: 'text' },
      typmod: -1,
      format: 0,
      classification,
      scanClear: true,
    } as const;
    assert.equal(String(Buffer.from(maskValue(Buffer.from('kiosk B.4711'), column, view) ?? [])), 'kiosk [OTHER_ID]');
  }
});

test('no pattern takes longer than linear time', () => {
  const evil = ownDetectors([{ name: 'evil', pattern: '(a+)+(a|aa)+$', context: ['x'], cls: 'other_id' }]);
  const took = (length: number): number => {
    const text = `${'a'.repeat(length)}!`;
    const start = process.cpuUsage();
    for (const find of evil)
      find(text, () => assert.fail('it matches nothing'), [], readNumbers(text), letterPairs(text));
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  took(2_000);
  const [short, long] = [Math.max(took(4_000), 1_000), took(16_000)];
  console.log(`4k: ${short} µs, 16k: ${long} µs of CPU`);
  assert.ok(long < short * 40, `${short} → ${long}`);
});

test('a pattern that is none, or that is everywhere, is refused by line; so are too many and too long ones', () => {
  for (const pattern of ['(', 'a{2000}', '(?<=x)y', 'a*', ''])
    assert.ok(pattern === '' || !checkPattern(pattern).ok, pattern);
  const head = 'listen: { http: 127.0.0.1:0 }\nconnections: {}\ndetectors:\n  rules:\n';
  const at = (rule: string): string[] => problemsOf(head + rule).map((each) => `${each.line} ${each.path}`);
  assert.deepEqual(at("    - { name: a, pattern: '(?=x)', class: ssn }\n"), ['5 detectors.rules[0].pattern']);
  assert.deepEqual(at("    - { name: a, pattern: 'x*', class: ssn }\n"), ['5 detectors.rules[0].pattern']);
  assert.deepEqual(at("    - { name: a, pattern: 'x', class: clear }\n"), ['5 detectors.rules[0].class']);
  assert.deepEqual(at(`    - { name: a, pattern: '${'x'.repeat(1_001)}', class: ssn }\n`), [
    '5 detectors.rules[0].pattern',
  ]);
  assert.deepEqual(at("    - { name: a, pattern: 'x', class: ssn }\n".repeat(101)), ['5 detectors.rules']);
  const parsed = parse(`${head}    - { name: kiosk, pattern: 'B\\d{4}', context: [kiosk], class: other_id }\n`);
  assert.deepEqual(parsed.ok && parsed.value.config.detectors.rules, [
    { name: 'kiosk', pattern: String.raw`B\d{4}`, context: ['kiosk'], cls: 'other_id' },
  ]);
});
