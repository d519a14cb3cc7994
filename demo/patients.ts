// Synthetic patients in the shape of Synthea's CSV export, lower-case, from a fixed seed: the same on every machine.
// Nothing in them comes from a person.

import { en, Faker } from '@faker-js/faker';
import type { Client } from 'pg';
import { conditionKinds, drugKinds, encounterKinds, noteTexts, vitalKinds } from './clinic.ts';

const seed = 20_260_728;
const today = '2026-07-01T00:00:00Z';
const dayMs = 86_400_000;
const rowsPerInsert = 5_000;

const schema = `
CREATE TABLE patients (id uuid PRIMARY KEY, mrn text NOT NULL UNIQUE, birthdate date NOT NULL, deathdate date, ssn text, drivers text, passport text,
  prefix text, first text, middle text, last text, suffix text, maiden text, marital text, race text, ethnicity text, gender text,
  birthplace text, address text, city text, state text, county text, zip text, lat numeric, lon numeric, phone text, email text,
  healthcare_expenses numeric, healthcare_coverage numeric, income integer);
CREATE TABLE encounters (id uuid PRIMARY KEY, start timestamptz NOT NULL, stop timestamptz, patient uuid NOT NULL REFERENCES patients,
  organization text, provider text, payer text, encounterclass text, code text, description text, base_encounter_cost numeric,
  total_claim_cost numeric, payer_coverage numeric, reasoncode text, reasondescription text);
CREATE TABLE conditions (start date, stop date, patient uuid NOT NULL REFERENCES patients, encounter uuid, system text, code text, description text);
CREATE TABLE medications (start timestamptz, stop timestamptz, patient uuid NOT NULL REFERENCES patients, payer text, encounter uuid, code text,
  description text, base_cost numeric, payer_coverage numeric, dispenses integer, totalcost numeric, reasoncode text, reasondescription text);
CREATE TABLE observations (date timestamptz, patient uuid NOT NULL REFERENCES patients, encounter uuid, category text, code text, description text,
  value text, units text, type text);
CREATE TABLE notes (id uuid PRIMARY KEY, date timestamptz, patient uuid NOT NULL REFERENCES patients, encounter uuid, author text, body text);
`;

type Row = Readonly<Record<string, string | number | null>>;
type Tables = Record<'patients' | 'encounters' | 'conditions' | 'medications' | 'observations' | 'notes', Row[]>;

/** Creates and fills the tables of an empty database; rows per table. Same count, same rows. */
export async function seedPatients(client: Client, count: number): Promise<Record<string, number>> {
  await client.query(schema);
  const tables = synthesize(count);
  const sizes: [string, number][] = [];
  for (const [name, rows] of Object.entries(tables)) {
    for (let start = 0; start < rows.length; start += rowsPerInsert) {
      await client.query(`INSERT INTO ${name} SELECT * FROM json_populate_recordset(null::${name}, $1)`, [
        JSON.stringify(rows.slice(start, start + rowsPerInsert)),
      ]);
    }
    sizes.push([name, rows.length]);
  }
  await client.query('CREATE INDEX ON encounters (patient); CREATE INDEX ON notes (patient); ANALYZE');
  return Object.fromEntries(sizes);
}

function synthesize(count: number): Tables {
  const faker = new Faker({ locale: en, seed });
  faker.setDefaultRefDate(today);
  const tables: Tables = { patients: [], encounters: [], conditions: [], medications: [], observations: [], notes: [] };
  for (let index = 0; index < count; index++) {
    const patient = person(faker, index);
    tables.patients.push(patient);
    const visits = faker.number.int({ min: 1, max: 6 });
    for (let visit = 0; visit < visits; visit++) addVisit(faker, tables, patient);
  }
  return tables;
}

function person(faker: Faker, index: number): Row & { id: string } {
  const sex = faker.person.sexType();
  const [first, last] = [faker.person.firstName(sex), faker.person.lastName()];
  const married = faker.datatype.boolean();
  return {
    id: faker.string.uuid(),
    mrn: `MRN-${String(4_000_000 + index * 37).padStart(8, '0')}`,
    birthdate: day(faker.date.birthdate({ min: 1, max: 97, mode: 'age' })),
    deathdate: faker.number.int(100) < 4 ? day(faker.date.recent({ days: 700 })) : null,
    // Never issued: area numbers 900–999 are not Social Security numbers.
    ssn: `9${faker.string.numeric(2)}-${faker.string.numeric({ length: 2, allowLeadingZeros: true })}-${faker.string.numeric(4)}`,
    drivers: `S999${faker.string.numeric(5)}`,
    passport: faker.number.int(100) < 30 ? `X${faker.string.numeric(8)}X` : null,
    prefix: sex === 'male' ? 'Mr.' : married ? 'Mrs.' : 'Ms.',
    first,
    middle: faker.person.middleName(sex),
    last,
    suffix: null,
    maiden: married && sex === 'female' ? faker.person.lastName() : null,
    marital: married ? 'M' : 'S',
    race: faker.helpers.arrayElement(['white', 'black', 'asian', 'native', 'other']),
    ethnicity: faker.helpers.arrayElement(['nonhispanic', 'hispanic']),
    gender: sex === 'male' ? 'M' : 'F',
    birthplace: `${faker.location.city()}, ${faker.location.state()}`,
    address: faker.location.streetAddress(),
    city: faker.location.city(),
    state: faker.location.state(),
    county: faker.location.county(),
    zip: faker.location.zipCode('#####'),
    lat: faker.location.latitude({ min: 30, max: 45 }),
    lon: faker.location.longitude({ min: -120, max: -75 }),
    phone: `${faker.number.int({ min: 201, max: 989 })}-555-01${faker.string.numeric(2)}`,
    email: `${first}.${last}@example.org`.toLowerCase().replaceAll(/[^a-z.@]/g, ''),
    healthcare_expenses: faker.number.float({ min: 200, max: 90_000, fractionDigits: 2 }),
    healthcare_coverage: faker.number.float({ min: 0, max: 60_000, fractionDigits: 2 }),
    income: faker.number.int({ min: 8_000, max: 240_000 }),
  };
}

function addVisit(faker: Faker, tables: Tables, patient: Row & { id: string }): void {
  const kind = faker.helpers.arrayElement(encounterKinds);
  const condition = faker.helpers.arrayElement(conditionKinds);
  const drug = faker.helpers.arrayElement(drugKinds);
  const born = Date.parse(String(patient['birthdate']));
  const start = faker.date.between({ from: Math.max(born + dayMs, Date.parse(today) - 1_800 * dayMs), to: today });
  const stop = new Date(start.getTime() + 1_800_000);
  const cost = faker.number.float({ min: 60, max: 900, fractionDigits: 2 });
  const author = `Dr. ${faker.person.lastName()}`;
  const reason = { reasoncode: condition.code, reasondescription: condition.description };
  const encounter = faker.string.uuid();
  const common = { patient: patient.id, encounter };
  tables.encounters.push({
    id: encounter,
    start: start.toISOString(),
    stop: stop.toISOString(),
    patient: patient.id,
    organization: `${faker.location.city()} Clinic`,
    provider: author,
    payer: faker.helpers.arrayElement(['Medicare', 'Medicaid', 'Aetna', 'Humana', 'Self-pay']),
    encounterclass: kind.encounterclass,
    code: kind.code,
    description: kind.description,
    base_encounter_cost: cost,
    total_claim_cost: cost * 1.4,
    payer_coverage: cost * 0.8,
    ...reason,
  });
  if (faker.number.int(100) < 60) {
    tables.conditions.push({ start: day(start), stop: null, ...common, system: 'SNOMED-CT', ...condition });
  }
  if (faker.number.int(100) < 50) {
    const price = faker.number.float({ min: 4, max: 300, fractionDigits: 2 });
    tables.medications.push({
      start: start.toISOString(),
      stop: new Date(start.getTime() + 30 * dayMs).toISOString(),
      ...common,
      payer: null,
      ...drug,
      base_cost: price,
      payer_coverage: 0,
      dispenses: 1,
      totalcost: price,
      ...reason,
    });
  }
  for (const vital of faker.helpers.arrayElements(vitalKinds, 2)) {
    const { min, max, ...named } = vital;
    const value = String(faker.number.int({ min, max }));
    tables.observations.push({
      date: start.toISOString(),
      ...common,
      category: 'vital-signs',
      ...named,
      value,
      type: 'numeric',
    });
  }
  if (faker.number.int(100) < 45) {
    const body = noteText(
      faker,
      patient,
      start,
      condition.description.toLowerCase().replace(/ \(.*/, ''),
      drug.description,
    );
    tables.notes.push({ id: faker.string.uuid(), date: start.toISOString(), ...common, author, body });
  }
}

function noteText(faker: Faker, patient: Row, start: Date, condition: string, drug: string): string {
  const next = new Date(start.getTime() + 14 * dayMs);
  const values: Record<string, string> = {
    name: `${patient['first']} ${patient['last']}`,
    title: `${patient['prefix']} ${patient['last']}`,
    relative: `${faker.person.firstName()} ${patient['last']}`,
    mrn: String(patient['mrn']),
    phone: String(patient['phone']),
    email: String(patient['email']),
    address: `${patient['address']}, ${patient['city']}`,
    ssn: String(patient['ssn']),
    born: String(patient['birthdate']),
    seen: `${start.getUTCMonth() + 1}/${start.getUTCDate()}/${start.getUTCFullYear()}`,
    next: next.toLocaleDateString('en-US', { month: 'long', day: 'numeric', year: 'numeric', timeZone: 'UTC' }),
    condition,
    drug,
  };
  return faker.helpers.arrayElement(noteTexts).replaceAll(/\{(\w+)\}/g, (_, word: string) => values[word] ?? '');
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
