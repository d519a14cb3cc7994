// How many identity values of structured records are still anywhere in what the engine gives back: of records made here from
// a seed (CHARTGATE_SEED), and of files whose values are read by other means than the engine's, in a directory with
// synthea/*.csv, fhir/*.json and ccda/*.xml in it. `node bench/structure.ts [DIRECTORY]`; CHARTGATE_SHOW names what is left.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { maskDocument } from '../src/masking/document.ts';
import { tokenOf } from '../src/masking/operators.ts';
import { left, type Planted, readings } from '../test/masking/records/canaries.ts';
import { cdaRecords } from '../test/masking/records/ccda.ts';
import { fhirRecords } from '../test/masking/records/fhir.ts';
import { hl7Records } from '../test/masking/records/hl7v2.ts';
import { oddRecords } from '../test/masking/records/odd.ts';
import { systemFhir } from '../test/masking/records/system-fhir.ts';
import { systemJson } from '../test/masking/records/system-json.ts';
import { systemHl7, systemX12 } from '../test/masking/records/system-messages.ts';
import { systemText } from '../test/masking/records/system-text.ts';
import { systemXml } from '../test/masking/records/system-xml.ts';
import { tableRecords } from '../test/masking/records/tables.ts';
import { expand, leftWhole } from '../test/masking/records/template.ts';
import { x12Records } from '../test/masking/records/x12.ts';

const directory = process.argv[2] ?? process.env['CHARTGATE_DATA'] ?? '';
const show = process.env['CHARTGATE_SHOW'] !== undefined;

function score(name: string, files: readonly { readonly text: string; readonly values: ReadonlySet<string> }[]): void {
  let [total, left, chars, ms] = [0, 0, 0, 0];
  for (const { text, values } of files) {
    const started = process.cpuUsage();
    const masked = maskDocument(text, (_value, cls) => tokenOf(cls)).text;
    const used = process.cpuUsage(started);
    ms += (used.user + used.system) / 1000;
    chars += text.length;
    for (const value of values) {
      total++;
      const at = masked.search(
        new RegExp(`(?<![\\p{L}\\p{N}])${value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'u'),
      );
      if (at === -1) continue;
      left++;
      if (show)
        console.log(`  ${value}: ${JSON.stringify(masked.slice(Math.max(0, at - 70), at + value.length + 30))}`);
    }
  }
  console.log(
    `${name}: ${left} of ${total} identity values left (${((100 * left) / Math.max(1, total)).toFixed(2)} %), ${(chars / 1000 / ms).toFixed(1)} MB/s`,
  );
}

function read(folder: string, ending: string): readonly string[] {
  const path = join(directory, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(path, name), 'utf8'));
}

/** Long enough to be somebody's, and no plain number or code word. */
function add(values: Set<string>, value: unknown): void {
  if (typeof value === 'string' && value.trim().length >= 3) values.add(value.trim());
}

function fhirValues(text: string): Set<string> {
  const values = new Set<string>();
  const walk = (node: unknown, key: string): void => {
    if (Array.isArray(node)) return node.forEach((each) => walk(each, key));
    if (typeof node !== 'object' || node === null) return;
    const fields = new Map<string, unknown>(Object.entries(node));
    if (key === 'name' || key === 'contact')
      for (const each of [fields.get('family'), ...[fields.get('given')].flat()]) add(values, each);
    if (key === 'address')
      for (const each of [...[fields.get('line')].flat(), fields.get('city'), fields.get('postalCode')])
        add(values, each);
    if (key === 'telecom' || key === 'identifier') add(values, fields.get('value'));
    add(values, fields.get('birthDate'));
    for (const [name, member] of fields) walk(member, name);
  };
  const bundle: { entry?: { resource?: { resourceType?: string } }[] } = JSON.parse(text);
  for (const entry of bundle.entry ?? []) if (entry.resource?.resourceType === 'Patient') walk(entry.resource, '');
  return values;
}

function ccdaValues(text: string): Set<string> {
  const values = new Set<string>();
  const role =
    /<(?:\w+:)?patientRole[\s\S]*?<\/(?:\w+:)?patientRole>/.exec(text)?.[0].replace(/<!--[\s\S]*?-->/g, '') ?? '';
  for (const match of role.matchAll(/<(?:\w+:)?(?:given|family|streetAddressLine|city|postalCode)\b[^>]*>([^<]+)</g))
    add(values, match[1]);
  for (const match of role.matchAll(/<(?:\w+:)?id\b[^>]*extension="([^"]+)"/g)) add(values, match[1]);
  for (const match of role.matchAll(/<(?:\w+:)?telecom\b[^>]*value="(?:tel:)?([^"]+)"/g)) add(values, match[1]);
  for (const match of role.matchAll(/<(?:\w+:)?birthTime\b[^>]*value="([^"]+)"/g)) add(values, match[1]);
  return values;
}

/** The tables as they are, and each patient's row with its header by itself. */
function syntheaFiles(): readonly { text: string; values: ReadonlySet<string> }[] {
  const path = join(directory, 'synthea', 'patients.csv');
  if (!existsSync(path)) return [];
  const [header = '', ...rows] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',').map((each) => each.toLowerCase());
  const identity = 'id birthdate ssn drivers passport first last maiden address city zip lat lon'.split(' ');
  return rows.slice(0, 300).map((row) => {
    const values = new Set<string>();
    row.split(',').forEach((cell, at) => {
      if (identity.includes(names[at] ?? '')) add(values, cell);
    });
    return { text: `${header}\n${row}\n`, values };
  });
}

/** Records of every standard: each value is searched in any case and in every encoding. */
function scoreMade(name: string, records: readonly Planted[]): void {
  let [total, remaining, lost] = [0, 0, 0];
  for (const { text, gone, kept } of records) {
    const masked = maskDocument(text, (_value, cls) => tokenOf(cls)).text;
    const found = left(masked, gone);
    total += gone.length;
    remaining += found.length;
    lost += kept.filter((value) => !masked.includes(value)).length;
    if (show) for (const value of found) console.log(`  ${value}`);
  }
  const share = ((100 * remaining) / Math.max(1, total)).toFixed(3);
  console.log(`${name}: ${remaining} of ${total} planted values left (${share} %), ${lost} clinical values lost`);
}

const seed = Number(process.env['CHARTGATE_SEED'] ?? 1);
scoreMade('FHIR R4 and R5, made', fhirRecords(seed));
scoreMade('C-CDA, made', cdaRecords(seed));
scoreMade('HL7 v2, made', hl7Records(seed));
scoreMade('X12, made', x12Records(seed));
scoreMade('tables, made', tableRecords(seed));
scoreMade('mixed and odd, made', oddRecords(seed));

/** Templates of what systems write, with people of strange names, then with people who are called as others and as things are. */
function scoreSystems(
  name: string,
  templates: Readonly<Record<string, string>>,
  people: string,
  seeds: readonly number[],
): void {
  let [total, remaining, lost] = [0, 0, 0];
  for (const [kind, template] of Object.entries(templates)) {
    for (const { text, gone, kept } of seeds.map((each) => expand(template, each))) {
      const masked = maskDocument(text, (_value, cls) => tokenOf(cls)).text;
      const found = leftWhole(readings(masked), gone);
      total += new Set(gone).size;
      remaining += found.length;
      lost += kept.filter((value) => !masked.includes(value)).length;
      if (show) for (const value of found) console.log(`  ${kind}: ${value}`);
    }
  }
  const share = ((100 * remaining) / Math.max(1, total)).toFixed(3);
  console.log(
    `${name}, ${people}: ${remaining} of ${total} planted values left (${share} %), ${lost} clinical values lost`,
  );
}

const systems = {
  FHIR: systemFhir,
  JSON: systemJson,
  text: systemText,
  XML: systemXml,
  'HL7 v2': systemHl7,
  X12: systemX12,
};
for (const [name, templates] of Object.entries(systems)) {
  scoreSystems(`${name} of systems`, templates, 'strange names', [2 * seed + 1, 2 * seed + 11]);
  scoreSystems(`${name} of systems`, templates, 'common names', [2 * seed + 2, 2 * seed + 12]);
}
if (directory === '') process.exit();

score('Synthea rows', syntheaFiles());
score(
  'FHIR bundles',
  read('fhir', '.json').map((text) => ({ text, values: fhirValues(text) })),
);
score(
  'C-CDA documents',
  read('ccda', '.xml').map((text) => ({ text, values: ccdaValues(text) })),
);
