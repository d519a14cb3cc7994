// Catalog and samples → a classification to review: for each column a class and what speaks for it. It proposes to protect,
// and never to clear: that is a person's word. What it says holds names and counts, never a value.

import { type JsonPaths, type PhiClass, phiClasses } from '../core/phi.ts';
import { type ClassificationRules, personsWord } from './classification.ts';
import { type Evidence, evidenceOf, type Holds } from './column-evidence.ts';
import { genericColumn } from './packs/generic.ts';
import { packClass } from './packs/pack.ts';

export interface SurveyedColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly holds: Holds;
  /** Text form of some rows' values; null = not sampled. */
  readonly samples: readonly (string | null)[] | null;
}

export type Said = PhiClass | 'clear' | JsonPaths;

export interface ProposedColumn {
  /** `schema.table.column`. */
  readonly name: string;
  /** Null = unknown: masked until somebody decides. */
  readonly said: Said | null;
  /** What the configuration or its pack says today; null = nothing. */
  readonly today: Said | null;
  readonly evidence: readonly string[];
  /** It is shown as it is today, and its values speak against that. */
  readonly exposed: boolean;
}

export interface Proposal {
  readonly pack: { readonly name: string; readonly evidence: string } | null;
  /** Every column that is, or by its type could be, protected. */
  readonly columns: readonly ProposedColumn[];
  /** Names the configuration classifies that the database does not have. */
  readonly gone: readonly string[];
}

/** `names`: every column of the database, as `schema.table.column` in lower case. */
export function propose(
  columns: readonly SurveyedColumn[],
  names: ReadonlySet<string>,
  rules: ClassificationRules | undefined,
): Proposal {
  const pack = packOf(columns, rules);
  const wordOf = personsWord(rules);
  const proposed = columns.flatMap((column) => {
    const person = wordOf(column.schema, column.table, column.column);
    const today = person ?? fromPack(rules?.pack ?? null, column);
    return proposalOf(column, { pack: pack?.name ?? null, person, today, textIsShown: rules?.unknownText === 'clear' });
  });
  const surveyed = new Set(columns.map((each) => nameOf(each).toLowerCase()));
  const others = Object.entries(rules?.columns ?? {}).filter(([name]) => !surveyed.has(name.toLowerCase()));
  // Views, generated columns and partitions: nobody looked, so what a person says of them stays.
  const kept = others.filter(([name]) => names.has(name.toLowerCase()));
  const stays = kept.map(([name, said]) => ({ name, said, today: said, evidence: [yourWord], exposed: false }));
  const gone = others.flatMap(([name]) => (names.has(name.toLowerCase()) ? [] : [name]));
  return { pack, columns: [...proposed, ...stays], gone };
}

const yourWord = 'your word';

/** Tables that only this data model has together. */
const models: Readonly<Record<string, readonly string[]>> = {
  omop: 'person observation_period visit_occurrence condition_occurrence drug_exposure procedure_occurrence measurement concept'.split(
    ' ',
  ),
  synthea: 'patients encounters conditions medications observations procedures immunizations careplans allergies'.split(
    ' ',
  ),
};
const modelTables = 4;

function packOf(columns: readonly SurveyedColumn[], rules: ClassificationRules | undefined): Proposal['pack'] {
  if (rules && rules.pack !== null) return { name: rules.pack, evidence: yourWord };
  const tables = new Set(columns.map((each) => each.table.toLowerCase()));
  for (const [name, [subject = '', ...others]] of Object.entries(models)) {
    const found = others.filter((table) => tables.has(table)).length + 1;
    if (tables.has(subject) && found >= modelTables) return { name, evidence: `${found} of its tables are here` };
  }
  return null;
}

function fromPack(pack: string | null, { schema, table, column }: SurveyedColumn): PhiClass | 'clear' | undefined {
  return pack === null ? undefined : packClass(pack, schema, table, column);
}

interface Words {
  readonly pack: string | null;
  readonly person: Said | undefined;
  readonly today: Said | undefined;
  /** Text nobody has classified is shown as it is. */
  readonly textIsShown: boolean;
}

function proposalOf(column: SurveyedColumn, words: Words): ProposedColumn[] {
  const seen = evidenceOf(column.samples ?? [], column.holds);
  const looks = looksLike(seen, column.holds);
  const [word, source] = wordFor(column, words);
  const told = (...more: readonly string[]): string[] => [...more.filter(Boolean), ...counted(seen, looks, column)];
  const made = (said: Said | null, evidence: readonly string[], exposed = false): ProposedColumn[] => [
    { name: nameOf(column), said, today: words.today ?? null, evidence, exposed },
  ];

  const isPlain = column.holds === 'number' || column.holds === 'plain';
  const shownToday = words.today === 'clear' || (words.today === undefined && (isPlain || words.textIsShown));
  if (word === 'clear' || (word === undefined && column.holds === 'number')) {
    const against = suspicion(seen, looks, source);
    if (against !== null) return made(against, told(`${source || 'type'} says clear`), shownToday);
    return words.person === 'clear' ? made('clear', [source]) : [];
  }
  if (typeof word === 'object') return made(word, [source]);
  if (word !== undefined) {
    // What a person or a pack has said stays; a name is only a hint, which a column full of something else outweighs.
    const stays = source !== 'name' || looks === null || looks === 'note' || looks === word;
    const isSeen = isPlain && direct.includes(word);
    const exposed = source === 'name' && shownToday && (isSeen || suspicion(seen, looks, source) !== null);
    return made(stays ? word : looks, told(stays ? source : `name says ${word}`), exposed);
  }
  if (isPlain || column.holds === 'flag') return [];
  if (column.holds === 'opaque') return made(null, ['a type that is not looked into']);
  if (column.holds === 'date') return made('date', ['type']);
  if (column.holds === 'net') return made('ip', ['type']);
  return made(looks, told(), shownToday && suspicion(seen, looks, source) !== null);
}

/** The strongest word, and who said it. */
function wordFor(column: SurveyedColumn, words: Words): readonly [Said | undefined, string] {
  if (words.person !== undefined) return [words.person, yourWord];
  const pack = fromPack(words.pack, column);
  if (pack !== undefined) return [pack, `pack ${words.pack}`];
  const named = column.holds === 'flag' ? undefined : genericColumn(column.column);
  return named === undefined ? [undefined, ''] : [named, 'name'];
}

const most = 0.6;
/** Numbers are many things: nearly all of them must have the shape. */
const nearlyAll = 0.9;

/** What the column as a whole looks like; null = nothing in particular. */
function looksLike({ values, whole, prose, records }: Evidence, holds: Holds): PhiClass | null {
  if (values === 0) return null;
  const [first] = [...whole].sort((a, b) => b[1] - a[1]);
  if (first && first[1] >= values * (holds === 'number' ? nearlyAll : most)) return first[0];
  return records + prose >= values * most ? 'note' : null;
}

/** What nobody clears on purpose: a town or a date may be cleared after review, these only by mistake. */
const direct: readonly PhiClass[] = ['ssn', 'name', 'email', 'phone', 'mrn', 'health_plan', 'license'];
const few = 0.05;

/** What speaks against showing the column: it is full of direct identifiers, or some of them are in it. */
function suspicion(seen: Evidence, looks: PhiClass | null, source: string): PhiClass | null {
  // Organisations have telephones, and a pack knows their tables.
  const classes = direct.filter((cls) => cls !== 'phone' || !source.startsWith('pack '));
  if (looks !== null && classes.includes(looks)) {
    const digitsAlone = (seen.bare.get(looks) ?? 0) >= (seen.whole.get(looks) ?? 0) / 2;
    if (!digitsAlone || isKey(seen, looks)) return looks;
  }
  const hits = classes.reduce((sum, cls) => sum + (cls === 'name' ? 0 : (seen.inside.get(cls) ?? 0)), 0);
  return hits >= 2 && hits >= seen.values * few ? 'note' : null;
}

const fewValues = 5;

/** Codes of a terminology have nine digits too; but not all of them, and they recur. */
function isKey({ values, distinct, whole }: Evidence, cls: PhiClass): boolean {
  return values >= fewValues && (whole.get(cls) ?? 0) >= values * nearlyAll && distinct >= values * nearlyAll;
}

function counted(seen: Evidence, looks: PhiClass | null, { samples, holds }: SurveyedColumn): string[] {
  if (samples === null) return isLookedInto(holds) ? ['not sampled'] : [];
  const { values } = seen;
  if (values === 0) return ['no values'];
  const of = (hits: number, text: string): string[] => (hits === 0 ? [] : [`${hits} of ${values} ${text}`]);
  const hits = looks === null ? 0 : (seen.whole.get(looks) ?? 0);
  const others = phiClasses.filter((cls) => cls !== looks || hits === 0);
  return [
    ...of(hits, `look like ${looks}`),
    ...of(seen.fhir, 'are FHIR resources'),
    ...of(seen.records - seen.fhir, 'are documents'),
    ...of(seen.prose, 'are sentences'),
    ...others.flatMap((cls) => of(seen.inside.get(cls) ?? 0, `hold ${cls}`)),
    ...(hits + seen.records + seen.prose + seen.inside.size === 0 ? [`${values} values, nothing found`] : []),
  ];
}

function isLookedInto(holds: Holds): boolean {
  return holds === 'text' || holds === 'document' || holds === 'number';
}

export function nameOf({ schema, table, column }: Pick<SurveyedColumn, 'schema' | 'table' | 'column'>): string {
  return `${schema}.${table}.${column}`;
}
