// The same in JSON, in addresses, in other writings, over several items, and in every member of the protocol that says something.

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { text, texts } from '../masked.ts';
import { type Shape, sc } from './written.ts';

const b64 = (w: string): string => Buffer.from(w).toString('base64');
const b64u = (w: string): string => Buffer.from(w).toString('base64url');
const hex = (w: string): string => Buffer.from(w).toString('hex');
const pct = (w: string): string =>
  [...Buffer.from(w)].map((b) => '%' + b.toString(16).toUpperCase().padStart(2, '0')).join('');
const ent = (w: string): string => [...w].map((c) => `&#${c.codePointAt(0)};`).join('');
const uesc = (w: string): string => [...w].map((c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')).join('');
const full = (w: string): string =>
  [...w].map((c) => (/[!-~]/.test(c) ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c)).join('');
const zw = (w: string): string => [...w].join('\u200b');
const s1 =
  'Patient Annegret Lindholm, MRN 77120934, DOB 04/17/1938, SSN 412-68-9023, phone (617) 555-0142, lives at 88 Beacon Street, Boston, MA 02108.';

export const wrapped: readonly Shape[] = [
  // --- JSON
  [
    'fhir patient',
    sc({
      resourceType: 'Patient',
      id: 'p77120934',
      name: [{ family: 'Lindholm', given: ['Annegret'] }],
      birthDate: '1938-04-17',
      telecom: [{ system: 'phone', value: '617-555-0142' }],
      address: [{ line: ['88 Beacon Street'], city: 'Boston', postalCode: '02108' }],
    }),
    ['Lindholm', 'Annegret', '1938-04-17', '555-0142', '88 Beacon', '02108', '77120934'],
  ],
  [
    'fhir obs ref',
    sc({
      resourceType: 'Observation',
      subject: { reference: 'Patient/77120934', display: 'Annegret Lindholm' },
      valueString: 'normal',
    }),
    ['77120934', 'Lindholm'],
  ],
  [
    'fhir text div',
    sc({
      resourceType: 'Patient',
      text: {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml">Annegret <b>LINDHOLM</b> 04/17/1938</div>',
      },
    }),
    ['LINDHOLM', '04/17/1938'],
  ],
  [
    'fhir contained',
    sc({
      resourceType: 'Bundle',
      entry: [
        { fullUrl: 'urn:uuid:0f1e', resource: { resourceType: 'RelatedPerson', name: [{ text: 'Harold Washburne' }] } },
      ],
    }),
    ['Washburne'],
  ],
  [
    'fhir ext',
    sc({
      resourceType: 'Patient',
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: 'Petersen' },
      ],
    }),
    ['Petersen'],
  ],
  [
    'fhir attachment',
    sc({ resourceType: 'DocumentReference', content: [{ attachment: { contentType: 'text/plain', data: b64(s1) } }] }),
    [b64(s1).slice(0, 24)],
  ],
  ['json str', text(JSON.stringify({ patient: { lastName: 'Lindholm', mrn: 77120934 } })), ['Lindholm', '77120934']],
  [
    'json in json',
    text(JSON.stringify({ body: JSON.stringify({ last_name: 'Lindholm', ssn: '412689023' }) })),
    ['Lindholm', '412689023'],
  ],
  [
    'json x3',
    sc({ a: JSON.stringify({ b: JSON.stringify({ c: JSON.stringify({ surname: 'Lindholm' }) }) }) }),
    ['Lindholm'],
  ],
  [
    'ndjson',
    text('{"mrn":"77120934","family":"Lindholm"}\n{"mrn":"77120935","family":"Washburne"}\n'),
    ['77120934', 'Lindholm', 'Washburne', '77120935'],
  ],
  ['json seq', text('\u001e{"family":"Lindholm"}\n\u001e{"family":"Washburne"}\n'), ['Lindholm', 'Washburne']],
  [
    'json fence',
    text('Here it is:\n```json\n{"last_name": "Lindholm", "mrn": 77120934}\n```\nThat is all.'),
    ['Lindholm', '77120934'],
  ],
  [
    'json amid prose',
    text('Result {"last_name": "Lindholm", "mrn": 77120934} returned by the tool.'),
    ['Lindholm', '77120934'],
  ],
  ['json single quotes', text("{'last_name': 'Lindholm', 'mrn': 77120934}"), ['Lindholm', '77120934']],
  ['json escaped', text('{\\"last_name\\": \\"Lindholm\\", \\"mrn\\": \\"77120934\\"}'), ['Lindholm', '77120934']],
  ['json unicode esc', text('{"last_name":"\\u004c\\u0069\\u006e\\u0064holm"}'), ['\\u004c\\u0069']],
  [
    'columns rows',
    sc({ columns: ['mrn', 'last_name', 'dob'], rows: [[77120934, 'Lindholm', '1938-04-17']] }),
    ['77120934', 'Lindholm', '1938-04-17'],
  ],
  [
    'fields values',
    sc({ fields: [{ name: 'last_name' }, { name: 'ssn' }], values: [['Lindholm', '412689023']] }),
    ['Lindholm', '412689023'],
  ],
  [
    'header row',
    sc([
      ['MRN', 'Last Name', 'DOB'],
      ['77120934', 'Lindholm', '1938-04-17'],
    ]),
    ['77120934', 'Lindholm', '1938-04-17'],
  ],
  [
    'columnar',
    sc({ mrn: [77120934, 77120935], last_name: ['Lindholm', 'Washburne'] }),
    ['77120934', 'Lindholm', 'Washburne'],
  ],
  [
    'pandas split',
    sc({ index: [0], columns: ['last_name', 'mrn'], data: [['Lindholm', 77120934]] }),
    ['Lindholm', '77120934'],
  ],
  ['pandas dict', sc({ last_name: { '0': 'Lindholm', '1': 'Washburne' } }), ['Lindholm', 'Washburne']],
  [
    'eav',
    sc([
      { key: 'last_name', value: 'Lindholm' },
      { key: 'mrn', value: '77120934' },
    ]),
    ['Lindholm', '77120934'],
  ],
  ['eav question', sc({ items: [{ question: 'What is your last name?', answer: 'Lindholm' }] }), ['Lindholm']],
  [
    'tuple pairs',
    sc([
      ['last_name', 'Lindholm'],
      ['mrn', '77120934'],
    ]),
    ['Lindholm', '77120934'],
  ],
  ['map by mrn', sc({ '77120934': { visits: 3 } }), ['77120934']],
  ['map by mrn2', sc({ patients: { '77120934': { visits: 3 } } }), ['77120934']],
  ['map by email', sc({ 'alindholm@example.com': 3 }), ['alindholm']],
  ['map by name', sc({ 'Annegret Lindholm': { bed: 4 } }), ['Lindholm']],
  ['map by lastfirst', sc({ 'Lindholm, Annegret': 4 }), ['Lindholm']],
  ['map by ssn', sc({ '412-68-9023': true }), ['412-68-9023']],
  [
    'camel',
    sc({ patLastName: 'Lindholm', patDOB: '04171938', homePhoneNbr: 6175550142 }),
    ['Lindholm', '04171938', '6175550142'],
  ],
  [
    'abbrev cols',
    sc({ PT_LNM: 'Lindholm', PT_FNM: 'Annegret', PT_BRTH_DT: '1938-04-17' }),
    ['Lindholm', 'Annegret', '1938-04-17'],
  ],
  [
    'nested name',
    sc({ demographics: { name: { first: 'Annegret', last: 'Lindholm' }, contact: { cell: '6175550142' } } }),
    ['Annegret', 'Lindholm', '6175550142'],
  ],
  [
    'gender etc',
    sc({ pcp: 'Washburne, Harold', next_of_kin: 'Petersen', employer: 'Acme Corp' }),
    ['Washburne', 'Petersen'],
  ],
  [
    'de fields',
    sc({
      Nachname: 'Großmann',
      Vorname: 'Jürgen',
      Geburtsdatum: '17.04.1938',
      PLZ: '20099',
      Strasse: 'Lindenstraße 14',
      Telefon: '040 32881142',
    }),
    ['Großmann', 'Jürgen', '17.04.1938', '20099', 'Lindenstraße', '32881142'],
  ],
  [
    'es fields',
    sc({ apellido1: 'Hernández', apellido2: 'Ruiz', fecha_nacimiento: '1941-10-12', codigo_postal: '28013' }),
    ['Hernández', 'Ruiz', '1941-10-12', '28013'],
  ],
  [
    'fr fields',
    sc({
      nom_famille: 'Lefèvre',
      prenom: 'François',
      date_naissance: '1944-01-03',
      code_postal: '69002',
      numero_secu: '269054958815780',
    }),
    ['Lefèvre', 'François', '1944-01-03', '69002', '269054958815780'],
  ],
  ['gps', sc({ location: { lat: 42.3581, lng: -71.0636 } }), ['42.3581', '71.0636']],
  [
    'geojson',
    sc({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [-71.0636, 42.3581] },
      properties: { name: 'Annegret Lindholm' },
    }),
    ['71.0636', '42.3581', 'Lindholm'],
  ],
  ['age num', sc({ age: 94 }), ['94']],
  ['age str', sc({ age: '94 years' }), ['94 y']],
  ['biometric', sc({ fingerprint_template: 'AQIDBAUGBwgJCgsMDQ4PEA==' }), ['AQIDBAUG']],
  ['photo', sc({ photo_url: 'https://cdn.example/faces/77120934.jpg' }), ['77120934']],
  [
    'device',
    sc({ device: { serial_number: 'RNB623847S', imei: '490154203237518' } }),
    ['RNB623847S', '490154203237518'],
  ],
  ['snake id', sc({ patient_identifier: 'LIN-77-120934' }), ['LIN-77-120934']],
  ['ids list', sc({ patient_ids: ['77120934', '77120935'] }), ['77120934', '77120935']],
  ['names list', sc({ patients: ['Annegret Lindholm', 'Harold Washburne'] }), ['Lindholm', 'Washburne']],
  ['names joined', sc({ participants: 'Lindholm, Washburne & Petersen' }), ['Lindholm', 'Washburne', 'Petersen']],
  ['slug name', sc({ slug: 'annegret-lindholm' }), ['lindholm']],
  ['filename', sc({ file: 'Lindholm_Annegret_1938-04-17.pdf' }), ['Lindholm', '1938-04-17']],
  ['filename2', text('Saved to /exports/2024/lindholm_annegret_77120934.pdf'), ['lindholm', '77120934']],
  ['winpath', text('C:\\Users\\alindholm\\Documents\\Lindholm Annegret.docx'), ['Lindholm']],
  ['hash-like but name', sc({ key: 'Annegret.Lindholm.1938' }), ['Lindholm']],
  ['camel name', sc({ handle: 'AnnegretLindholm' }), ['AnnegretLindholm']],
  // --- URLs
  [
    'query',
    text('GET https://ehr.example/search?last_name=Lindholm&dob=1938-04-17&mrn=77120934'),
    ['Lindholm', '1938-04-17', '77120934'],
  ],
  [
    'query pct',
    text('https://ehr.example/search?name=Annegret%20Lindholm&phone=%28617%29%20555-0142'),
    ['Lindholm', '555-0142'],
  ],
  ['path', text('/fhir/Patient/77120934/_history/3'), ['77120934']],
  ['matrix', text('https://h.example/p;mrn=77120934;last=Lindholm'), ['77120934', 'Lindholm']],
  ['fragment', text('https://h.example/app#/patients/77120934/Lindholm'), ['77120934', 'Lindholm']],
  [
    'mailto',
    text('mailto:annegret.lindholm@example.com?subject=Lindholm%20MRN%2077120934'),
    ['annegret.lindholm', '77120934'],
  ],
  ['tel uri', text('tel:+16175550142'), ['6175550142']],
  ['sip', text('sip:alindholm@voip.example'), ['alindholm']],
  ['urn', text('urn:mrn:77120934'), ['77120934']],
  ['basic auth url', text('https://alindholm:secret@ehr.example/'), ['alindholm']],
  // --- encodings
  ['b64', text(b64(s1)), [b64(s1).slice(0, 24)]],
  ['b64 amid', text(`payload=${b64(s1)} end`), [b64(s1).slice(0, 24)]],
  ['b64url', sc({ p: b64u(s1) }), [b64u(s1).slice(0, 24)]],
  ['b64 short name', sc({ v: b64('Annegret Lindholm') }), [b64('Annegret Lindholm').slice(0, 16)]],
  [
    'b64 json',
    sc({ p: b64(JSON.stringify({ last_name: 'Lindholm' })) }),
    [b64(JSON.stringify({ last_name: 'Lindholm' })).slice(0, 20)],
  ],
  ['b64 of b64', sc({ p: b64(b64(s1)) }), [b64(b64(s1)).slice(0, 24)]],
  ['b64 of hex', sc({ p: b64(hex(s1)) }), [b64(hex(s1)).slice(0, 24)]],
  [
    'b64 utf16 nobom',
    sc({ p: Buffer.from(s1, 'utf16le').toString('base64') }),
    [Buffer.from(s1, 'utf16le').toString('base64').slice(0, 24)],
  ],
  [
    'b64 latin1',
    sc({ p: Buffer.from('Patient Jürgen Großmann, geb. 17.04.1938', 'latin1').toString('base64') }),
    [Buffer.from('Patient Jürgen Großmann, geb. 17.04.1938', 'latin1').toString('base64').slice(0, 24)],
  ],
  ['hex', text(hex(s1)), [hex(s1).slice(0, 24)]],
  ['hex amid', text(`blob ${hex(s1)} end`), [hex(s1).slice(0, 24)]],
  [
    'hex spaced',
    text([...Buffer.from(s1)].map((b) => b.toString(16).padStart(2, '0')).join(' ')),
    ['4c 69 6e 64 68 6f 6c 6d'],
  ],
  [
    'hex colons',
    text([...Buffer.from(s1)].map((b) => b.toString(16).padStart(2, '0')).join(':')),
    ['4c:69:6e:64:68:6f:6c:6d'],
  ],
  [
    'hex 0x list',
    text([...Buffer.from(s1)].map((b) => '0x' + b.toString(16).padStart(2, '0')).join(', ')),
    ['0x4c, 0x69, 0x6e, 0x64'],
  ],
  [
    'hexdump',
    text(
      '00000000  50 61 74 69 65 6e 74 20  41 6e 6e 65 67 72 65 74  |Patient Annegret|\n00000010  20 4c 69 6e 64 68 6f 6c  6d                       | Lindholm|\n',
    ),
    ['Lindholm'],
  ],
  ['qp', text('Patient=20Annegret=20Lindholm=2C=20SSN=20412=2D68=2D9023'), ['Lindholm', '9023']],
  ['qp de', text('Content-Transfer-Encoding: quoted-printable\n\nHerr J=C3=BCrgen Gro=C3=9Fmann'), ['Gro=C3=9Fmann']],
  ['pct all', text(pct('SSN 412-68-9023')), ['%36%38%2D%39']],
  ['pct all name', sc({ q: pct('Patient Annegret Lindholm') }), [pct('Lindholm')]],
  ['ent all', text(ent('SSN 412-68-9023')), ['&#57;&#48;&#50;&#51;']],
  ['ent name', text(`Patient ${ent('Annegret Lindholm')} seen`), [ent('Lindholm')]],
  ['uesc', text(uesc('SSN 412-68-9023')), ['\\u0039\\u0030']],
  ['uesc name', text(`Patient ${uesc('Annegret Lindholm')} seen`), [uesc('Lindholm')]],
  ['fullwidth', text(full('SSN 412-68-9023')), [full('9023')]],
  ['fullwidth name', text(`Patient ${full('Annegret')} ${full('Lindholm')} seen`), [full('Lindholm')]],
  ['zw name', text(`Patient ${zw('Annegret')} ${zw('Lindholm')} seen`), [zw('Lindholm')]],
  ['homoglyph name', text('Patient Аnnegret Lіndhоlm was seen'), ['Lіndhоlm']],
  ['homoglyph email', text('аlindholm@exаmple.com'), ['lindholm@']],
  ['rot13', text('Cngvrag Naartrerg Yvaqubyz, FFA 412-68-9023'), ['412-68-9023']],
  ['gz b64', sc({ z: gzipSync(s1).toString('base64') }), [gzipSync(s1).toString('base64').slice(0, 24)]],
  ['zlib b64', sc({ z: deflateSync(s1).toString('base64') }), [deflateSync(s1).toString('base64').slice(0, 24)]],
  [
    'raw deflate b64',
    sc({ z: deflateRawSync(s1).toString('base64') }),
    [deflateRawSync(s1).toString('base64').slice(0, 24)],
  ],
  [
    'brotli b64',
    sc({ z: brotliCompressSync(s1).toString('base64') }),
    [brotliCompressSync(s1).toString('base64').slice(0, 24)],
  ],
  ['gz hex', sc({ z: gzipSync(s1).toString('hex') }), [gzipSync(s1).toString('hex').slice(0, 24)]],
  [
    'gz b64 amid',
    text(`The archive is ${gzipSync(s1).toString('base64')} as asked.`),
    [gzipSync(s1).toString('base64').slice(0, 24)],
  ],
  ['data uri', text(`![x](data:text/plain;base64,${b64(s1)})`), [b64(s1).slice(0, 24)]],
  ['data uri pct', text(`data:text/plain,${encodeURIComponent(s1)}`), ['Lindholm', '9023']],
  [
    'data uri csv',
    sc({ href: `data:text/csv;charset=utf-8,${encodeURIComponent('last_name,mrn\nLindholm,77120934')}` }),
    ['Lindholm', '77120934'],
  ],
  [
    'jwt',
    text(`eyJhbGciOiJIUzI1NiJ9.${b64u(JSON.stringify({ name: 'Annegret Lindholm', sub: '77120934' }))}.c2lnbmF0dXJl`),
    [b64u(JSON.stringify({ name: 'Annegret Lindholm', sub: '77120934' })).slice(0, 20)],
  ],
  ['morse-ish codes', sc({ codes: [...'SSN 412-68-9023'].map((c) => c.charCodeAt(0)) }), ['57,48,50,51']],
  ['uuencode', text('begin 644 x\nM4&%T:65N="!!;FYE9W)E="!,:6YD:&]L;0``\n`\nend\n'), ['4&%T:65N="!!;FYE9W)E']],
  ['mime word', text('Subject: =?UTF-8?B?' + b64('Annegret Lindholm') + '?='), [b64('Annegret Lindholm')]],
  ['mime word q', text('From: =?UTF-8?Q?J=C3=BCrgen_Gro=C3=9Fmann?= <x@example.com>'), ['Gro=C3=9Fmann']],
  ['punycode/idn mail', text('jürgen@großmann.example'), ['großmann']],
  // --- over items, keys
  ['split items name', texts('Patient: Annegret', 'Lindholm was seen'), ['Lindholm']],
  ['split items ssn', texts('SSN 412-', '68-9023'), ['68-9023']],
  ['split items label', texts('Medical record number:', '77120934'), ['77120934']],
  ['split json', texts('{"last_name":"Lind', 'holm","mrn":"77120934"}'), ['holm"', '77120934']],
  ['split lines', texts('Patient Annegret\nLindholm was seen on 3/\n7/2024'), ['Lindholm']],
  ['wrapped name', text('We saw Mr. Harold T.\n    Washburne today.'), ['Washburne']],
  ['recurs lower', text('Patient: Annegret Lindholm\nsearched: lindholm annegret'), ['lindholm']],
  [
    'recurs sc',
    { content: [{ type: 'text', text: 'Lindholm was discharged.' }], structuredContent: { last_name: 'Lindholm' } },
    ['Lindholm'],
  ],
  [
    'recurs upper',
    { content: [{ type: 'text', text: 'LINDHOLM WAS DISCHARGED' }], structuredContent: { last_name: 'Lindholm' } },
    ['LINDHOLM'],
  ],
  [
    'recurs unspaced number',
    { content: [{ type: 'text', text: 'ref 412689023 ok' }], structuredContent: { ssn: '412-68-9023' } },
    ['412689023'],
  ],
  [
    'recurs reverse date',
    { content: [{ type: 'text', text: 'ok 17.04.1938' }], structuredContent: { dob: '1938-04-17' } },
    ['17.04.1938'],
  ],
  // --- protocol members
  [
    'annotations',
    {
      content: [
        {
          type: 'text',
          text: 'ok',
          annotations: { audience: ['user'], patient: 'Annegret Lindholm', lastModified: '2024-03-07T06:12:00Z' },
        },
      ],
    },
    ['Lindholm'],
  ],
  [
    'meta',
    { content: [], _meta: { 'example.com/patient': 'Annegret Lindholm', mrn: '77120934' } },
    ['Lindholm', '77120934'],
  ],
  ['item meta', { content: [{ type: 'text', text: 'ok', _meta: { ssn: '412-68-9023' } }] }, ['412-68-9023']],
  [
    'resource link',
    {
      content: [
        {
          type: 'resource_link',
          uri: 'patient://77120934/lindholm',
          name: 'Annegret Lindholm',
          title: 'Chart of Annegret Lindholm',
          description: 'MRN 77120934',
        },
      ],
    },
    ['77120934', 'Lindholm', 'lindholm'],
  ],
  [
    'embedded',
    { content: [{ type: 'resource', resource: { uri: 'chart://x', mimeType: 'text/plain', text: s1 } }] },
    ['Lindholm', '77120934', '412-68-9023'],
  ],
  [
    'embedded blob',
    { content: [{ type: 'resource', resource: { uri: 'chart://x', mimeType: 'text/plain', blob: b64(s1) } }] },
    [b64(s1).slice(0, 24)],
  ],
  [
    'resources list',
    {
      resources: [
        {
          uri: 'file:///charts/Lindholm_Annegret.txt',
          name: 'Lindholm_Annegret.txt',
          title: 'Lindholm, Annegret',
          description: 'DOB 04/17/1938',
          size: 12,
        },
      ],
    },
    ['Lindholm', '04/17/1938'],
  ],
  [
    'templates',
    {
      resourceTemplates: [
        {
          uriTemplate: 'chart://lindholm-annegret/{id}',
          name: 'Annegret Lindholm charts',
          description: 'for MRN 77120934',
        },
      ],
    },
    ['lindholm', 'Lindholm', '77120934'],
  ],
  [
    'contents',
    { contents: [{ uri: 'chart://x', mimeType: 'text/csv', text: 'mrn,last_name\n77120934,Lindholm\n' }] },
    ['77120934', 'Lindholm'],
  ],
  [
    'prompts list',
    {
      prompts: [
        {
          name: 'summary',
          title: 'Summary for Annegret Lindholm',
          description: 'SSN 412-68-9023',
          arguments: [{ name: 'mrn', description: 'e.g. 77120934 for Lindholm, Annegret' }],
        },
      ],
    },
    ['Lindholm', '9023', '77120934'],
  ],
  [
    'prompt get',
    { description: 'About Annegret Lindholm', messages: [{ role: 'user', content: { type: 'text', text: s1 } }] },
    ['Lindholm', '77120934'],
  ],
  [
    'completion',
    { completion: { values: ['Annegret Lindholm', 'Harold Washburne', 'Lindholm, Annegret'], total: 3 } },
    ['Lindholm', 'Washburne'],
  ],
  [
    'tools',
    {
      tools: [
        {
          name: 'chart',
          title: 'Chart of Annegret Lindholm',
          description: 'Reads MRN 77120934, call (617) 555-0142.',
          inputSchema: {
            type: 'object',
            properties: {
              patient: {
                type: 'string',
                enum: ['Lindholm, Annegret'],
                default: 'Annegret Lindholm',
                description: 'such as Annegret Lindholm',
                examples: ['Harold Washburne'],
              },
            },
          },
        },
      ],
    },
    ['Lindholm', '77120934', '555-0142', 'Washburne'],
  ],
  [
    'progress',
    { progressToken: 't', progress: 1, message: 'Reading chart of Annegret Lindholm (77120934)' },
    ['Lindholm', '77120934'],
  ],
  [
    'log',
    {
      level: 'info',
      logger: 'ehr.lindholm',
      data: { msg: 'loaded', patient: { name: 'Annegret Lindholm', mrn: 77120934 } },
    },
    ['Lindholm', '77120934'],
  ],
  ['log arr', { level: 'error', data: ['failed for', 'Annegret Lindholm', 77120934] }, ['Lindholm']],
  [
    'elicit',
    {
      message: 'Is Annegret Lindholm (DOB 04/17/1938) the patient?',
      requestedSchema: {
        type: 'object',
        properties: { confirm: { type: 'boolean', title: 'Annegret Lindholm', description: 'MRN 77120934' } },
      },
    },
    ['Lindholm', '04/17/1938', '77120934'],
  ],
  [
    'sampling',
    {
      messages: [{ role: 'user', content: { type: 'text', text: s1 } }],
      systemPrompt: 'You summarise for Annegret Lindholm, SSN 412-68-9023.',
      maxTokens: 10,
      metadata: { patient: 'Lindholm' },
      stopSequences: ['Lindholm'],
    },
    ['Lindholm', '9023'],
  ],
  ['sampling result', { role: 'assistant', model: 'm', content: { type: 'text', text: s1 } }, ['Lindholm', '9023']],
  [
    'tool use',
    {
      role: 'assistant',
      model: 'm',
      content: [{ type: 'tool_use', id: 'c1', name: 'find', input: { last_name: 'Lindholm', mrn: '77120934' } }],
    },
    ['Lindholm', '77120934'],
  ],
  [
    'tool result',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              toolUseId: 'c1',
              content: [{ type: 'text', text: s1 }],
              structuredContent: { ssn: '412689023' },
            },
          ],
        },
      ],
    },
    ['Lindholm', '412689023'],
  ],
  [
    'icons',
    { tools: [{ name: 'x', icons: [{ src: `data:text/plain;base64,${b64(s1)}` }], inputSchema: { type: 'object' } }] },
    [b64(s1).slice(0, 24)],
  ],
];
