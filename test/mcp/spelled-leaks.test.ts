// Values in other writings, in parts, and in places that point: for each, they are not to be found in what leaves by somebody who
// knows the writing; and what looks alike and says nothing of anybody stays as it is.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { fitStructured } from '../../src/gateway/mcp-structured.ts';
import { masked, text, texts } from './masked.ts';

const name = 'Zebulon Quartermain';
const long = `Patient ${name}, SSN 123-45-6789, called from 555-867-5309.`;
const bytes = (text: string): number[] => [...Buffer.from(text)];
const uri = (pointer: string): JsonObject => ({ contents: [{ uri: pointer, text: 'x' }] });
const hex = (text: string, sign: string, before = ''): string =>
  bytes(text)
    .map((byte) => before + byte.toString(16).padStart(2, '0'))
    .join(sign);

const gone: Readonly<Record<string, JsonObject>> = {
  'bytes as numbers': { structuredContent: { data: bytes(long) } },
  'a Buffer': { structuredContent: { file: { type: 'Buffer', data: bytes(long) } } },
  'a Uint8Array': { structuredContent: { file: Object.fromEntries(bytes(long).map((byte, at) => [at, byte])) } },
  'bytes with signs': {
    structuredContent: { data: bytes(`é ${long}`).map((byte) => (byte > 127 ? byte - 256 : byte)) },
  },
  'bytes in a JSON text': text(JSON.stringify({ data: bytes(long) })),
  'code points': { structuredContent: { codes: Array.from(`${long} ’`, (char) => char.codePointAt(0) ?? 0) } },
  'bytes as words': { structuredContent: { codes: bytes(long).map(String) } },
  'bytes as hexadecimal words': { structuredContent: { codes: bytes(long).map((byte) => byte.toString(16)) } },
  characters: { structuredContent: { chars: [...long] } },
  'characters of a name': { structuredContent: { chars: [...name] } },
  'bytes in a sentence': text(`The file: ${bytes(long).join(', ')}.`),
  'bytes, a comma between': text(bytes(long).join(',')),
  'hexadecimal bytes': text(hex(long, ', ', '0x')),
  'hexadecimal bytes, a colon between': text(hex(long, ':')),
  'tag characters': text(
    `ok ${Array.from(long, (char) => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join('')}`,
  ),
  'variation selectors': text(
    `ok ${bytes(long)
      .map((byte) => String.fromCodePoint(0xe0100 + byte - 16))
      .join('')}`,
  ),
  'raised digits': text('SSN ¹²³-⁴⁵-⁶⁷⁸⁹'),
  'escaped signs': text('SSN 123\\-45\\-6789'),
  'colours of a terminal': text('SSN 123\u001b[0m-45-\u001b[1m6789'),
  'a comment amid': text('SSN 123<!-- -->-45-<!-- -->6789'),
  'lines that break': text('SSN 123-\n45-\n6789'),
  'bytes that are no text': text(
    Buffer.from(`\u0082\u00a9\u0001last_name\u0000Quartermain\u0001ssn\u0000123-45-6789`, 'latin1').toString('base64'),
  ),
  'a picture of no kind': {
    content: [
      {
        type: 'Image',
        mimeType: 'image/png',
        data: Buffer.from(`\u0089PNG\r\n${long}\u0000\u0001`, 'latin1').toString('base64'),
      },
    ],
  },
  'a key in other letters': {
    structuredContent: { ｌａｓｔ＿ｎａｍｅ: 'Quartermain', 'l\u0430stName': 'Quartermain' },
  },
  'an id': { structuredContent: { id: 'jane-doe', slug: 'mary_johnson', user: 'johnson.mary', key: 'MaryJohnson' } },
  'a name of a resource': {
    resources: [{ uri: 'chart://1', name: 'mary-johnson' }],
    prompts: [{ name: 'summary-mary-johnson' }],
  },
  'a sentence with an id': text('chart jane-doe was updated'),
  'a URI': uri('patients://jane-doe/chart'),
  'a path': uri('chart://p/mary_johnson/2'),
  'a file': uri('file:///charts/mary-johnson.pdf'),
  'a host': uri('https://mary-johnson.patients.example/x'),
  'who logs in': uri('https://zebulon.quartermain:123456789@h/x'),
  'the authority of no web': uri('patient://123-45-6789/chart'),
  'a number behind a scheme': uri('mrn:00482913'),
  'a number behind a scheme, as an authority': uri('patient://00482913/chart'),
  'a URN': uri('urn:ssn:123456789'),
  'a segment that names the next': uri('x://y/last_name/Quartermain/ssn/123456789'),
  'a place on earth': { content: [{ type: 'resource_link', uri: 'geo:37.786971,-122.399677', name: 'x' }] },
  'a template': { resourceTemplates: [{ uriTemplate: 'chart://Zebulon%20Quartermain/{id}', name: 'x' }] },
  'a variable': { resourceTemplates: [{ uriTemplate: 'chart://p/{ssn_123456789}/{Zebulon_Quartermain}', name: 'x' }] },
  'a name in two items': texts('Zebulon', 'Quartermain'),
  'a name in two sentences': texts('The patient is Zebulon', 'Quartermain, who is 44'),
  'a name in a list': { structuredContent: { list: ['Zebulon', 'Quartermain'] } },
  'a label and its value': texts('SSN:', '123456789'),
  'a name and its label': texts('Patient name:', 'Odo Quartermain'),
  'a label and its value in a list': { structuredContent: { row: ['SSN', '123456789', 'MRN', '00482913'] } },
  pairs: {
    structuredContent: {
      entries: [
        ['last_name', 'Quartermain'],
        ['ssn', 123456789],
      ],
    },
  },
  'a number in two items': texts('SSN 123-45-', '6789'),
  'a table over items': texts('id,last_name,ssn', '1,Quartermain,123456789'),
  'a table over items, with rows': texts('id,last_name,ssn\n1,Mudd,987654320', '2,Quartermain,123456789'),
  'JSON over items': texts('{"last_name":', '"Quartermain","ssn":123456789}'),
  'JSON cut in a value': texts('{"patient":{"ssn":"123-45', '-6789"}}'),
  'choices of a form': {
    requestedSchema: { properties: { last_name: { type: 'string', enum: ['Quartermain', 'Johnson'] } } },
  },
  'choices of many': {
    requestedSchema: { properties: { lastName: { type: 'array', items: { enum: ['Quartermain', 'Johnson'] } } } },
  },
  'limits of a number': {
    tools: [{ name: 't', outputSchema: { properties: { ssn: { minimum: 123456789, maximum: 123456789 } } } }],
  },
  'messages of a prompt': {
    messages: ['SSN:', '123456789'].map((words) => ({ role: 'user', content: { type: 'text', text: words } })),
  },
  'contents of a resource': {
    contents: ['id,last_name', '1,Quartermain'].map((words, at) => ({ uri: `x://${at}`, text: words })),
  },
};

const values = [
  '123-45-6789',
  '123456789',
  '555-867-5309',
  '00482913',
  'quartermain',
  'johnson',
  'jane-doe',
  '37.786971',
];

/** Of all that can be read from this by somebody who knows these writings. */
function valuesIn(message: Json): string[] {
  const whole = JSON.stringify(message).normalize('NFKC');
  const readings = [
    whole,
    whole.replaceAll('"},{"type":"text","text":"', ''),
    whole.replaceAll('"},{"uri":"x://1","text":"', ''),
  ];
  const spelled = (pattern: RegExp, radix: number): void => {
    for (const [run] of whole.matchAll(pattern))
      readings.push(
        Array.from(run.matchAll(/(?:0x)?[0-9a-f]+/gi), ([unit]) => {
          const code = Number.parseInt(unit.replace(/^0x/, ''), radix);
          return code <= 0x10ffff ? String.fromCodePoint(code) : '';
        }).join(''),
      );
  };
  spelled(/(?:\d{1,5}[", ]+){7,}\d{1,5}/g, 10);
  spelled(/(?:(?:0x)?[0-9a-f]{2}[", :]+){7,}(?:0x)?[0-9a-f]{2}/g, 16);
  for (const [run] of whole.matchAll(/(?:"\d+":\d{1,3},?){8,}/g))
    readings.push(String.fromCharCode(...Array.from(run.matchAll(/:(\d+)/g), ([, unit]) => Number(unit))));
  for (const [run] of whole.matchAll(/(?:"."[,\]]){8,}/gu)) readings.push(run.replaceAll(/","|"/g, ''));
  for (const [run] of whole.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g))
    readings.push(Buffer.from(run, 'base64').toString('latin1'));
  readings.push(
    Array.from(whole, (char) => {
      const point = char.codePointAt(0) ?? 0;
      if (point >= 0xe0100 && point <= 0xe01ef) return String.fromCharCode(point - 0xe0100 + 16);
      return point >= 0xe0000 && point < 0xe0080 ? String.fromCharCode(point - 0xe0000) : char;
    }).join(''),
    // oxlint-disable-next-line no-control-regex -- as JSON writes it
    whole.replaceAll(/\\u001b\[\d*m|<!--.*?-->|\\{2}|\\n/g, ''),
  );
  const found = readings.join('\n').toLowerCase().replaceAll('_', '-');
  return values.filter((value) => found.includes(value));
}

describe('a schema', () => {
  it('brings no number back that was masked', () => {
    const limits: JsonObject = { type: 'integer', minimum: 123456789 };
    const answered = { result: { content: [], structuredContent: { ssn: 123456789 } } };
    for (const schema of [
      { type: 'object', properties: { ssn: limits }, required: ['ssn'] },
      { type: 'object', properties: { ssn: { $ref: '#/$defs/a' } }, required: ['ssn'], $defs: { a: limits } },
    ]) {
      const fitted = fitStructured(answered, { result: masked(answered.result) }, schema, masked);
      assert.doesNotMatch(JSON.stringify(fitted), /123456789/);
    }
  });
});

describe('what leaves in another writing', () => {
  for (const [where, message] of Object.entries(gone)) {
    it(where, () => {
      assert.notDeepEqual(valuesIn(message), [], 'there is something to be found');
      assert.deepEqual(valuesIn(masked(message)), []);
    });
  }

  it('is written the same way again', () => {
    const data = (value: JsonObject): Json => masked({ structuredContent: value })['structuredContent'] ?? null;
    const said = (codes: unknown): string => Buffer.from(codes as number[]).toString();
    const { data: list } = data({ data: bytes(long) }) as { data: number[] };
    assert.equal(said(list), 'Patient [NAME], SSN [SSN], called from [PHONE].');
    const { chars } = data({ chars: [...long] }) as { chars: string[] };
    assert.equal(chars.join(''), 'Patient [NAME], SSN [SSN], called from [PHONE].');
    const { file } = data({ file: Object.fromEntries(bytes(long).map((byte, at) => [at, byte])) }) as {
      file: Record<string, number>;
    };
    assert.equal(said(Object.values(file)), 'Patient [NAME], SSN [SSN], called from [PHONE].');
  });

  it('is what says something of somebody, and nothing else', () => {
    const kept: JsonObject = {
      structuredContent: {
        rates: [98, 97, 99, 101, 120, 118, 97, 100, 102],
        pressures: [48, 50, 52, 49, 51, 53, 55, 50, 48, 51],
        levels: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
        bytes: bytes('The quick brown fox jumps over the lazy dog'),
        mac: '3c:22:fb',
        slugs: ['static-text', 'get-user-profile', 'us-east-1', 'read_chart', 'long-covid', 'test-image', 'west-wing'],
        options: ['name', 'active', 'created'],
      },
      content: [
        { type: 'text', text: 'Found 3 rows.' },
        { type: 'text', text: '12 of them are new.' },
      ],
      tools: [{ name: 'list_open_orders', description: 'WBC 8.2 ×10³/µL', inputSchema: {} }],
      contents: ['repo://owner/number/x', 'docs://guide/getting-started/index', 'https://api.example.com/v1/users'].map(
        (pointer) => ({ uri: pointer }),
      ),
    };
    assert.deepEqual(masked(kept), kept);
  });
});
