// HL7 v2 messages of every kind that names somebody, with usual and odd separators, in frames, batches and pieces.

import { Canaries, type Planted } from './canaries.ts';

/** Segments; `S`, `T` and `B` stand for the escapes of the component mark, the subcomponent mark and a line break. */
function segments(c: Canaries): readonly string[] {
  const mr = c.id();
  const [family, given] = [c.name(), c.name()];
  const person = (): string => `${c.name()}^${c.name()}^Q^Jr^Dr^^L`;
  const doctor = (): string => `${c.number(10)}^${c.name()}^${c.name()}^^^^MD^^NPI&2.16.840.1.113883.4.6&ISO^L^^^NPI`;
  const address = (): string => `${c.street()}^Apt ${c.name()}^${c.name()}^MA^${c.zip()}^USA^H^^${c.name()}`;
  const phone = (): string => `${c.phone()}^PRN^PH^^1^${c.number(3)}^${c.number(7)}~^NET^Internet^${c.email()}`;
  const place = (): string => `${c.name()}^${c.number(5)}^${c.id()}^${c.name()}&1.2.3&ISO^^N^${c.name()}`;
  return [
    `EVN|A01|20261121101500||01|${doctor()}`,
    `PID|1|${c.id()}^^^OLD|${mr}^^^HOSP&1.2.3&ISO^MR~${c.number(9)}^^^USSSA^SS|${c.id()}|${family}&van&${c.name()}^${given}^${c.name()}^III^Mr.^^L~${person()}|${c.name()}^${c.name()}|${c.day()}0405|M|${c.name()}^${c.name()}|2106-3^White^CDCREC|${address()}~${address()}|${c.name()}|${phone()}|${phone()}|en^English^HL70296|M|CHR|${c.id()}^^^H^AN|${c.number(9)}|${c.id()}^MA^20301212|${c.id()}^^^H^MR|N|${c.name()} General||||||${c.day()}|N`,
    `PD1||||${doctor()}|||||${c.id()}`,
    `NK1|1|${person()}|SPO^Spouse^HL70063|${address()}|${phone()}|${phone()}|EC|||||${c.id()}|${c.name()} Works^L^${c.number()}|||${c.day()}|||||||||${person()}||||${person()}|${phone()}|${address()}|${c.id()}^^^H|||||${c.number(9)}`,
    `PV1|1|I|${place()}|E|${c.id()}|${place()}|${doctor()}|${doctor()}~${doctor()}|${doctor()}|MED|${place()}|||7|A0||${doctor()}|INP|${c.id()}^^^H^VN|||||||||||||||||01|${c.name()}||||||||20261120|20261121|||||||${doctor()}`,
    `PV2|${place()}|||||||||||||${doctor()}`,
    `ROL|1|AD|AT^Attending^HL70443|${doctor()}||||||||${address()}|${phone()}`,
    `PRT|${c.id()}|UC||AT^Attending^HL70912|${doctor()}||${c.name()} Clinic^L|${c.name()} Group|${place()}|${c.id()}||||${address()}|${phone()}|(01)${c.number(14)}|`,
    `STF|${c.id()}|${c.id()}^^^H|${person()}||F|${c.day()}|A|||${phone()}|${address()}||||${c.email()}|||${person()}`,
    `GT1|1|${c.id()}|${person()}|${person()}|${address()}|${phone()}|${phone()}|${c.day()}|M||SEL|${c.number(9)}||||${c.name()} Works|${address()}|${phone()}|${c.id()}`,
    `IN1|1|${c.id()}^PPO|${c.id()}|${c.name()} Health|${address()}|${person()}|${phone()}|${c.id()}|${c.name()} Group|${c.id()}|${c.name()} Works|20260101|||PPO|${person()}|SEL^Self^HL70063|${c.day()}|${address()}|||||||||||||||||${c.id()}||||||||${address()}|||||${c.id()}`,
    `IN2|${c.id()}|${c.number(9)}|${doctor()}|||${c.id()}|${person()}|${c.id()}|${person()}||||||||||||||||${c.id()}|||||||||||||||||||||||||||||||||||${c.id()}||${phone()}`,
    `IN3|1|${c.id()}|${doctor()}|||||${doctor()}||||||${doctor()}||${phone()}`,
    `ACC|${c.day()}|MVA^Motor vehicle^L|${c.name()} Crossing||||${doctor()}||${c.name()}||${address()}`,
    `MRG|${c.id()}^^^H^MR||${c.id()}|${c.id()}|||${person()}`,
    `ORC|RE|${c.id()}^EHR|${c.id()}^LAB|${c.id()}||||||${doctor()}|${doctor()}|${doctor()}|${place()}|${phone()}|||||${doctor()}||${c.name()} Clinic^^${c.number()}|${address()}|${phone()}|${address()}`,
    `OBR|1|${c.id()}^EHR|${c.id()}^LAB|24323-8^Comprehensive metabolic panel^LN|||20261121||||||||SER^Serum^HL70487|${doctor()}|${phone()}|${c.id()}||||20261121|||F||||||||${c.name()}&${c.name()}|`,
    `OBX|1|NM|2345-7^Glucose^LN||105|mg/dL^^UCUM|70-99|H|||F|||20261121||${doctor()}||${c.id()}|||||${c.name()} Laboratory^L|${address()}|${doctor()}`,
    `OBX|2|CWE|11368-8^Illness^LN||444814009^Viral sinusitis^SCT||||||F`,
    `OBX|3|TX|11488-4^Consult note^LN||${given} ${family} was seen by Dr. ${c.name()}.B${c.name()}T${c.name()} called.`,
    `OBX|4|ED|11502-2^Report^LN||Acme^TEXT^PDF^Base64^${btoa(`%PDF-1.4\n\u0000\u0001\u0002 ${c.name()} ${c.number()}`)}`,
    `OBX|5|ED|11502-2^Report^LN||^TEXT^plain^Base64^${btoa(`Report for ${c.name()} ${c.name()}, MRN ${c.number()}.`)}`,
    `OBX|6|XPN|21112-8^Name^LN||${person()}`,
    `OBX|7|FT|X^Y^L||${family.toUpperCase()}, ${given.toUpperCase()}`,
    `NTE|1|L|Spoke with ${c.name()} about the ${family} household; ${mr} was closed.`,
    `AL1|1|DA^Drug^HL70127|1191^Aspirin^RXNORM|MO|hives`,
    `DG1|1||E11.9^Type 2 diabetes mellitus^I10C|||A||||||||||${doctor()}`,
    `PR1|1||99213^Office visit^CPT|||||${doctor()}|||${doctor()}`,
    `RXA|0|1|20261121||140^Influenza^CVX|0.5|mL^^UCUM||00|${doctor()}|${place()}||||${c.id()}|20270101|PMC^Sanofi^MVX`,
    `FT1|1|${c.id()}||20261121||CG|99213^Office visit^CPT|||||||||${place()}||||${doctor()}|${doctor()}||${c.id()}`,
    `SCH|${c.id()}|${c.id()}|||||FOLLOWUP^Follow-up^HL70276|||||${doctor()}|${phone()}|${address()}|${place()}|${doctor()}|${phone()}|${address()}|${place()}|${doctor()}|${phone()}`,
    `AIG|1|A|${c.name()}^${c.name()}`,
    `AIL|1|A|${place()}`,
    `AIP|1|A|${doctor()}`,
    `TXA|1|DS^Discharge summary^HL70270|TX|20261121|${doctor()}||||${doctor()}|${doctor()}|${c.name()}^${c.name()}|${c.id()}|${c.id()}`,
    `CTI|${c.id()}^A`,
    `ZPD|1|${c.name()}|${c.name()}^${c.name()}|Y|${c.number()}|${c.name()} Street`,
    `QQQ|${c.name()}`,
  ];
}

const kept = [
  '2345-7',
  'Glucose',
  '105',
  'mg/dL',
  '444814009',
  'Viral sinusitis',
  'E11.9',
  'Type 2 diabetes mellitus',
  '99213',
  '140^Influenza^CVX',
  '1191^Aspirin^RXNORM',
];

function message(c: Canaries, [field, component, repetition, escape, subcomponent]: string): string {
  const head = `MSH|^~\\&|${c.name()}|${c.name()} Hospital|LAB|${c.name()}|20261121101500||ADT^A01^ADT_A01|${c.id()}|P|2.5.1`;
  const marks: Readonly<Record<string, string | undefined>> = {
    '|': field,
    '^': component,
    '~': repetition,
    '\\': escape,
    '&': subcomponent,
  };
  const free = segments(c).map((each) =>
    each.replace(/(?<=[a-z.])([STB])(?=[A-Z][a-z])/g, (_all, letter: string) =>
      letter === 'B' ? '\\.br\\' : `\\${letter}\\`,
    ),
  );
  return [head, ...free].join('\r').replace(/[|^~\\&]/g, (mark) => marks[mark] ?? mark);
}

export function hl7Records(seed: number): readonly (Planted & { readonly kind: string })[] {
  const made = (
    kind: string,
    marks: string,
    of: (text: string) => string,
    keeps = kept,
  ): Planted & { readonly kind: string } => {
    const c = new Canaries(seed + kind.length);
    return { kind, text: of(message(c, marks)), gone: c.gone.filter((value) => value.length > 4), kept: keeps };
  };
  const usual = '|^~\\&';
  const header = /^MSH[^\r]*\r/;
  return [
    made('carriage returns', usual, (text) => text),
    made('line feeds', usual, (text) => text.replaceAll('\r', '\n')),
    made('both', usual, (text) => text.replaceAll('\r', '\r\n')),
    made('in an MLLP frame', usual, (text) => `\v${text}\r\u001c\r`),
    made('odd separators', '#:*!%', (text) => text, ['2345-7', 'Glucose', '105', 'E11.9']),
    made('without its header', usual, (text) => text.replace(header, '')),
    made('one segment alone', usual, (text) => text.split('\r').find((each) => each.startsWith('PID')) ?? '', []),
    made('a batch', usual, (text) => `FHS|^~\\&|A|B\rBHS|^~\\&|A|B\r${text}\r${text}\rBTS|2\rFTS|1`),
    made(
      'two with other separators',
      usual,
      (text) => `${text}\r${text.replace(/[|^~\\&]/g, (mark) => '#:*!%'.charAt('|^~\\&'.indexOf(mark)))}`,
    ),
    made('in JSON', usual, (text) => JSON.stringify({ message: text })),
    made('in base64', usual, (text) => JSON.stringify({ payload: Buffer.from(text).toString('base64') }), []),
    made('below a sentence', usual, (text) => `This came in at ten:\n\n${text.replaceAll('\r', '\n')}\n\nWhat now?`),
    made('in CDATA', usual, (text) => `<msg><![CDATA[${text}]]></msg>`),
  ];
}
