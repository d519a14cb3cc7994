// Records of every kind as one text: what their structure says is masked, wherever it recurs, and they stay what they are.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maskDocument } from '../../src/masking/document.ts';
import { tokenOf } from '../../src/masking/operators.ts';
import { scanText } from '../../src/masking/text.ts';
import { viewOf } from './view.ts';

const mask = (text: string): string => maskDocument(text, (_value, cls) => tokenOf(cls)).text;

/** None of these is left; all of those are. */
function check(text: string, gone: readonly string[], kept: readonly string[]): void {
  const masked = mask(text);
  for (const value of gone) assert.ok(!masked.includes(value), `${value} is left in ${masked}`);
  for (const value of kept) assert.ok(masked.includes(value), `${value} is gone from ${masked}`);
  assert.equal(mask(masked), masked, 'masking what is masked changes nothing');
}

const hl7 = [
  'MSH|^~\\&|ADT1|GHH|LAB|ELAB|198808181126||ADT^A01|MSG00001|P|2.8',
  'PID|1||PATID1234^5^M11^ADT1^MR~123456789^^^USSSA^SS||EVERYMAN^ADAM^A^III||19610615|M|||2222 HOME STREET^^GREENSBORO^NC^27401||(555) 555-2004|||S||PX12345001^2|444333333|987654^NC',
  'PV1|1|I|W389^1^UABH||||12345^MORGANSTERN^REX^J|||SUR',
  'OBX|1|NM|8867-4^heart rate^LN||72|/min|60-100|N|||F',
  'NTE|1||Adam Everyman was told about his potassium.',
].join('\r');

const x12 =
  'ISA*00*          *00*          *ZZ*123456789012345*ZZ*123456789012346*080503*1705*>*00501*000010216*0*T*:~' +
  'NM1*IL*1*QUILLSMITH*JANE****MI*JS00111223333~N3*236 N MAIN ST~N4*MIAMI*FL*33413~DMG*D8*19430501*F~REF*SY*123456789~' +
  'CLM*26463774*100***11:B:1~HI*BK:0340*BF:V7389~SV1*HC:99213*40*UN*1~DTP*472*D8*20061003~';

const fhir = {
  resourceType: 'Bundle',
  entry: [
    {
      resource: {
        resourceType: 'Patient',
        id: 'p-77',
        identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '999-17-5017' }],
        name: [{ use: 'official', family: 'Oberbrunner298', given: ['Zanthia'], prefix: ['Mrs.'] }],
        telecom: [{ system: 'phone', value: '555-770-1212', use: 'home' }],
        birthDate: '1961-07-23',
        gender: 'female',
        address: [
          { line: ['784 Stamm Lock Unit 46'], city: 'Somerville', state: 'Massachusetts', postalCode: '02155' },
        ],
        extension: [
          { url: 'latitude', valueDecimal: 42.368_774 },
          { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: 'Emeline Kuhic' },
        ],
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Zanthia &amp; family</div>' },
      },
    },
    {
      resource: {
        resourceType: 'Condition',
        code: {
          coding: [{ system: 'http://snomed.info/sct', code: '444814009', display: 'Viral sinusitis (disorder)' }],
        },
        subject: { reference: 'Patient/p-77', display: 'Zanthia Oberbrunner298' },
        onsetDateTime: '2018-04-12T05:23:10-04:00',
        note: [{ text: 'Mrs. Oberbrunner298 feels better.' }],
      },
    },
  ],
};

const cda = `<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="2.16.840.1.113883.10.20.22.1.1"/>
<recordTarget><patientRole><id extension="7748812" root="2.16.840.1.113883.19.5"/><addr><streetAddressLine>17 Daws Rd.</streetAddressLine><city>Blue Bell</city><state>MA</state></addr>
<telecom value="tel:(781)555-1212"/><patient><name><given>Adam</given><family>Everyman</family></name><birthTime value="19541125"/></patient></patientRole></recordTarget>
<section><code code="10160-0" displayName="History of medication use"/><text>Adam&#39;s potassium on 11/25/1954. <td>Metoprolol</td> &lt; 5</text></section></ClinicalDocument>`;

describe('records', () => {
  it('in HL7 v2', () => {
    const gone = [
      'PATID1234',
      '123456789',
      'EVERYMAN',
      'Everyman',
      'ADAM',
      'Adam',
      '19610615',
      'HOME STREET',
      'GREENSBORO',
      '27401',
      '555-2004',
      'PX12345001',
      '444333333',
      '987654',
      'MORGANSTERN',
      '198808181126',
    ];
    check(hl7, gone, ['MSH|^~\\&|', 'ADT^A01', '|M|', 'NC', '8867-4^heart rate^LN||72|/min|60-100', 'potassium']);
    assert.equal(mask(hl7).replace(/[^|^~&\r]/g, ''), hl7.replace(/[^|^~&\r]/g, ''), 'its separators stay');
  });

  it('in X12', () => {
    const gone = [
      'QUILLSMITH',
      'JANE',
      'JS00111223333',
      'MAIN ST',
      'MIAMI',
      '33413',
      '19430501',
      '123456789',
      '26463774',
      '20061003',
    ];
    check(x12, gone, ['NM1*IL*1*', '*FL*', 'BK:0340*BF:V7389', 'HC:99213*40*UN*1', '*F~']);
  });

  it('in FHIR', () => {
    const text = JSON.stringify(fhir);
    const gone = [
      'Oberbrunner298',
      'Zanthia',
      '999-17-5017',
      '555-770-1212',
      '1961-07-23',
      'Stamm Lock',
      'Somerville',
      '02155',
      '42.368',
      'Emeline',
      'Kuhic',
      '2018-04-12',
    ];
    check(text, gone, ['Viral sinusitis (disorder)', '444814009', 'us-ssn', 'female', 'Massachusetts', 'feels better']);
    assert.deepEqual(shapeOf(JSON.parse(mask(text))), shapeOf(fhir));
  });

  it('in C-CDA', () => {
    const gone = ['7748812', '17 Daws', 'Blue Bell', '555-1212', 'Adam', 'Everyman', '19541125', '11/25/1954'];
    check(cda, gone, [
      '2.16.840.1.113883.10.20.22.1.1',
      '10160-0',
      'History of medication use',
      'potassium',
      'Metoprolol',
      '&lt; 5',
      '<state>MA</state>',
    ]);
    assert.equal(mask(cda).match(/<[^>]*>/g)?.length, cda.match(/<[^>]*>/g)?.length);
  });

  it('in tables', () => {
    const csv =
      'first_name,last_name,dob,diagnosis,visits,age\nZanthia,Quillbottom,1961-07-23,E11.9,3,44\n"Bo, Jr",Reed,1970-02-11,"I10, ""old""",2,93\n';
    check(
      csv,
      ['Zanthia', 'Quillbottom', '1961', 'Bo,', 'Reed', '1970', '93'],
      ['first_name', 'E11.9', '"I10, ""old"""', ',3,44'],
    );
    check(
      ' id |  name   |    ssn\n----+---------+-------------\n  1 | Zorvath | 123-45-6789\n(1 row)\n',
      ['Zorvath', '123-45'],
      ['----+', '(1 row)', 'ssn'],
    );
    check(
      '| patient name | mrn | note |\n|---|---|---|\n| Zorvath Ug | 7748812 | potassium low |\n',
      ['Zorvath', '7748812'],
      ['potassium low', '|---|'],
    );
    check('no table, just a comma, and another\nand a second line, with one\n', [], ['just a comma']);
  });

  it('within each other: JSON in strings, base64, markup in JSON', () => {
    const inner = JSON.stringify({ last_name: 'Quillbottom', code: 'E11.9' });
    const packed = btoa(`Seen by Dr. Okafor; MRN 7748812. ${'Stable. '.repeat(3)}`);
    const masked: unknown = JSON.parse(mask(JSON.stringify({ inner, data: packed, html: '<p>SSN 123-45-6789</p>' })));
    assert.ok(typeof masked === 'object' && masked !== null && 'data' in masked && typeof masked.data === 'string');
    assert.equal(atob(masked.data), `Seen by [NAME]; MRN [MRN]. ${'Stable. '.repeat(3)}`);
    assert.deepEqual(masked, {
      inner: '{"last_name":"[NAME]","code":"E11.9"}',
      data: masked.data,
      html: '<p>SSN [SSN]</p>',
    });
  });

  it('keep every member, even where two keys become the same', () => {
    const masked: unknown = JSON.parse(mask('{"a@b.example":1,"c@d.example":2,"mrn":7748812,"7748812":3}'));
    assert.deepEqual(masked, { '[EMAIL]': 1, '[EMAIL] 1': 2, mrn: null, '[MRN]': 3 });
  });

  it('show what a view sees, and follow it nowhere', () => {
    const text = JSON.stringify({
      last_name: 'Quillbottom',
      ssn: '123-45-6789',
      age: 93,
      note: 'Quillbottom, 123-45-6789',
    });
    const masked = '{"last_name":"Quillbottom","ssn":"[SSN]","age":90,"note":"Quillbottom, [SSN]"}';
    assert.equal(scanText(text, viewOf({}, ['name'])), masked);
  });

  it('stay JSON of the same shape, whatever they hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const masked = mask(text);
        if (typeof value === 'object' && value !== null)
          assert.deepEqual(shapeOf(JSON.parse(masked)), shapeOf(JSON.parse(text)));
      }),
    );
  });

  it('never fail, whatever they are cut to', () => {
    for (const whole of [hl7, x12, JSON.stringify(fhir), cda]) {
      for (let at = 0; at < whole.length; at += 7) assert.equal(typeof mask(whole.slice(at, at + 900)), 'string');
    }
    assert.equal(typeof mask(`${'['.repeat(50_000)}"123-45-6789"`), 'string');
    assert.ok(!mask(`${'[{"a":'.repeat(5_000)}"123-45-6789"`).includes('123-45-6789'));
  });
});

/** Keys aside, which may be masked: the kinds of values and their nesting. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null) return Object.values(value).map(shapeOf);
  return typeof value === 'number' || value === null ? 'scalar' : typeof value;
}
