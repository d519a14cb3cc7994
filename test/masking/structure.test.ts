// Records of every standard we know, made here and never seen before: no identity value is left of them in any form, codes
// are, and what comes out is still a record of its kind.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maskDocument } from '../../src/masking/document.ts';
import { tokenOf } from '../../src/masking/operators.ts';
import { scanText } from '../../src/masking/text.ts';
import { left, type Planted, readings } from './records/canaries.ts';
import { cdaRecords } from './records/ccda.ts';
import { fhirRecords } from './records/fhir.ts';
import { hl7Records } from './records/hl7v2.ts';
import { oddRecords } from './records/odd.ts';
import { systemFhir } from './records/system-fhir.ts';
import { systemJson } from './records/system-json.ts';
import { systemHl7, systemX12 } from './records/system-messages.ts';
import { systemText } from './records/system-text.ts';
import { systemXml } from './records/system-xml.ts';
import { tableRecords } from './records/tables.ts';
import { expand, leftWhole } from './records/template.ts';
import { x12Records } from './records/x12.ts';
import { viewOf } from './view.ts';

const seed = Number(process.env['CHARTGATE_SEED'] ?? 20_261_121);

const mask = (text: string): string => maskDocument(text, (_value, cls) => tokenOf(cls)).text;

function check(kind: string, { text, gone, kept }: Planted): string {
  const masked = mask(text);
  assert.deepEqual(left(masked, gone), [], `${kind}, seed ${seed}: left in ${masked.slice(0, 2000)}`);
  const lost = kept.filter((value) => !masked.includes(value));
  assert.deepEqual(lost, [], `${kind}, seed ${seed}: clinical, and gone from ${masked.slice(0, 2000)}`);
  assert.equal(mask(masked), masked, 'masking what is masked changes nothing');
  return masked;
}

const standards = {
  FHIR: fhirRecords,
  'C-CDA': cdaRecords,
  'HL7 v2': hl7Records,
  X12: x12Records,
  tables: tableRecords,
  'what is made of them': oddRecords,
};

for (const [standard, records] of Object.entries(standards)) {
  describe(`nothing of anybody is left in ${standard}`, () => {
    for (const { kind, ...planted } of records(seed)) {
      it(kind, () => {
        check(kind, planted);
      });
    }
  });
}

// Names of no list: what is called as things are is told by the detectors where nothing else does, and measured by bench/structure.ts.
const strange = 20_261_121;
const systems = { ...systemFhir, ...systemJson, ...systemText, ...systemXml, ...systemHl7, ...systemX12 };

describe('nothing of anybody is left in what systems write', () => {
  for (const [kind, template] of Object.entries(systems)) {
    it(kind, () => {
      const { text, gone, kept } = expand(template, strange);
      const masked = mask(text);
      assert.deepEqual(leftWhole(readings(masked), gone), [], `left in ${masked.slice(0, 2000)}`);
      assert.deepEqual(
        kept.filter((value) => !masked.includes(value)),
        [],
        `clinical, and gone from ${masked.slice(0, 2000)}`,
      );
      const parsed = jsonOf(text);
      if (parsed !== undefined) assert.deepEqual(shapeOf(jsonOf(masked)), shapeOf(parsed));
    });
  }
});

describe('what comes out', () => {
  it('is JSON of the same shape', () => {
    for (const { text } of fhirRecords(seed)) {
      const parsed = jsonOf(text);
      if (parsed !== undefined) assert.deepEqual(shapeOf(jsonOf(mask(text))), shapeOf(parsed));
    }
  });

  it('is XML with the same tags', () => {
    const tags = (text: string): readonly string[] => text.match(/<\/?[\w:]+/g) ?? [];
    for (const { kind, text } of [...cdaRecords(seed), ...fhirRecords(seed)])
      if (/^\s*</.test(text)) assert.deepEqual(tags(mask(text)), tags(text), kind);
  });

  it('is a message with the same separators', () => {
    const marks = (text: string): string => text.replace(/[^|^~\\&\r\n]/g, '');
    const [first] = hl7Records(seed);
    assert.ok(first);
    // An escape sequence within a value that is masked goes with it.
    assert.equal(marks(mask(first.text)).replaceAll('\\', ''), marks(first.text).replaceAll('\\', ''));
  });
});

describe('every operator, in every place of a record', () => {
  // `keep` and `zip` show whole values on purpose; `last4` and `zip3` show the end or the beginning of one.
  for (const operator of ['redact', 'null', 'drop', 'year', 'age90', 'pseudonym', 'shift', 'scan'] as const) {
    it(`${operator} leaves nothing, and JSON that is JSON`, () => {
      const bundle = fhirRecords(seed).find((each) => each.kind === 'bundle');
      assert.ok(bundle);
      const masked = scanText(bundle.text, viewOf({ default: operator }));
      assert.deepEqual(shapeOf(jsonOf(masked)), shapeOf(jsonOf(bundle.text)));
      assert.deepEqual(left(masked, bundle.gone), [], masked.slice(0, 2000));
    });
  }

  it('last4 and zip3 show no more than they say', () => {
    const bundle = fhirRecords(seed).find((each) => each.kind === 'bundle');
    assert.ok(bundle);
    for (const operator of ['last4', 'zip3'] as const)
      assert.deepEqual(left(scanText(bundle.text, viewOf({ default: operator })), bundle.gone), []);
  });
});

describe('declarations in XML', () => {
  it('are taken out and never expanded', () => {
    const external =
      '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY n "Zorvexqui ]> Talmor">]><patient><last_name>&n;</last_name><note>&x;</note></patient>';
    const masked = mask(external);
    assert.ok(!/ENTITY|Zorvexqui|Talmor|passwd|root:/.test(masked), masked);
    assert.ok(masked.includes('<last_name>[NAME]</last_name>'), masked);
  });

  it('cost no more than their length', () => {
    const laughs = Array.from({ length: 9 }, (_each, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');
    const started = process.cpuUsage();
    const masked = mask(`<!DOCTYPE l [<!ENTITY l0 "ha">${laughs}]><patient><family>&l9;</family></patient>`);
    const used = process.cpuUsage(started);
    assert.ok(masked.length < 200, masked.slice(0, 300));
    assert.ok(used.user + used.system < 500_000, `${used.user + used.system} µs`);
  });

  it('that never end hold all of the rest', () => {
    assert.ok(!mask('<!DOCTYPE p [<!ENTITY n "Zorvexqui"><p><family>Talmor</family></p>').includes('Talmor'));
  });
});

describe('a value known from one place', () => {
  const record = (note: string): string =>
    JSON.stringify({
      note,
      patient: {
        last_name: 'Müller-Zorvex',
        first_name: 'Talqui',
        ssn: '518-33-9021',
        mrn: 'QX-7748812',
        dob: '1954-11-25',
        email: 'tz@mail.example',
      },
    });
  const cases: Readonly<Record<string, string>> = {
    'in capitals': 'TALQUI MÜLLER-ZORVEX came',
    'last name first': 'Zorvex, Talqui came',
    'without its accent': 'Muller came',
    'with another accent': 'Tálqui came',
    'with an initial': 'T. Zorvex came',
    'without its hyphens': 'id 518339021 and QX7748812',
    'with other signs': 'id 518 33 9021, 518.33.9021',
    'a day as digits': 'born 19541125 or 11251954',
    'in base64': Buffer.from('Talqui Zorvex, 518339021').toString('base64'),
    'in hexadecimal': Buffer.from('Talqui Zorvex was here').toString('hex'),
    'percent-encoded': 'seen%20by%20Zorvex%2C%20Talqui%20today',
    'in a table within': 'a,first_name,b\n1,Talqui,2\n',
    'in JSON within JSON': JSON.stringify({ x: JSON.stringify({ y: 'for Talqui' }) }),
    'with a soft hyphen': 'seen with Zor\u00advex',
  };
  for (const [kind, note] of Object.entries(cases)) {
    it(`is found ${kind}, before it`, () => {
      const masked = mask(record(note));
      const gone = [
        'talqui',
        'tálqui',
        'zorvex',
        'müller',
        'muller',
        '518339021',
        '518 33',
        '518.33',
        '7748812',
        '19541125',
        '11251954',
      ];
      assert.deepEqual(left(masked.replaceAll('\u00ad', ''), gone), [], masked);
    });
  }

  it('keeps what only looks like it', () => {
    const masked = mask(
      JSON.stringify({ last_name: 'Fields', first_name: 'Rose', note: 'blood pressure rose; visual fields are full' }),
    );
    assert.ok(masked.includes('blood pressure rose; visual fields are full'), masked);
  });
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The kinds of values and their nesting. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null) return Object.values(value).map(shapeOf);
  return typeof value === 'number' || value === null ? 'scalar' : typeof value;
}
