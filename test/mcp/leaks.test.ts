// Ways by which a value could leave an MCP server unmasked: odd places of messages, odd encodings, schemas, pointers. For each,
// the values are not to be found in what leaves, however it is decoded; and they are found in what came.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alwaysUnmasked } from '../../src/core/decide.ts';
import type { CompiledRule } from '../../src/core/decision.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { maskMembers, maskOutcome } from '../../src/gateway/mcp-masking.ts';
import { isAmbiguous, otherReadings } from '../../src/gateway/mcp-pointers.ts';
import { at, connect, openGate } from './gate.ts';
import { decision, mask, text } from './masked.ts';

const [ssn, name, phone] = ['123-45-6789', 'Zebulon Quartermain', '555-867-5309'];
const long = `Patient ${name}, SSN ${ssn}, called from ${phone}.`;
const b64 = (text: string): string => Buffer.from(text).toString('base64');
const b64u = (text: string): string => Buffer.from(text).toString('base64url');
const dicom = Buffer.concat([
  Buffer.alloc(128),
  Buffer.from(`DICM\u0002\0\0\0ULPN\u0010\0Quartermain^Zebulon LO\u000b\0${ssn}`),
  Buffer.alloc(200, 0xfe),
]).toString('base64');

const cases: Readonly<Record<string, JsonObject>> = {
  'schema property name': {
    tools: [{ name: 't', inputSchema: { type: 'object', properties: { [ssn]: { type: 'string' } }, required: [ssn] } }],
  },
  'schema property name, name': {
    tools: [{ name: 't', inputSchema: { type: 'object', properties: { [`chart of ${name}`]: { type: 'string' } } } }],
  },
  'schema default number': {
    tools: [
      { name: 't', inputSchema: { type: 'object', properties: { ssn: { type: 'integer', default: 123456789 } } } },
    ],
  },
  'schema default by property': {
    tools: [
      {
        name: 't',
        inputSchema: { type: 'object', properties: { last_name: { type: 'string', default: 'Vandersloot' } } },
      },
    ],
  },
  'schema examples object': {
    tools: [{ name: 't', inputSchema: { type: 'object', examples: [{ last_name: 'Vandersloot', ssn: 123456789 }] } }],
  },
  'schema default object': {
    tools: [{ name: 't', inputSchema: { type: 'object', default: { patient: { last_name: 'Vandersloot' } } } }],
  },
  'schema const': {
    tools: [{ name: 't', inputSchema: { type: 'object', properties: { mrn: { const: 'X00482913' } } } }],
  },
  'schema $comment': { tools: [{ name: 't', inputSchema: { $comment: long } }] },
  'schema $id uri': { tools: [{ name: 't', inputSchema: { $id: `https://h/x?ssn=${ssn}` } }] },
  'schema dependentRequired': {
    tools: [{ name: 't', inputSchema: { dependentRequired: { a: [ssn], [ssn]: ['a'] } } }],
  },
  'schema $defs name': { tools: [{ name: 't', inputSchema: { $defs: { [ssn]: {} } } }] },
  'schema x-ext object': { tools: [{ name: 't', inputSchema: { 'x-sample': { last_name: 'Vandersloot' } } }] },
  'elicit default': {
    message: 'Confirm',
    requestedSchema: {
      type: 'object',
      properties: {
        lastName: { type: 'string', default: 'Vandersloot' },
        dob: { type: 'string', format: 'date', default: '1961-07-23' },
      },
    },
  },
  'elicit enumNames': {
    message: 'x',
    requestedSchema: { properties: { who: { type: 'string', enum: ['1'], enumNames: [name] } } },
  },
  'elicit url': { mode: 'url', url: `https://h/confirm?name=Zebulon%20Quartermain&ssn=123%2D45%2D6789`, message: 'x' },
  'uri percent': { contents: [{ uri: 'chart://p/Zebulon%20Quartermain/123%2D45%2D6789', text: 'x' }] },
  'uri data base64': { contents: [{ uri: `data:text/plain;base64,${b64(long)}`, text: 'x' }] },
  'uri data plain': { contents: [{ uri: `data:text/plain,${encodeURIComponent(long)}`, text: 'x' }] },
  'uri base64url segment': { contents: [{ uri: `chart://p/${b64u(long)}`, text: 'x' }] },
  'uri recurrence': {
    content: [{ type: 'resource_link', uri: 'chart://p/Vandersloot/1', name: 'x' }],
    structuredContent: { last_name: 'Vandersloot' },
  },
  'uri recurrence text': { contents: [{ uri: 'chart://p/Vandersloot', text: '{"last_name":"Vandersloot"}' }] },
  'icon data': {
    serverInfo: {
      name: 'x',
      version: '1',
      icons: [{ src: `data:image/svg+xml;base64,${b64(`<svg><text>${long}</text></svg>`)}` }],
    },
  },
  'icon svg plain': {
    serverInfo: { icons: [{ src: `data:image/svg+xml,${encodeURIComponent(`<svg><text>${long}</text></svg>`)}` }] },
  },
  'unknown type data': { content: [{ type: 'video', data: dicom, mimeType: 'application/dicom' }] },
  'unknown type blob name': { content: [{ type: 'file', file: { blob: dicom } }] },
  'structured dicom': { content: [], structuredContent: { study: dicom } },
  'text dicom': text(dicom),
  'nested resource in structured': { structuredContent: { resource: { blob: dicom } } },
  'blob base64url text': { contents: [{ uri: 'x://y', blob: b64u(long + '???>>>') }] },
  'blob with newlines': { contents: [{ uri: 'x://y', blob: b64(long).replace(/(.{20})/g, '$1\n') }] },
  'blob utf16': { contents: [{ uri: 'x://y', blob: Buffer.from('\ufeff' + long, 'utf16le').toString('base64') }] },
  'blob not string': { contents: [{ uri: 'x://y', blob: [long] }] },
  meta: { content: [], _meta: { [ssn]: 1, note: long, 'com.x/patient': { name: name } } },
  'unknown result field': { foo: { bar: [{ patient_name: 'Vandersloot' }] }, [ssn]: 1, [`SSN ${ssn}`]: 2 },
  'json in json in json': text(
    JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ last_name: 'Vandersloot', ssn: 123456789 }) }) }),
  ),
  'escaped unicode': text('{"n":"\\u0053SN \\u0031\\u0032\\u0033-45-6789"}'),
  ndjson: text('{"last_name":"Vandersloot"}\n{"last_name":"Ostrander","ssn":123456789}\n'),
  csv: text('id,last_name,ssn\n1,Vandersloot,123456789\n2,Ostrander,987654320\n'),
  tsv: text('id\tlast_name\tssn\n1\tVandersloot\t123456789\n'),
  'markdown table': text('| id | last_name | ssn |\n|---|---|---|\n| 1 | Vandersloot | 123456789 |\n'),
  xml: text('<patient><last_name>Vandersloot</last_name><ssn>123456789</ssn></patient>'),
  'xml attr': text('<patient last_name="Vandersloot" ssn="123456789"/>'),
  html: text('<table><tr><th>last_name</th><th>ssn</th></tr><tr><td>Vandersloot</td><td>123456789</td></tr></table>'),
  'html entities': text('<p>SSN &#49;&#50;&#51;-45-6789</p>'),
  yaml: text('patient:\n  last_name: Vandersloot\n  ssn: 123456789\n  dob: 1961-07-23\n'),
  rtf: text(`{\\rtf1\\ansi Patient Zebulon Quartermain\\par SSN 123-45-6789}`),
  ini: text('last_name=Vandersloot\nssn=123456789\n'),
  hex: text(Buffer.from(long).toString('hex')),
  'quoted printable': text('SSN =31=32=33-45-6789 of patient'),
  'zero width': text('SSN 123\u200b-45\u200b-6789'),
  fullwidth: text('SSN １２３-４５-６７８９'),
  'soft hyphen ssn': text('SSN 123\u00ad-45-6789'),
  'key name': { structuredContent: { 'Zebulon Quartermain': 1 } },
  'key mrn': { structuredContent: { MRN00482913: { visits: 3 } } },
  'key ssn': { structuredContent: { patients: { '123-45-6789': 1 } } },
  'number ssn': { structuredContent: { ssn: 123456789, mrn: 482913, phone: 5558675309 } },
  'number in meta key': { content: [], _meta: { ssn: 123456789 } },
  title: {
    tools: [{ name: 't', title: `Chart of ${name}`, annotations: { title: long }, description: long, inputSchema: {} }],
  },
  'annotations audience': {
    content: [
      { type: 'text', text: 'x', annotations: { audience: ['user', name], lastModified: '1961-07-23', priority: 1 } },
    ],
  },
  completion: { completion: { values: [name, ssn, 'patient Vandersloot'], total: 1, hasMore: false } },
  sampling: {
    messages: [{ role: 'user', content: { type: 'text', text: long } }],
    systemPrompt: long,
    stopSequences: [ssn],
    metadata: { patient: { last_name: 'Vandersloot' } },
    modelPreferences: { hints: [{ name: name }] },
  },
  'sampling tool_use': {
    messages: [
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: '1', name: 'x', input: { last_name: 'Vandersloot', ssn: 123456789 } }],
      },
    ],
  },
  'sampling tool_result': {
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            toolUseId: ssn,
            content: [{ type: 'text', text: long }],
            structuredContent: { last_name: 'Vandersloot' },
          },
        ],
      },
    ],
  },
  roots: { roots: [{ uri: 'file:///home/zebulon/Zebulon%20Quartermain/123-45-6789.pdf', name: name }] },
  'log data': { level: 'info', logger: `for ${name}`, data: { last_name: 'Vandersloot', list: [long] } },
  'progress msg': { progressToken: 1, progress: 1, message: long },
  'prompt messages': { description: long, messages: [{ role: name, content: { type: 'text', text: long } }] },
  'type member phi': { content: [{ type: long, text: 'x' }] },
  'mime phi': { contents: [{ uri: 'x://y', mimeType: `text/plain; name="${name} ${ssn}.txt"`, text: 'x' }] },
  'structure holding string': { content: long, messages: long, tools: [long], icons: long, resource: long },
  'deep structure': { content: [{ content: [{ content: [{ resource: { contents: [{ text: long }] } }] }] }] },
  'ownWords trick': { role: 'user', type: 'text', isError: long, resultType: long },
  'base64 json in text': text(b64(JSON.stringify({ last_name: 'Vandersloot', ssn: 123456789 }))),
  'base64 in sentence': text(`The attachment is ${b64(long)} and that is it.`),
  'data uri in markdown': text(`![x](data:text/plain;base64,${b64(long)})`),
  'url in text': text('see https://h/p?last_name=Vandersloot&ssn=123456789'),
  'url path name': text('see https://portal.example/patients/zebulon-quartermain/chart'),
  'email local': text('write to zebulon.quartermain@mail.example'),
  fhir: text(
    JSON.stringify({
      resourceType: 'Patient',
      id: 'abc',
      name: [{ family: 'Vandersloot', given: ['Ophelia'] }],
      birthDate: '1961-07-23',
      identifier: [{ value: '00482913' }],
    }),
  ),
  hl7: text('MSH|^~\\&|A|B|C|D|20240101||ADT^A01|1|P|2.5\rPID|1||00482913^^^H||Vandersloot^Ophelia||19610723|F\r'),
  'sql rows': text(' id | last_name | ssn\n----+-----------+-----\n 1 | Vandersloot | 123456789\n(1 row)\n'),
  'json lines w prefix': text('Result:\n{"last_name":"Vandersloot","ssn":123456789}'),
  'code fence json': text('```json\n{"last_name":"Vandersloot","ssn":123456789}\n```'),
  'js object': text("{ last_name: 'Vandersloot', ssn: 123456789 }"),
  'python repr': text("[{'last_name': 'Vandersloot', 'ssn': 123456789}]"),
  'python tuple': text("[('Vandersloot', datetime.date(1961, 7, 23), '123-45-6789')]"),
  surrogates: text('\ud83d\ude00 SSN 123-45-6789 \ud83d\ude00'),
  rtl: text('\u202eSSN 123-45-6789\u202c'),
};

const values = [
  '123-45-6789',
  '123456789',
  '987654320',
  '555-867-5309',
  '5558675309',
  '00482913',
  '1961-07-23',
  '19610723',
];
values.push('Quartermain', 'Vandersloot', 'Ostrander');

/** Of all that can be read from this by somebody who tries: as it is, and decoded. */
function valuesIn(message: Json): string[] {
  const whole = JSON.stringify(message)
    .replaceAll(/\\n|[\u00ad\u200b]/g, '')
    .normalize('NFKC');
  const readings = [whole];
  for (const [run] of whole.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)) {
    const bytes = Buffer.from(run, 'base64');
    readings.push(bytes.toString('latin1'), bytes.toString('utf16le'), Buffer.from(run, 'hex').toString('latin1'));
  }
  for (const [run] of whole.matchAll(/(?:\d{1,3},){8,}/g)) {
    readings.push(String.fromCharCode(...run.split(',').map(Number)));
  }
  for (const [run] of whole.matchAll(/(?:%[0-9A-Fa-f]{2}|[\w.~+-])+/g)) readings.push(percentDecoded(run));
  const spelled = /\\+u00([0-9a-f]{2})|&#(\d{2,3});|=([0-9A-F]{2})/g;
  readings.push(
    whole.replaceAll(spelled, (_, unit: string, entity: string, byte: string) =>
      String.fromCharCode(entity === undefined ? Number.parseInt(unit ?? byte, 16) : Number(entity)),
    ),
  );
  const found = readings.join('\n').toLowerCase();
  return values.filter((value) => found.includes(value.toLowerCase()));
}

function percentDecoded(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

describe('what is asked', () => {
  it('is a URI that nobody can read as another', () => {
    const [plain, odd] = [
      [
        'chart:1',
        'file:///a/b.txt',
        'repo://owner%2Fname/x',
        'x://y/a.b/..c',
        'note://Zebulon%20Q',
        'x://y?to=../z',
        'x://100%',
      ],
      [
        'x://y/../z',
        'x://y/%2e%2e/z',
        'x://y/%252e%252e/z',
        'x://y/..%2fz',
        'x://y\\..\\z',
        'x://y/%5c..',
        ' x://y',
        'x://y\n',
        'x://y%00',
        './x',
        'x://y/..',
      ],
    ];
    assert.deepEqual(plain?.filter(isAmbiguous), []);
    assert.deepEqual(
      odd?.filter((uri) => !isAmbiguous(uri)),
      [],
    );
  });

  it('is decided on as every reader of URIs would have it', () => {
    const readings: Readonly<Record<string, readonly string[]>> = {
      'chart:1': [],
      'chart://one': [],
      'https://h.example': [],
      'repo://owner%2Fname/x': [],
      'note://Zebulon%20Q': [],
      'chart://%6fne': ['chart://one'],
      'CHART://one/%73ecret': ['CHART://one/secret', 'chart://one/secret'],
      'HTTPS://H.example:443/x': ['https://h.example/x'],
      'file:///srv/a.txt': [],
      'file:///srv//secret/x': ['file:///srv/secret/x'],
      'file:///srv%2Fsecret/x': ['file:///srv/secret/x'],
      'file:///srv/a%20b': ['file:///srv/a b'],
      'file:///srv/secret?x#y': ['file:///srv/secret'],
      'file:/srv/x': ['file:///srv/x'],
      'file://localhost/srv/x': ['file:///srv/x'],
      'file://host//share/x': ['file://host/share/x'],
    };
    for (const [uri, others] of Object.entries(readings)) assert.deepEqual(otherReadings(uri), others, uri);
  });

  it('is refused by name where it could be', async () => {
    const gate = await openGate();
    try {
      await using client = await connect(gate, 'tools');
      for (const uri of ['chart:../secret', 'chart:1/%2e%2e/secret']) {
        await assert.rejects(client.readResource({ uri }), /dot segments/);
        await assert.rejects(client.subscribeResource({ uri }), /dot segments/);
      }
      assert.equal(gate.ledger.of('refused').length, 4);
    } finally {
      await gate.close();
    }
  });
});

describe('what leaves', () => {
  for (const [where, message] of Object.entries(cases)) {
    it(where, () => {
      assert.notDeepEqual(valuesIn(message), [], 'there is something to be found');
      assert.deepEqual(valuesIn(maskMembers(message, decision, mask, {})), []);
    });
  }

  it('an error, its data and their names', () => {
    const data = { last_name: 'Vandersloot', [ssn]: 1, packed: b64(long) };
    const masked = maskOutcome({ error: { code: -32_000, message: long, data } }, decision, mask, {});
    assert.deepEqual(valuesIn('error' in masked ? [masked.error.message, masked.error.data ?? null] : long), []);
  });

  it('an error, by a code that is nobody', () => {
    const codeOf = (code: number, unmask: 'all' | [] = []): unknown => {
      const under = { ...decision, obligations: { ...decision.obligations, unmask } };
      return at(maskOutcome({ error: { code, message: 'x' } }, under, mask, {}), 'error', 'code');
    };
    for (const code of [-32_603, -32_042, 0, 404, 99_999]) assert.equal(codeOf(code), code);
    for (const code of [123_456_789, 5_558_675_309, -482_913]) assert.equal(codeOf(code), -32_603);
    assert.equal(codeOf(123_456_789, 'all'), 123_456_789);
  });

  it('what points still points, and a schema is still one', () => {
    const uris = [
      'test://static-text',
      'demo://resource/dynamic/text/1',
      'test://template/{id}/data',
      'https://10.0.0.1:8080/authorize?state=Tx8aa93&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      'https://files.example/123e4567-e89b-12d3-a456-426614174000/README.md',
      'skill://conformance-skill/references/guide.md',
    ];
    const inputSchema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { address: { type: 'object', properties: { street: { type: 'string' } } } },
      properties: { last_name: { type: 'string' }, address: { $ref: '#/$defs/address' }, kind: { enum: ['a', 'b'] } },
      required: ['last_name'],
      additionalProperties: false,
    };
    const message = { contents: uris.map((uri) => ({ uri })), tools: [{ name: 'get_chart', inputSchema }] };
    assert.deepEqual(maskMembers(message, decision, mask, {}), message);
  });

  it('a list keeps its length, whatever stands at the end of a value', () => {
    const places = ['New York', 'Salt Lake', 'Los Angeles', 'St. Louis', 'Kansas', 'San', 'x'];
    assert.equal(Array.from(mask(places, decision, {}) as string[]).length, places.length);
    for (const place of places)
      assert.deepEqual(Object.keys(mask({ at: place, next: 1 }, decision, {}) ?? {}), ['at', 'next']);
  });

  it('what a server says while a call runs, under the names of its own references', async () => {
    const script = `
      const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
      const phi = 'SSN ${ssn}';
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method, params } = JSON.parse(line);
        if (method === 'initialize') say({ id, result: { protocolVersion: '2025-11-25', instructions: phi,
          capabilities: { tools: {}, logging: {}, experimental: { [phi]: {} } }, serverInfo: { name: phi, version: '1' } } });
        else if (method === 'tools/list') say({ id, result: { nextCursor: params.cursor ? undefined : phi, tools: [
          { name: 'say', annotations: { readOnlyHint: true, title: phi }, inputSchema: { type: 'object', properties: { [phi]: {} } } } ] } });
        else if (method === 'tools/call') {
          const odd = { progressToken: phi, requestId: phi, notifications: { [phi]: phi },
            _meta: { 'io.modelcontextprotocol/subscriptionId': phi } };
          say({ method: 'notifications/message', params: { level: 'info', data: 'x', ...odd } });
          say({ method: 'notifications/resources/updated', params: { uri: 'x://y/${ssn}', ...odd } });
          say({ method: 'notifications/' + phi, params: { data: phi } });
          say({ id: phi, method: 'sampling/createMessage', params: { messages: [], maxTokens: 1, ...odd } });
          say({ id: phi, method: phi, params: odd });
          say({ id, result: { content: [], [phi]: 1 } });
        }
      });`;
    const gate = await openGate({ command: [process.execPath, '-e', script] });
    try {
      await using client = await connect(gate, 'other', 'ana', { sampling: {} });
      const heard: unknown[] = [client.getServerVersion(), client.getInstructions(), client.getServerCapabilities()];
      client.setNotificationHandler('notifications/message', (message) => void heard.push(message));
      client.setNotificationHandler('notifications/resources/updated', (message) => void heard.push(message));
      client.setRequestHandler('sampling/createMessage', (request) => {
        heard.push(request);
        return { role: 'assistant', model: 'x', content: { type: 'text', text: 'x' } };
      });
      heard.push(await client.listTools(), await client.callTool({ name: 'say' }));
      assert.ok(heard.length >= 6, `${heard.length} heard`);
      assert.equal(at(heard, 4, 'isError'), undefined);
      assert.doesNotMatch(JSON.stringify(heard), new RegExp(ssn));
      assert.doesNotMatch(JSON.stringify(gate.ledger.of('response')), new RegExp(ssn));
    } finally {
      await gate.close();
    }
  });

  it('about no request in particular is shown as any request would be, and not as one under a condition', () => {
    const who = { id: 'dora', groups: ['admins'], issuer: '', kind: 'person' as const };
    const allow = (unmask: 'all' | 'name'): CompiledRule => ({
      name: unmask,
      subjects: { groups: ['admins'], ids: [] },
      connections: ['ehr'],
      when: () => ({ kind: 'value', value: true }),
      effect: {
        kind: 'allow',
        obligations: { unmask: unmask === 'all' ? 'all' : ['name'], filter: [], rowsMax: null },
      },
    });
    const unmasked = (rules: CompiledRule[], connection = 'ehr'): unknown =>
      alwaysUnmasked({ digest: '', needsRowEstimate: false, rules }, who, connection);
    assert.deepEqual(unmasked([allow('all')]), []);
    assert.deepEqual(unmasked([{ ...allow('name'), always: true }, allow('all')]), ['name']);
    assert.deepEqual(unmasked([{ ...allow('all'), always: true }]), 'all');
    assert.deepEqual(unmasked([{ ...allow('all'), always: true }], 'other'), []);
  });
});
