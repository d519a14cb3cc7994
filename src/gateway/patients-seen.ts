// Which patients an answer is about: the values of the configured key columns, taken before anything is masked. They live in
// memory until the answer is recorded, and are written down under keyed names only.

import type { SqlFacts } from '../core/facts.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { ValueRewriter } from '../wire/postgres/data-row.ts';
import type { ColumnPlan, OutputField } from './postgres-columns.ts';

/** `row`: stands in the answer. `asked`: the question named the patient, and there was an answer. */
export interface PatientRef {
  /** Which kind of identifier it is, as the configuration calls it: `mrn`, `fhir`. */
  readonly kind: string;
  readonly value: string;
  readonly by: 'row' | 'asked';
}

/** `unnamed`: something about patients left that does not say about whom. */
export interface Seen {
  readonly patients: readonly PatientRef[];
  readonly unnamed: boolean;
}

/**
 * One identifier can be written in more ways than one: a number with zeros before it in one system and none in another, a UUID
 * with or without its hyphens. Two patients who differ in nothing else are rather both found than one of them not.
 * Null = it identifies nobody.
 */
export function normalPatient(value: string): string | null {
  const plain = value.normalize('NFKC').trim().toLowerCase();
  if (plain === '' || plain.length > 200) return null;
  if (/^\d+$/.test(plain)) return plain.replace(/^0+(?=\d)/, '');
  const bare = plain.replace(/^urn:uuid:/, '').replaceAll(/[-{}]/g, '');
  return /^[0-9a-f]{32}$/.test(bare) ? bare : plain;
}

/** Remembered so that a patient is recorded once an answer; beyond so many, maybe twice. */
const rememberedMax = 100_000;

export class PatientsSeen {
  readonly #known = new Set<string>();
  readonly #patients = new Map<string, PatientRef>();
  #unnamed = false;
  #toldUnnamed = false;

  /** Who stands in the answer counts as that, also where the question named them. */
  add(ref: PatientRef): void {
    const value = normalPatient(ref.value);
    if (value === null) {
      if (ref.by === 'row') this.addUnnamed();
      return;
    }
    const key = `${ref.kind}\n${value}`;
    if (this.#known.has(key) && !(ref.by === 'row' && this.#patients.get(key)?.by === 'asked')) return;
    if (this.#known.size >= rememberedMax) this.#known.clear();
    this.#known.add(key);
    this.#patients.set(key, { ...ref, value });
  }

  addUnnamed(): void {
    this.#unnamed = !this.#toldUnnamed;
  }

  /** What came since the last time; null = nothing. */
  take(): Seen | null {
    if (this.#patients.size === 0 && !this.#unnamed) return null;
    const seen = { patients: [...this.#patients.values()], unnamed: this.#unnamed };
    this.#toldUnnamed ||= this.#unnamed;
    this.#patients.clear();
    this.#unnamed = false;
    return seen;
  }
}

/** The plan, and an eye on the key columns of these fields. `keys`: `schema.table.column` → kind. */
export function watchedPlan(
  plan: ColumnPlan,
  fields: readonly OutputField[],
  catalog: Catalog,
  keys: Readonly<Record<string, string>>,
  seen: PatientsSeen,
): ColumnPlan {
  const kinds = fields.map((field) => keyKindOf(field, catalog, keys));
  if (kinds.every((kind) => kind === null)) return plan;
  const maskers = fields.map((field, at): ValueRewriter | null => {
    const masker = plan.maskers[at] ?? null;
    const kind = kinds[at] ?? null;
    if (kind === null) return masker;
    return (value) => {
      const text = value && textOf(value, field);
      if (text === null) seen.addUnnamed();
      else seen.add({ kind, value: text, by: 'row' });
      return masker ? masker(value) : value;
    };
  });
  return { ...plan, maskers, untouched: false };
}

/** Whether rows of a statement with these facts may be about patients: it reads a table that has a key, or nobody knows what. */
export function mayConcernPatients(
  facts: Pick<SqlFacts, 'relations'> | undefined,
  keys: Readonly<Record<string, string>>,
): boolean {
  const tables = new Set(Object.keys(keys).map((name) => name.slice(0, name.lastIndexOf('.'))));
  return facts?.relations?.some((name) => tables.has(name)) ?? true;
}

/** INVARIANT: only what the server itself says to be that very column: a count of patients is no patient. */
function keyKindOf(field: OutputField, catalog: Catalog, keys: Readonly<Record<string, string>>): string | null {
  const relation = field.tableOid === 0 ? undefined : catalog.relationByOid(field.tableOid);
  const column = relation && field.attnum > 0 ? catalog.column(field.tableOid, field.attnum) : undefined;
  // A cell that the database masks says the same of everybody, or what nobody asks for.
  if (!relation || !column || column.maskedAs !== undefined) return null;
  const name = `${relation.schema}.${relation.name}.${column.name}`;
  return Object.hasOwn(keys, name) ? (keys[name] ?? null) : null;
}

/** Types whose binary form is their text (OIDs of pg_type: text, varchar, bpchar, name). */
const textTypes: ReadonlySet<number> = new Set([25, 1043, 1042, 19]);
const [int2, int4, int8, uuid] = [21, 23, 20, 2950] as const;

/** The value as PostgreSQL writes it; null where its binary form is not read here. */
function textOf(value: Uint8Array, { typeOid, format }: OutputField): string | null {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (format === 0 || textTypes.has(typeOid)) return bytes.toString('utf8');
  if (typeOid === int2 && bytes.length === 2) return String(bytes.readInt16BE());
  if (typeOid === int4 && bytes.length === 4) return String(bytes.readInt32BE());
  if (typeOid === int8 && bytes.length === 8) return String(bytes.readBigInt64BE());
  if (typeOid !== uuid || bytes.length !== 16) return null;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
