// How many identity values of structured records are still anywhere in what the engine gives back. The values are read by
// other means than the engine's. `node bench/structure.ts DIRECTORY` with synthea/*.csv, fhir/*.json and ccda/*.xml in it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { maskDocument } from '../src/masking/document.ts';
import { tokenOf } from '../src/masking/operators.ts';

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

score('Synthea rows', syntheaFiles());
score(
  'FHIR bundles',
  read('fhir', '.json').map((text) => ({ text, values: fhirValues(text) })),
);
score(
  'C-CDA documents',
  read('ccda', '.xml').map((text) => ({ text, values: ccdaValues(text) })),
);
