// A second lot, written after what the first had shown was mended.

import { text } from '../masked.ts';
import { type Shape, sc } from './written.ts';

const b64 = (w: string): string => Buffer.from(w).toString('base64');

export const further: readonly Shape[] = [
  [
    'sentence b64 name',
    text(`The name is ${b64('Hildegard Ackermann')} in base64.`),
    [b64('Hildegard Ackermann').slice(0, 20)],
  ],
  [
    'sentence hex ssn',
    text(`value ${Buffer.from('SSN 517-33-8842').toString('hex')} stored`),
    [Buffer.from('SSN 517-33-8842').toString('hex')],
  ],
  [
    'b64url tok',
    text(`cursor=${Buffer.from('{"last_name":"Ackermann","mrn":"55120987"}').toString('base64url')}`),
    [Buffer.from('{"last_name":"Ackermann","mrn":"55120987"}').toString('base64url').slice(0, 20)],
  ],
  [
    'two cards',
    text('BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Hildegard Ackermann\r\nTEL:+49 30 901820\r\nEND:VCARD\r\n'),
    ['Ackermann', '901820'],
  ],
  [
    'ics folded',
    text(
      'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:Follow up with Hildegard\r\n  Ackermann after surgery\r\nDTSTART;TZID=Europe/Berlin:20240511T090000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
    ),
    ['Ackermann', '20240511'],
  ],
  ['stack de', text('Nachname\nAckermann\nGeburtsdatum\n11.05.1939\n'), ['Ackermann', '11.05.1939']],
  ['stack colon', text('Last name:\nAckermann\n\nPhone number:\n(312) 555-0177\n'), ['Ackermann', '555-0177']],
  ['stack md bold', text('**Patient name**\n\nHildegard Ackermann\n'), ['Ackermann']],
  [
    'sql in',
    text("DELETE FROM visits WHERE mrn IN ('55120987', '55120988') AND last_name NOT LIKE 'Acker%'"),
    ['55120987', '55120988', 'Acker%'],
  ],
  [
    'sql between',
    text("SELECT 1 FROM p WHERE birth_date BETWEEN '1939-05-11' AND '1939-05-12'"),
    ['1939-05-11', '1939-05-12'],
  ],
  [
    'sql values only',
    text("VALUES ('Ackermann', 'Hildegard', '517-33-8842', '1939-05-11')"),
    ['517-33-8842', '1939-05-11'],
  ],
  ['js date', text('new Date(1939, 4, 11) // birth'), ['1939, 4, 11']],
  ['java of', text('dob=LocalDate.of(1939, 5, 11)'), ['1939, 5, 11']],
  ['dutch date', text('opgenomen op 11 mei 2024'), ['11 mei 2024']],
  ['pt date', text('nascida em 11 de maio de 1939'), ['11 de maio de 1939']],
  ['it date', text('ricoverata il 3 ottobre 2023'), ['3 ottobre 2023']],
  ['sv date', text('född 11 maj 1939'), ['11 maj 1939']],
  ['zh date', text('出生日期:1939年5月11日'), ['5月11日']],
  ['ko date', text('생년월일 1939년 5월 11일'), ['5월 11일']],
  ['de dl', text('Führerschein B072RRE2I55'), ['B072RRE2I55']],
  ['de patnr', text('Patientennummer 55120987, Fallnummer 300912'), ['55120987', '300912']],
  ['es poliza', text('póliza n.º 88-21345-A'), ['88-21345-A']],
  ['fr dossier', text('dossier n° 55120987'), ['55120987']],
  ['at handle alone', text('@hildegard_ackermann'), ['hildegard_ackermann']],
  ['twitter no digits', text('She posts as @hildackermann on X'), ['hildackermann']],
  ['email spaced2', text('write to h . ackermann @ mail . example . org please'), ['ackermann @']],
  ['file', text('ackermann_hildegard_19390511.pdf uploaded'), ['ackermann', '19390511']],
  ['scan file', text('/scans/Ackermann-Hildegard-55120987.tif'), ['Ackermann', '55120987']],
  [
    'three surnames',
    text('Attendees: Johnson, Ackermann, Hernandez and Okonkwo.'),
    ['Johnson', 'Ackermann', 'Hernandez', 'Okonkwo'],
  ],
  [
    'x12 837 bit',
    text('SBR*P*18*******MC~NM1*IL*1*ACKERMANN*HILDEGARD****MI*1EG4TE5MK73~DMG*D8*19390511*F~'),
    ['ACKERMANN', '1EG4TE5MK73', '19390511'],
  ],
  [
    'label div',
    text('<div><label>Last name:</label> <div>Ackermann</div><label>Phone</label><p>312-555-0177</p></div>'),
    ['Ackermann', '555-0177'],
  ],
  [
    'strong label',
    text('<p><strong>Last name:</strong> Ackermann</p><p><b>MRN:</b> 55120987</p>'),
    ['Ackermann', '55120987'],
  ],
  ['li label', text('<ul><li>Last name: Ackermann</li><li>SSN: 517338842</li></ul>'), ['Ackermann', '517338842']],
  ['select', text('<option selected>Ackermann, Hildegard (55120987)</option>'), ['Ackermann', '55120987']],
  ['aria', text('<button aria-label="Open chart of Hildegard Ackermann">Open</button>'), ['Ackermann']],
  [
    'json ld',
    text(
      '<script type="application/ld+json">{"@type":"Person","name":"Hildegard Ackermann","birthDate":"1939-05-11"}</script>',
    ),
    ['Ackermann', '1939-05-11'],
  ],
  ['csv sep=', text('sep=;\nNachname;MRN\nAckermann;55120987\n'), ['Ackermann', '55120987']],
  ['csv comment', text('# export of 2024\nmrn,last_name\n55120987,Ackermann\n'), ['55120987', 'Ackermann']],
  ['tsv types', text('mrn:int\tlast_name:string\n55120987\tAckermann\n'), ['55120987', 'Ackermann']],
  [
    'fixed width',
    text('MRN       LASTNAME        DOB\n55120987  ACKERMANN       19390511\n55120988  OKONKWO         19410203\n'),
    ['55120987', 'ACKERMANN', '19390511', 'OKONKWO'],
  ],
  ['kv pipes', text('name=Hildegard Ackermann|mrn=55120987|dob=19390511'), ['Ackermann', '55120987', '19390511']],
  [
    'kv semis',
    text('Name: Hildegard Ackermann; MRN: 55120987; DOB: 11-May-1939'),
    ['Ackermann', '55120987', '11-May-1939'],
  ],
  ['kv caret', text('Ackermann^Hildegard^^^Frau'), ['Ackermann']],
  [
    'dicom pn',
    sc({
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Ackermann^Hildegard' }] },
      '00100030': { vr: 'DA', Value: ['19390511'] },
    }),
    ['Ackermann', '19390511'],
  ],
  [
    'dcmdump',
    text(
      '(0010,0010) PN [Ackermann^Hildegard]   #  20, 1 PatientName\n(0010,0020) LO [55120987]  # 8, 1 PatientID\n(0010,0030) DA [19390511] # 8, 1 PatientBirthDate\n',
    ),
    ['Ackermann', '55120987', '19390511'],
  ],
  [
    'fhir query',
    text('GET /Patient?family=Ackermann&birthdate=1939-05-11&identifier=urn:mrn|55120987'),
    ['Ackermann', '1939-05-11', '55120987'],
  ],
  [
    'fhir bundle str',
    text(
      JSON.stringify({
        resourceType: 'Bundle',
        entry: [
          {
            resource: {
              resourceType: 'Patient',
              name: [{ use: 'official', family: 'Ackermann', given: ['Hildegard'] }],
              telecom: [{ system: 'email', value: 'hilde@example.org' }],
            },
          },
        ],
      }),
    ),
    ['Ackermann', 'Hildegard', 'hilde@'],
  ],
  [
    'fhir note',
    sc({
      resourceType: 'Communication',
      payload: [{ contentString: 'Called Mrs. Ackermann at 312-555-0177 on 5/11/24.' }],
    }),
    ['Ackermann', '555-0177', '5/11/24'],
  ],
  [
    'fhir coverage',
    sc({ resourceType: 'Coverage', subscriberId: 'W2291-88413-07', beneficiary: { reference: 'Patient/55120987' } }),
    ['W2291', '55120987'],
  ],
  [
    'omop note',
    sc({ person_id: 55120987, note_text: 'Seen by Dr. Okonkwo on 2024-05-11', birth_datetime: '1939-05-11 00:00:00' }),
    ['Okonkwo', '2024-05-11', '1939-05-11'],
  ],
  [
    'hl7 obx',
    text(
      'MSH|^~\\&|A|B|C|D|20240511||ORU^R01|1|P|2.5\rPID|||55120987||ACKERMANN^HILDEGARD\rOBX|1|TX|NOTE||Pt Hildegard Ackermann seen by Okonkwo 5/11/24||||||F\r',
    ),
    ['ACKERMANN', 'Ackermann', '5/11/24'],
  ],
  [
    'hl7 xml',
    text(
      '<PID><PID.5><XPN.1><FN.1>Ackermann</FN.1></XPN.1><XPN.2>Hildegard</XPN.2></PID.5><PID.7><TS.1>19390511</TS.1></PID.7></PID>',
    ),
    ['Ackermann', 'Hildegard', '19390511'],
  ],
  [
    'edi 270',
    text(
      'ISA*00*          *00*          *ZZ*A              *ZZ*B              *240511*0612*^*00501*000000001*0*P*:~ST*270*1~NM1*IL*1*ACKERMANN*HILDEGARD****MI*W229188413~REF*SY*517338842~DTP*291*D8*20240511~',
    ),
    ['ACKERMANN', 'W229188413', '517338842', '20240511'],
  ],
  [
    'yaml inline',
    text('patient: {name: Hildegard Ackermann, mrn: 55120987, dob: 1939-05-11}'),
    ['Ackermann', '55120987', '1939-05-11'],
  ],
  [
    'yaml multi-doc',
    text('---\nlast_name: Ackermann\nmrn: 55120987\n---\nlast_name: Okonkwo\nmrn: 55120988\n'),
    ['Ackermann', '55120987', 'Okonkwo'],
  ],
  ['xml in json', sc({ xml: '<patient><lastName>Ackermann</lastName></patient>' }), ['Ackermann']],
  ['json in xml', text('<payload>{"last_name":"Ackermann","mrn":"55120987"}</payload>'), ['Ackermann', '55120987']],
  [
    'json in csv',
    text('id,payload\n1,"{""last_name"":""Ackermann"",""ssn"":""517338842""}"\n'),
    ['Ackermann', '517338842'],
  ],
  ['csv in json', sc({ csv: 'mrn,last_name\n55120987,Ackermann\n' }), ['55120987', 'Ackermann']],
  [
    'b64 in xml',
    text(`<doc><data encoding="base64">${b64('Patient Hildegard Ackermann, SSN 517-33-8842')}</data></doc>`),
    [b64('Patient Hildegard Ackermann, SSN 517-33-8842').slice(8, 30)],
  ],
  [
    'b64 in yaml',
    text(`doc: !!binary |\n  ${b64('Patient Hildegard Ackermann, SSN 517-33-8842')}\n`),
    [b64('Patient Hildegard Ackermann, SSN 517-33-8842').slice(8, 30)],
  ],
  [
    'b64 in csv',
    text(`id,note\n1,${b64('Patient Hildegard Ackermann, SSN 517-33-8842')}\n`),
    [b64('Patient Hildegard Ackermann, SSN 517-33-8842').slice(8, 30)],
  ],
  [
    'pct in json',
    sc({ link: 'https://h.example/?q=Hildegard%20Ackermann%20517-33-8842' }),
    ['Ackermann', '517-33-8842'],
  ],
  [
    'dbl pct',
    sc({ u: 'https://h.example/?next=%2Fp%3Flast_name%3DAckermann%26mrn%3D55120987' }),
    ['Ackermann', '55120987'],
  ],
  ['ent double', text('SSN &amp;#53;17-33-8842'), ['33-8842']],
  ['ent named', text('M&uuml;ller, J&ouml;rg &mdash; MRN 55120987'), ['55120987']],
  ['combining name', text('Patient Jo\u0308rg Mu\u0308ller was seen'), ['Mu\u0308ller']],
  ['rtl mark', text('Patient \u202aHildegard\u202c \u202aAckermann\u202c seen'), ['Ackermann']],
  ['small caps', text('Patient ʜɪʟᴅᴇɢᴀʀᴅ 517-33-8842'), ['517-33-8842']],
  ['digits devan', text('MRN ५५१२०९८७'), ['५५१२०९८७']],
  ['spaced letters', text('A C K E R M A N N, SSN 5 1 7 - 3 3 - 8 8 4 2'), ['8 8 4 2']],
  ['underscored name', text('patient_Hildegard_Ackermann_chart'), ['Ackermann']],
  [
    'error path',
    text("ENOENT: no such file, open '/charts/Ackermann, Hildegard/2024-05-11.txt'"),
    ['Ackermann', '2024-05-11'],
  ],
  ['traceback', text('KeyError: "Hildegard Ackermann (MRN 55120987)"'), ['Ackermann', '55120987']],
  [
    'http headers',
    text('X-Patient-Name: Hildegard Ackermann\nX-Forwarded-For: 203.0.113.9\nCookie: mrn=55120987\n'),
    ['Ackermann', '203.0.113.9', '55120987'],
  ],
  ['set-cookie', text('Set-Cookie: patient=Hildegard%20Ackermann; Path=/'), ['Ackermann']],
  [
    'git log',
    text('Author: Hildegard Ackermann <hilde@example.org>\nDate:   Sat May 11 09:00:00 2024 +0200'),
    ['Ackermann', 'hilde@', 'May 11'],
  ],
  ['syslog', text('May 11 09:00:01 host app[1]: login user=hackermann from 203.0.113.9'), ['203.0.113.9', 'May 11']],
  ['sms', text('From +13125550177: Hi this is Hilde Ackermann, running late'), ['3125550177', 'Ackermann']],
  [
    'transcript',
    text(
      'Nurse: Can I have your full name?\nPatient: Hildegard Ackermann.\nNurse: Date of birth?\nPatient: May eleventh, nineteen thirty-nine.',
    ),
    ['Ackermann', 'May eleventh'],
  ],
  ['list nums', sc({ phones: ['312-555-0177', 3125550178] }), ['555-0177', '3125550178']],
  ['obj list names', sc({ contacts: [{ name: 'Hildegard Ackermann', relation: 'self' }] }), ['Ackermann']],
  [
    'attendees',
    sc({ attendees: [{ displayName: 'Hildegard Ackermann', email: 'hilde@example.org' }] }),
    ['Ackermann', 'hilde@'],
  ],
  ['enum keys', sc({ byPatient: { 'Ackermann, H.': 2 } }), ['Ackermann']],
  [
    'nested arr',
    sc({ rows: [['Ackermann', 'Hildegard', '1939-05-11', '517-33-8842']] }),
    ['1939-05-11', '517-33-8842', 'Ackermann'],
  ],
  ['json patch', sc([{ op: 'replace', path: '/patient/lastName', value: 'Ackermann' }]), ['Ackermann']],
  ['json pointer', sc({ '/patient/lastName': 'Ackermann', '/patient/mrn': '55120987' }), ['Ackermann', '55120987']],
  [
    'dotted keys',
    sc({ 'patient.name.family': 'Ackermann', 'patient.birthDate': '1939-05-11' }),
    ['Ackermann', '1939-05-11'],
  ],
  ['bracket keys', text('patient[last_name]=Ackermann&patient[mrn]=55120987'), ['Ackermann', '55120987']],
  ['old new', sc({ changes: [{ field: 'last_name', old: 'Ackermann', new: 'Okonkwo' }] }), ['Ackermann', 'Okonkwo']],
  [
    'before after',
    sc({ before: { last_name: 'Ackermann' }, after: { last_name: 'Okonkwo' } }),
    ['Ackermann', 'Okonkwo'],
  ],
  ['highlight', sc({ highlight: { note: ['seen <em>Ackermann</em> 5/11/24'] } }), ['5/11/24']],
  [
    'elastic',
    sc({ hits: { hits: [{ _id: '55120987', _source: { last_name: 'Ackermann', ssn: '517338842' } }] } }),
    ['Ackermann', '517338842'],
  ],
  [
    'graphql resp',
    sc({ data: { patient: { node: { lastName: 'Ackermann', dateOfBirth: '1939-05-11' } } } }),
    ['Ackermann', '1939-05-11'],
  ],
  [
    'odata',
    sc({ '@odata.context': 'x', value: [{ LastName: 'Ackermann', MRN: 55120987 }] }),
    ['Ackermann', '55120987'],
  ],
  ['hal', sc({ _links: { self: { href: '/patients/55120987' } }, surname: 'Ackermann' }), ['55120987', 'Ackermann']],
  ['age nested', sc({ patient: { age: { value: 93, unit: 'years' } } }), ['93']],
  ['age text fr', text('Homme de 95 ans'), ['95']],
  ['age hyphen', text('a ninety-six-year-old man'), ['ninety-six']],
  ['zip lone', sc({ zip_code: 60614 }), ['60614']],
  [
    'addr parts',
    sc({ house_number: '4417', street_name: 'Quarry Ridge Rd', apt: '12C', city: 'Naperville', state: 'IL' }),
    ['4417', 'Quarry', 'Naperville'],
  ],
  ['uk addr', text('Flat 3, 22 Acacia Avenue, Leeds LS6 2AB'), ['22 Acacia', 'LS6 2AB']],
  ['es addr', text('Avda. de la Constitución, 14, 3º B, 41001 Sevilla'), ['14', '41001']],
  ['fr addr', text('12 bis, avenue Victor Hugo, 75116 Paris'), ['75116', 'Victor Hugo']],
  ['de addr', text('Am Alten Markt 7a, 50667 Köln'), ['50667', 'Markt 7a']],
];
