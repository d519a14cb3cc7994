// Two hundred ways to write or to wrap what says somebody's name or number, as tools hand them over: none is to be found in what
// leaves. Written blind and then measured: of the first 212, 60 leaked. What leaks still is named at the end, so that it is not forgotten.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { masked, text, texts } from './masked.ts';

const sc = (structuredContent: Json): JsonObject => ({ content: [], structuredContent });
const long = 'Patient Zebulon Quartermain, SSN 123-45-6789, called from 555-867-5309.';
const gz = gzipSync(long).toString('base64');
const df = deflateSync(long).toString('base64');

/** RFC 4648 §6. */
function b32(words: string): string {
  const bits = [...Buffer.from(words)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const signs = (bits.match(/.{1,5}/g) ?? []).map((each) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(each.padEnd(5, '0'), 2)),
  );
  return signs.join('').padEnd(Math.ceil(signs.length / 8) * 8, '=');
}

/** The alphabet of Bitcoin. */
function b58(words: string): string {
  let written = '';
  for (let left = BigInt(`0x${Buffer.from(words).toString('hex')}`); left > 0n; left /= 58n)
    written = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'.charAt(Number(left % 58n)) + written;
  return written;
}

const b64 = (words: string): string => Buffer.from(words).toString('base64');
const backwards = (words: string): string => [...words].reverse().join('');

type Shape = readonly [name: string, message: JsonObject, gone: readonly string[]];

const shapes: readonly Shape[] = [
  ['md bold ssn', text('SSN **123**-45-6789'), ['6789']],
  ['md bold parts', text('SSN **123**-**45**-**6789**'), ['6789']],
  ['md italic', text('SSN _123_-45-6789'), ['6789']],
  ['md code', text('SSN `123-45`-6789'), ['6789']],
  ['html b', text('SSN <b>123</b>-45-6789'), ['6789']],
  ['html span each', text('SSN <span>123</span><span>-45-</span><span>6789</span>'), ['6789']],
  ['html wbr', text('SSN 123<wbr>-45<wbr>-6789'), ['6789']],
  ['html nbsp', text('SSN 123&nbsp;45&nbsp;6789'), ['6789']],
  ['html &#8209;', text('SSN 123&#8209;45&#8209;6789'), ['6789']],
  ['html &ndash;', text('SSN 123&ndash;45&ndash;6789'), ['6789']],
  ['html &shy;', text('SSN 123&shy;-45&shy;-6789'), ['6789']],
  ['html hex ent', text('SSN &#x31;&#x32;&#x33;-45-6789'), ['6789']],
  ['html name b', text('<p>Patient: <b>Zebulon</b> <i>Quartermain</i></p>'), ['Quartermain', 'Zebulon']],
  ['md name split', text('Patient **Zebulon** *Quartermain* was seen.'), ['Quartermain']],
  ['soft hyphen name', text('Patient Zebu\u00adlon Quarter\u00admain was seen.'), ['main was']],
  ['zwj ssn', text('SSN 123\u200d-45\u200d-6789'), ['6789']],
  ['wj ssn', text('SSN 123\u2060-45\u2060-6789'), ['6789']],
  ['bom ssn', text('SSN 123\ufeff-45-6789'), ['6789']],
  ['each zw', text('SSN ' + [...'123-45-6789'].join('\u200b')), ['9']],
  ['each soft', text('SSN ' + [...'123-45-6789'].join('\u00ad')), ['9']],
  ['lrm', text('SSN \u200e123\u200e-45-\u200e6789'), ['6789']],
  ['combining', text('SSN 1\u03352\u03353\u0335-45-6789'), ['6789']],
  ['cgj', text('SSN 123\u034f-45-6789'), ['6789']],
  ['url enc', text('q=SSN%20123%2D45%2D6789'), ['6789']],
  ['url enc all', text([...'123-45-6789'].map((c) => '%' + c.charCodeAt(0).toString(16)).join('')), ['%36%37%38%39']],
  ['url dbl enc', text('https://h/x?ssn=123%252D45%252D6789'), ['6789']],
  [
    'qp all',
    text('SSN ' + [...'123-45-6789'].map((c) => '=' + c.charCodeAt(0).toString(16).toUpperCase()).join('')),
    ['=36=37=38=39'],
  ],
  ['qp soft break', text('Content-Transfer-Encoding: quoted-printable\n\nPatient SSN 123-45-=\n6789 end'), ['6789']],
  ['u escapes', text('SSN \\u0031\\u0032\\u0033\\u002d45-6789'), ['6789']],
  ['x escapes', text('SSN \\x31\\x32\\x33-45-6789'), ['6789']],
  ['octal esc', text('SSN \\061\\062\\063-45-6789'), ['6789']],
  ['u{} esc', text('SSN \\u{31}\\u{32}\\u{33}-45-6789'), ['6789']],
  ['css esc', text('content: "\\31 \\32 \\33 -45-6789"'), ['6789']],
  ['fullwidth', text('SSN １２３－４５－６７８９'), ['６７８９']],
  ['arabic-indic', text('SSN ١٢٣-٤٥-٦٧٨٩'), ['٦٧٨٩']],
  ['devanagari', text('SSN १२३-४५-६७८९'), ['६७८९']],
  ['math bold', text('SSN 𝟏𝟐𝟑-𝟒𝟓-𝟔𝟕𝟖𝟗'), ['𝟔𝟕𝟖𝟗']],
  ['circled', text('SSN ①②③-④⑤-⑥⑦⑧⑨'), ['⑥⑦⑧⑨']],
  ['subscript', text('SSN ₁₂₃-₄₅-₆₇₈₉'), ['₆₇₈₉']],
  ['keycap', text('SSN ' + [...'123456789'].map((c) => c + '\ufe0f\u20e3').join('')), ['9\ufe0f']],
  ['letter O I', text('SSN l23-45-678O'), ['678O']],
  ['homoglyph', text('SSN 123-45-67Ȣ9'.replace('Ȣ', '8')), ['6789']],
  ['figure dash', text('SSN 123\u201245\u20126789'), ['6789']],
  ['em dash', text('SSN 123\u201445\u20146789'), ['6789']],
  ['minus', text('SSN 123\u221245\u22126789'), ['6789']],
  ['dots', text('SSN 123.45.6789'), ['6789']],
  ['slashes', text('SSN 123/45/6789'), ['6789']],
  ['spaces', text('SSN 123 45 6789'), ['6789']],
  ['spaced digits', text('SSN 1 2 3 - 4 5 - 6 7 8 9'), ['7 8 9']],
  ['underscored', text('SSN 123_45_6789'), ['6789']],
  ['commas', text('SSN 123,45,6789'), ['6789']],
  ['pipes', text('SSN 123|45|6789'), ['6789']],
  ['newlines', text('SSN 123\n45\n6789'), ['6789']],
  ['tabs', text('SSN\t123\t45\t6789'), ['6789']],
  ['words', text('Her SSN is one two three, four five, six seven eight nine.'), ['seven eight nine']],
  ['words hy', text('social security number one-two-three four-five six-seven-eight-nine'), ['eight']],
  ['words phone', text('call me at five five five eight six seven five three oh nine'), ['seven five']],
  ['words mrn', text('MRN is zero zero four eight two nine one three'), ['eight two']],
  ['date words3', text('date of birth July 23rd nineteen hundred sixty-one'), ['23rd']],
  ['age words', text('She is ninety-four years old.'), ['ninety-four']],
  ['dob roman', text('DOB 23-VII-1961'), ['VII']],
  ['dob iso week', text('DOB 1961-W29-7'), ['W29']],
  ['dob ordinal', text('DOB 1961-204'), ['1961-204']],
  ['dob epoch', sc({ dob: -266716800 }), ['266716800']],
  ['dob julian', sc({ birth_date: 2437504.5 }), ['2437504']],
  ['excel serial', sc({ birth_date: 22485 }), ['22485']],
  [
    'insert values',
    text("INSERT INTO patients (id, last_name, ssn) VALUES (1, 'Vandersloot', '123456789');"),
    ['Vandersloot', '123456789'],
  ],
  [
    'insert multi',
    text("INSERT INTO patients (id, last_name, mrn) VALUES\n(1, 'Vandersloot', 'A4829'),\n(2, 'Ostrander', 'A4830');"),
    ['Vandersloot', 'Ostrander', 'A4829', 'A4830'],
  ],
  [
    'insert nocols',
    text("INSERT INTO patients VALUES (1, 'Ophelia', 'Vandersloot', '1961-07-23', '123-45-6789');"),
    ['Vandersloot', '1961-07', '6789'],
  ],
  [
    'insert bq',
    text("INSERT INTO `patients` (`id`,`last_name`,`phone`) VALUES (1,'Vandersloot','5558675309');"),
    ['Vandersloot', '5558675309'],
  ],
  [
    'copy stdin',
    text('COPY patients (id, last_name, ssn) FROM stdin;\n1\tVandersloot\t123456789\n2\tOstrander\t987654320\n\\.\n'),
    ['Vandersloot', '123456789', 'Ostrander'],
  ],
  [
    'update set',
    text("UPDATE patients SET last_name = 'Vandersloot', ssn = '123456789' WHERE id = 1;"),
    ['Vandersloot', '123456789'],
  ],
  [
    'where eq',
    text("SELECT * FROM patients WHERE last_name = 'Vandersloot' AND mrn = 'A4829'"),
    ['Vandersloot', 'A4829'],
  ],
  ['where in', text("SELECT * FROM p WHERE last_name IN ('Vandersloot', 'Ostrander')"), ['Vandersloot', 'Ostrander']],
  ['where like', text("... WHERE last_name ILIKE 'Vandersloot%'"), ['Vandersloot']],
  ['csv quoted', text('"id","last_name","ssn"\n"1","Vandersloot","123456789"\n'), ['Vandersloot', '123456789']],
  [
    'csv semicolon',
    text('id;last_name;ssn\n1;Vandersloot;123456789\n2;Ostrander;987654320'),
    ['Vandersloot', 'Ostrander'],
  ],
  ['csv one row', text('last_name,first_name,dob\nVandersloot,Ophelia,1961-07-23'), ['Vandersloot', 'Ophelia']],
  [
    'csv intro',
    text('Here is the result:\n\nid,last_name,ssn\n1,Vandersloot,123456789\n'),
    ['Vandersloot', '123456789'],
  ],
  [
    'csv no header',
    text('1,Vandersloot,Ophelia,1961-07-23,F\n2,Ostrander,Balthazar,1955-01-02,M\n'),
    ['1961-07', '1955-01'],
  ],
  ['ini section', text('[patient]\nlast_name = Vandersloot\nssn = 123456789\n'), ['Vandersloot', '123456789']],
  [
    'toml',
    text('[[patient]]\nlast_name = "Vandersloot"\nssn = 123456789\ndob = 1961-07-23\n'),
    ['Vandersloot', '123456789', '1961-07'],
  ],
  ['toml inline', text('patient = { last_name = "Vandersloot", ssn = 123456789 }\n'), ['Vandersloot', '123456789']],
  [
    'yaml list',
    text('- last_name: Vandersloot\n  mrn: A4829\n- last_name: Ostrander\n  mrn: A4830\n'),
    ['Vandersloot', 'Ostrander', 'A4829'],
  ],
  ['yaml flow', text('patient: {last_name: Vandersloot, ssn: 123456789}\n'), ['Vandersloot', '123456789']],
  ['yaml block', text('last_name: >-\n  Vandersloot\nssn: |\n  123456789\n'), ['Vandersloot', '123456789']],
  ['yaml anchor', text('a: &p\n  last_name: Vandersloot\nb: *p\n'), ['Vandersloot']],
  ['yaml quoted key', text('"last_name": "Vandersloot"\n"mrn": "A4829"\n'), ['Vandersloot', 'A4829']],
  ['yaml multi doc', text('---\nlast_name: Vandersloot\n---\nlast_name: Ostrander\n'), ['Vandersloot', 'Ostrander']],
  ['env', text('LAST_NAME=Vandersloot\nPATIENT_SSN=123456789\n'), ['Vandersloot', '123456789']],
  ['export env', text("export LAST_NAME='Vandersloot'\nexport SSN=123456789\n"), ['Vandersloot', '123456789']],
  ['properties', text('patient.last_name=Vandersloot\npatient.ssn=123456789\n'), ['Vandersloot', '123456789']],
  [
    'html table th',
    text(
      '<table><thead><tr><th>Last name</th><th>MRN</th></tr></thead><tbody><tr><td>Vandersloot</td><td>A4829</td></tr></tbody></table>',
    ),
    ['Vandersloot', 'A4829'],
  ],
  [
    'html table row th',
    text('<table><tr><th>Last name</th><td>Vandersloot</td></tr><tr><th>MRN</th><td>A4829</td></tr></table>'),
    ['Vandersloot', 'A4829'],
  ],
  [
    'html dl',
    text('<dl><dt>Last name</dt><dd>Vandersloot</dd><dt>MRN</dt><dd>A4829</dd></dl>'),
    ['Vandersloot', 'A4829'],
  ],
  ['html label', text('<label>Last name</label><input value="Vandersloot">'), ['Vandersloot']],
  [
    'html input',
    text('<input name="last_name" value="Vandersloot"><input name="ssn" value="123456789">'),
    ['Vandersloot', '123456789'],
  ],
  ['html meta', text('<meta name="patient_name" content="Vandersloot Ophelia">'), ['Vandersloot']],
  ['html data attr', text('<div data-last-name="Vandersloot" data-mrn="A4829">x</div>'), ['Vandersloot', 'A4829']],
  ['html option', text('<select name="last_name"><option value="1">Vandersloot</option></select>'), ['Vandersloot']],
  [
    'plist',
    text(
      '<?xml version="1.0"?><plist version="1.0"><dict><key>last_name</key><string>Vandersloot</string><key>ssn</key><integer>123456789</integer></dict></plist>',
    ),
    ['Vandersloot', '123456789'],
  ],
  [
    'plist arr',
    text(
      '<plist><array><dict><key>LastName</key><string>Vandersloot</string><key>MRN</key><string>A4829</string></dict></array></plist>',
    ),
    ['Vandersloot', 'A4829'],
  ],
  [
    'xml props',
    text('<map><entry key="last_name">Vandersloot</entry><entry key="ssn">123456789</entry></map>'),
    ['Vandersloot', '123456789'],
  ],
  [
    'xml property',
    text(
      '<properties><property name="last_name" value="Vandersloot"/><property name="mrn" value="A4829"/></properties>',
    ),
    ['Vandersloot', 'A4829'],
  ],
  [
    'xml field',
    text('<row><field name="last_name">Vandersloot</field><field name="mrn">A4829</field></row>'),
    ['Vandersloot', 'A4829'],
  ],
  ['xml name value', text('<param><name>last_name</name><value>Vandersloot</value></param>'), ['Vandersloot']],
  ['xml cdata', text('<p><last_name><![CDATA[Vandersloot]]></last_name></p>'), ['Vandersloot']],
  ['xml ns', text('<x:patient xmlns:x="u"><x:lastName>Vandersloot</x:lastName></x:patient>'), ['Vandersloot']],
  [
    'json name/value',
    sc([
      { name: 'last_name', value: 'Vandersloot' },
      { name: 'ssn', value: 123456789 },
    ]),
    ['Vandersloot', '123456789'],
  ],
  ['json key/val', sc({ fields: [{ key: 'lastName', val: 'Vandersloot' }] }), ['Vandersloot']],
  ['json field/text', sc({ fields: [{ field: 'last_name', text: 'Vandersloot' }] }), ['Vandersloot']],
  [
    'json column arrays',
    sc({ columns: ['id', 'last_name', 'mrn'], rows: [[1, 'Vandersloot', 'A4829']] }),
    ['Vandersloot', 'A4829'],
  ],
  [
    'json col objs',
    sc({ columns: [{ name: 'id' }, { name: 'last_name' }], rows: [[1, 'Vandersloot']] }),
    ['Vandersloot'],
  ],
  [
    'json fields/values',
    sc({ fields: ['last_name', 'mrn'], values: ['Vandersloot', 'A4829'] }),
    ['Vandersloot', 'A4829'],
  ],
  [
    'json columnar',
    sc({ last_name: ['Vandersloot', 'Ostrander'], mrn: ['A4829', 'A4830'] }),
    ['Vandersloot', 'Ostrander', 'A4829'],
  ],
  ['json split df', sc({ columns: ['last_name'], index: [0], data: [['Vandersloot']] }), ['Vandersloot']],
  ['json df cols', sc({ last_name: { '0': 'Vandersloot', '1': 'Ostrander' } }), ['Vandersloot', 'Ostrander']],
  [
    'json header row',
    sc([
      ['id', 'last_name', 'mrn'],
      [1, 'Vandersloot', 'A4829'],
    ]),
    ['Vandersloot', 'A4829'],
  ],
  ['key ssn', sc({ '123-45-6789': { visits: 1 } }), ['6789']],
  ['key plain digits', sc({ by_ssn: { '123456789': { visits: 1 } } }), ['123456789']],
  ['key by last name', sc({ by_last_name: { Vandersloot: 3, Ostrander: 2 } }), ['Vandersloot', 'Ostrander']],
  ['key by mrn', sc({ by_mrn: { A4829: 3 } }), ['A4829']],
  ['base32', text(b32(long)), [b32(long).slice(0, 20)]],
  ['base32 in sentence', text('code ' + b32(long) + ' end'), [b32(long).slice(0, 20)]],
  ['hex upper', text(Buffer.from(long).toString('hex').toUpperCase()), ['5175617274']],
  ['hex 0x', text('0x' + Buffer.from(long).toString('hex')), ['5175617274']],
  ['hex \\x pg', text('\\x' + Buffer.from(long).toString('hex')), ['5175617274']],
  [
    'hex ssn only',
    text('ssn hex ' + Buffer.from('123-45-6789').toString('hex')),
    [Buffer.from('123-45-6789').toString('hex')],
  ],
  ['gzip b64', text(gz), [gz.slice(0, 30)]],
  ['gzip b64 json', sc({ payload: gz }), [gz.slice(0, 30)]],
  ['zlib b64', sc({ payload: df }), [df.slice(0, 30)]],
  ['gzip data uri', text('data:application/gzip;base64,' + gz), [gz.slice(0, 30)]],
  [
    'b64 short ssn',
    sc({ v: Buffer.from('123-45-6789').toString('base64') }),
    [Buffer.from('123-45-6789').toString('base64')],
  ],
  [
    'b64 short name',
    sc({ v: Buffer.from('Zebulon Quartermain').toString('base64') }),
    [Buffer.from('Zebulon Quartermain').toString('base64')],
  ],
  [
    'b64 wrapped',
    text(
      Buffer.from(long)
        .toString('base64')
        .replace(/(.{20})/g, '$1\r\n'),
    ),
    ['UGF0aWVudCBaZWJ1bG9u'],
  ],
  [
    'jwt',
    text(
      'eyJhbGciOiJIUzI1NiJ9.' +
        Buffer.from(JSON.stringify({ last_name: 'Vandersloot', ssn: '123-45-6789' })).toString('base64url') +
        '.c2lnbmF0dXJl',
    ),
    [
      Buffer.from(JSON.stringify({ last_name: 'Vandersloot', ssn: '123-45-6789' }))
        .toString('base64url')
        .slice(0, 30),
    ],
  ],
  [
    'oneOf const titles',
    {
      tools: [
        {
          name: 't',
          inputSchema: {
            properties: {
              last_name: { oneOf: [{ const: 'Vandersloot', title: 'Vandersloot' }, { const: 'Ostrander' }] },
            },
          },
        },
      ],
    },
    ['Vandersloot', 'Ostrander'],
  ],
  [
    'oneOf const title name',
    {
      tools: [
        {
          name: 't',
          inputSchema: { properties: { patient: { oneOf: [{ const: '1', title: 'Zebulon Quartermain' }] } } },
        },
      ],
    },
    ['Quartermain'],
  ],
  [
    'anyOf const',
    { requestedSchema: { properties: { lastName: { anyOf: [{ const: 'Vandersloot' }] } } } },
    ['Vandersloot'],
  ],
  [
    'items oneOf',
    {
      requestedSchema: {
        properties: { lastName: { type: 'array', items: { anyOf: [{ const: 'Vandersloot', title: 'x' }] } } },
      },
    },
    ['Vandersloot'],
  ],
  [
    'enum patient',
    { tools: [{ name: 't', inputSchema: { properties: { patient: { enum: ['Quartermain', 'Vandersloot'] } } } }] },
    ['Quartermain'],
  ],
  [
    'enum patientName',
    { tools: [{ name: 't', inputSchema: { properties: { patientName: { enum: ['Zebulon Quartermain'] } } } }] },
    ['Quartermain'],
  ],
  [
    'enum mrn',
    { tools: [{ name: 't', inputSchema: { properties: { mrn: { enum: ['A4829', 'A4830'] } } } }] },
    ['A4829'],
  ],
  [
    'schema desc',
    {
      tools: [
        { name: 't', inputSchema: { properties: { q: { description: 'e.g. Zebulon Quartermain, 123-45-6789' } } } },
      ],
    },
    ['Quartermain', '6789'],
  ],
  [
    'schema pattern',
    { tools: [{ name: 't', inputSchema: { properties: { ssn: { pattern: '^123-45-6789$' } } } }] },
    ['6789'],
  ],
  ['list names', sc({ patients: ['Quartermain', 'Vandersloot'] }), ['Quartermain', 'Vandersloot']],
  ['list lastnames', sc({ last_names: ['Quartermain'] }), ['Quartermain']],
  ['split 2 blocks ssn', texts('SSN 123-45', '-6789'), ['6789']],
  ['split 3 blocks', texts('SSN 123', '45', '6789'), ['6789']],
  ['split name', texts('Patient Zebulon ', 'Quartermain'), ['Quartermain']],
  ['split digits', texts('The SSN is 12345', '6789.'), ['6789']],
  ['latex', text('\\textbf{Patient:} Zebulon Quartermain, SSN 123--45--6789'), ['Quartermain', '6789']],
  ['rst field', text(':last_name: Vandersloot\n:ssn: 123456789\n'), ['Vandersloot', '123456789']],
  ['org props', text(':PROPERTIES:\n:LAST_NAME: Vandersloot\n:SSN: 123456789\n:END:\n'), ['Vandersloot', '123456789']],
  [
    'vcard',
    text(
      'BEGIN:VCARD\nVERSION:3.0\nN:Vandersloot;Ophelia;;;\nFN:Ophelia Vandersloot\nBDAY:19610723\nTEL:5558675309\nEND:VCARD',
    ),
    ['Vandersloot', '19610723', '5558675309'],
  ],
  [
    'ical',
    text('BEGIN:VEVENT\nSUMMARY:Visit\nATTENDEE;CN=Ophelia Vandersloot:mailto:o.v@mail.example\nEND:VEVENT'),
    ['Vandersloot'],
  ],
  [
    'ldif',
    text('dn: cn=Ophelia Vandersloot,ou=p\ncn: Ophelia Vandersloot\nsn: Vandersloot\ntelephoneNumber: 5558675309\n'),
    ['Vandersloot', '5558675309'],
  ],
  [
    'mail headers',
    text('From: Ophelia Vandersloot <o@x.example>\nTo: z@x.example\nSubject: chart of Vandersloot\n'),
    ['Vandersloot'],
  ],
  [
    'mime word',
    text('From: =?utf-8?B?' + Buffer.from('Ophelia Vandersloot').toString('base64') + '?= <x>\n'),
    [Buffer.from('Ophelia Vandersloot').toString('base64')],
  ],
  ['mime word q', text('From: =?utf-8?Q?Ophelia_Vandersloot?= <x>\n'), ['Vandersloot']],
  ['edn', text('{:last-name "Vandersloot" :ssn "123456789"}'), ['Vandersloot', '123456789']],
  ['ruby hash', text('{:last_name=>"Vandersloot", :ssn=>123456789}'), ['Vandersloot', '123456789']],
  ['php arr', text("array('last_name' => 'Vandersloot', 'ssn' => 123456789)"), ['Vandersloot', '123456789']],
  ['php ser', text('a:2:{s:9:"last_name";s:11:"Vandersloot";s:3:"ssn";i:123456789;}'), ['Vandersloot', '123456789']],
  ['lisp', text('((last-name . "Vandersloot") (ssn . 123456789))'), ['Vandersloot', '123456789']],
  [
    'py dataclass',
    text("Patient(last_name='Vandersloot', ssn=123456789, dob=datetime.date(1961, 7, 23))"),
    ['Vandersloot', '123456789', '1961, 7'],
  ],
  [
    'java tostring',
    text('Patient{lastName=Vandersloot, ssn=123456789, dob=1961-07-23}'),
    ['Vandersloot', '123456789', '1961-07'],
  ],
  ['go %+v', text('{LastName:Vandersloot SSN:123456789 DOB:1961-07-23}'), ['Vandersloot', '123456789']],
  ['rust debug', text('Patient { last_name: "Vandersloot", ssn: 123456789 }'), ['Vandersloot', '123456789']],
  ['proto text', text('patient {\n  last_name: "Vandersloot"\n  ssn: 123456789\n}'), ['Vandersloot', '123456789']],
  ['hcl', text('patient "p" {\n  last_name = "Vandersloot"\n  ssn = 123456789\n}'), ['Vandersloot', '123456789']],
  ['graphql', text('{ patient(lastName: "Vandersloot", ssn: "123456789") { id } }'), ['Vandersloot', '123456789']],
  ['logfmt', text('level=info last_name=Vandersloot ssn=123456789 msg="ok"'), ['Vandersloot', '123456789']],
  [
    'expanded psql',
    text('-[ RECORD 1 ]-----\nid        | 1\nlast_name | Vandersloot\nssn       | 123456789\n'),
    ['Vandersloot', '123456789'],
  ],
  [
    'mysql \\G',
    text(
      '*************************** 1. row ***************************\nlast_name: Vandersloot\n      ssn: 123456789\n',
    ),
    ['Vandersloot', '123456789'],
  ],
  [
    'mysql table',
    text(
      '+----+-------------+-----------+\n| id | last_name   | ssn       |\n+----+-------------+-----------+\n|  1 | Vandersloot | 123456789 |\n+----+-------------+-----------+\n',
    ),
    ['Vandersloot', '123456789'],
  ],
  [
    'sqlite col',
    text('id  last_name    ssn\n--  -----------  ---------\n1   Vandersloot  123456789\n'),
    ['Vandersloot', '123456789'],
  ],
  [
    'pandas',
    text('   id    last_name        ssn\n0   1  Vandersloot  123456789\n1   2    Ostrander  987654320\n'),
    ['Vandersloot', '123456789', 'Ostrander'],
  ],
  [
    'box table',
    text(
      '┌────┬─────────────┐\n│ id │ last_name   │\n├────┼─────────────┤\n│ 1  │ Vandersloot │\n└────┴─────────────┘\n',
    ),
    ['Vandersloot'],
  ],
  ['md def', text('**Last name**: Vandersloot  \n**MRN**: A4829\n'), ['Vandersloot', 'A4829']],
  ['md list', text('- Last name: Vandersloot\n- MRN: A4829\n'), ['Vandersloot', 'A4829']],
  ['md heading', text('## Last name\nVandersloot\n\n## MRN\nA4829\n'), ['Vandersloot', 'A4829']],
  ['md table align', text('|Last name|MRN|\n|:--|--:|\n|Vandersloot|A4829|\n'), ['Vandersloot', 'A4829']],
  ['curl', text('curl -d \'{"last_name":"Vandersloot","ssn":123456789}\' https://h/x'), ['Vandersloot', '123456789']],
  ['form body', text('last_name=Vandersloot&ssn=123456789&dob=1961-07-23'), ['Vandersloot', '123456789']],
  ['cookie', text('Cookie: last_name=Vandersloot; ssn=123456789'), ['Vandersloot', '123456789']],
  [
    'multipart',
    text(
      '--b\r\nContent-Disposition: form-data; name="last_name"\r\n\r\nVandersloot\r\n--b\r\nContent-Disposition: form-data; name="ssn"\r\n\r\n123456789\r\n--b--',
    ),
    ['Vandersloot', '123456789'],
  ],
  ['json5', text("{last_name: 'Vandersloot', /* c */ ssn: 123456789,}"), ['Vandersloot', '123456789']],
  ['json comments', text('{"last_name":"Vandersloot", // x\n"ssn":123456789}'), ['Vandersloot', '123456789']],
  ['json broken', text('{"last_name":"Vandersloot","ssn":123456789'), ['Vandersloot', '123456789']],
  ['sse in text', text('data: {"last_name":"Vandersloot","ssn":123456789}\n\n'), ['Vandersloot', '123456789']],
  ['jsonp', text('cb({"last_name":"Vandersloot","ssn":123456789});'), ['Vandersloot', '123456789']],
  ['js assign', text('var p = {"last_name":"Vandersloot"}; p.ssn = "123456789";'), ['Vandersloot', '123456789']],
  ['diff', text('- last_name: Vandersloot\n+ last_name: Ostrander\n'), ['Vandersloot', 'Ostrander']],
  ['diff json', text('-  "last_name": "Vandersloot",\n+  "last_name": "Ostrander",\n'), ['Vandersloot', 'Ostrander']],
  ['stack trace', text("ValueError: invalid literal for int() with base 10: '123-45-6789'"), ['6789']],
  ['template', text('Dear Ms. Vandersloot,\n\nyour MRN A4829-11 ...'), ['Vandersloot', 'A4829']],
  ['svg text', text('<svg><text x="1">Patient: Zebulon Quartermain</text></svg>'), ['Quartermain']],
  ['svg tspan', text('<svg><text><tspan>123</tspan><tspan>-45-</tspan><tspan>6789</tspan> SSN</text></svg>'), ['6789']],
  ['ooxml runs', text('<w:p><w:r><w:t>SSN 123-</w:t></w:r><w:r><w:t>45-6789</w:t></w:r></w:p>'), ['6789']],
  ['reversed', text(backwards('SSN 123-45-6789')), ['9876-54-321']],
  ['reversed in a line', text(backwards('Patient P., SSN: 123-45-6789, MRN #0048291')), ['9876-54-321', '1928400']],
  ['a label far away', texts('SSN:', 'as asked', '123456789'), ['123456789']],
  ['a label farther away', texts('MRN:', 'as asked', 'by the desk', 'today', '0048-2913'), ['0048-2913']],
  ['key listed name', sc({ Johnson: 3, Nguyen: 2 }), ['Johnson', 'Nguyen']],
  ['key listed name in a map', sc({ visits: { Hernandez: 1 }, note: 'for Hernandez' }), ['Hernandez']],
  ['base58', text(b58(long)), [b58(long).slice(0, 20)]],
  ['base58 json', sc({ payload: b58(long) }), [b58(long).slice(0, 20)]],
  ['base58 short ssn', sc({ v: b58('123-45-6789') }), [b58('123-45-6789')]],
  [
    'ldif base64',
    text(`dn: ou=p\ncn:: ${b64('Ophelia Vandersloot')}\nsn:: ${b64('Vandersloot')}\nmail: x\n`),
    [b64('Ophelia Vandersloot'), b64('Vandersloot')],
  ],
  ['ldif base64 line', text(`cn:: ${b64('Ophelia Vandersloot')}`), [b64('Ophelia Vandersloot')]],
  [
    'ldif base64 wrapped',
    text(`dn: ou=p\ndescription:: ${b64(long).replace(/(.{40})/g, '$1\n ')}\nsn: Vandersloot\n`),
    [b64(long).slice(0, 30), 'Vandersloot'],
  ],
  ['ldif recurs', text(`dn: ou=p\nsn:: ${b64('Vandersloot')}\ndescription: for Vandersloot\n`), ['Vandersloot']],
  ['a slug of which one is listed', sc({ slug: 'quartermain-zebulon' }), ['quartermain']],
  ['a slug of a sentence', text('open quartermain_zebulon_00482913.pdf now'), ['quartermain', '00482913']],
  ['a name reversed with its label', text(backwards('Patient Zebulon Quartermain')), ['niamretrauQ']],
  ['base58 in a sentence', text(`code ${b58(long)} end`), [b58(long)]],
  [
    'base64 of a name in a sentence',
    text(`it is ${b64('Ophelia Vandersloot')}, he said`),
    [b64('Ophelia Vandersloot')],
  ],
  ['ldif picture', text(`dn: ou=p\njpegPhoto:: ${gz}\n`), [gz.slice(0, 30)]],
  ['a name reversed', text(backwards('Zebulon Quartermain')), ['niamretrauQ']],
];

/**
 * Known, and not mended: names no list has where nothing says that they are names, and what is turned around without a label. A slug
 * of two words of no list is as often a package, a key of one as often a product: to mask those would be to mask what programs say.
 */
const known: readonly Shape[] = [
  ['a slug of no list', sc({ slug: 'quartermain-ostrandt' }), ['quartermain']],
  ['a key of no list', sc({ Quartermain: 3 }), ['Quartermain']],
];

function written(message: Json): string {
  return JSON.stringify(message);
}

function leftOf([, message, gone]: Shape): readonly string[] {
  const came = written(message);
  const left = written(masked(message));
  return gone.filter((each) => {
    const said = written(each).slice(1, -1);
    assert.ok(came.includes(said), 'there is something to be found');
    return left.includes(said);
  });
}

/** Letters and blanks alone, which read as base64 are bytes with a word or two in them by chance. */
const unpunctuated = [
  'Patient Harold Washburne MRN 77120934 fever stable patient pain room fever his at he was no doctor',
  'Patient Harold Washburne MRN 77120934 no the pain is patient pain the pain in at he was',
  'Patient Harold Washburne MRN 77120934 fever room seen or and fever is today is was no doctor',
  'Patient Harold Washburne MRN 77120934 fever in today and by or and fever his at he was',
];

describe('what leaves, in other shapes', () => {
  for (const shape of shapes) it(shape[0], () => assert.deepEqual(leftOf(shape), []));

  it('is a text, and no base64, where it has no punctuation', () => {
    for (const each of unpunctuated) assert.deepEqual(leftOf(['', text(each), ['77120934', 'Washburne']]), []);
  });

  it('is still known to leak where nothing tells it: whoever mends one moves it up', () => {
    for (const shape of known) assert.notDeepEqual(leftOf(shape), [], shape[0]);
  });

  it('is what says something of somebody, and nothing else', () => {
    for (const plain of [
      'The **Bold Claim** of *this* paper: `rate` < 5 &ndash; 7 %, \\u00b5g.',
      'Count: one, two, three, four, five, six, seven, eight, nine, ten.',
      "INSERT INTO wards (code, beds) VALUES (1, 'icu'), (2, 'open');",
      '[server]\nport = 8080\nlevel = 3\nmode = "strict"\n',
      'Build 2024-W29 passed, sha 9f86d081884c7d659a2feaa0c55ad015.',
      '<dict><key>version</key><string>1.4</string></dict>',
      '{status: active, level: high, count: 3}',
      'Scale **3**-**4** of **10**.',
      'Infuse 1000 NSS at 125 mL/hr, then 0.9% NSS 500.',
      `dn: ou=wards\ndescription:: ${b64('The ward is quiet tonight.')}\nobjectClass: top\n`,
      'foo:: bar\nitems:: list\n',
      'Install babel-webpack, jenkins-kubernetes and @modelcontextprotocol/sdk with npm.',
      'Patient stable no fever no pain walks with a cane at home and takes metformin daily with food',
      'Name\nDescription\n\nAddress\nSettings\n',
      'Key 5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS was rotated.',
    ])
      assert.deepEqual(masked(text(plain)), text(plain));
    const map = sc({ by_ward: { icu: 3, er: 2 }, sortedBy: { date: 1 }, byStatus: { open: 3 } });
    assert.deepEqual(masked(map), map);
    const keys = sc({ Parkinson: 3, Status: 1 });
    assert.deepEqual(masked(keys), keys);
    for (const shown of [
      sc({ Docker: { url: 'x' }, Status: 1, Grace: 2 }),
      sc({ id: '5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS', run: 'vv7Xk3mQz81pLt4Zb' }),
      texts('Count:', 'as asked', '1234567890'),
      texts('Count of the ward:', 'as asked', '1234567'),
    ])
      assert.deepEqual(masked(shown), shown);
    const choices: JsonObject = {
      requestedSchema: { properties: { lastName: { oneOf: [{ const: 'required' }, { const: 'optional' }] } } },
    };
    assert.deepEqual(masked(choices), choices);
  });
});
