// What a column holds: a person's word first, then a pack, then the type. Nobody's word is `unknown`, which is masked.

import type { Classification, JsonPaths, PhiClass } from '../core/phi.ts';
import { classificationOf } from './json-path.ts';
import { packClass } from './packs/pack.ts';

/** `textual`: can hold text of any kind (arrays, composites, domains and types nobody knows included). */
export interface ColumnType {
  readonly name: string;
  readonly textual: boolean;
  readonly temporal: boolean;
}

/** The part of the configuration that decides; keys of `columns` are `schema.table.column`. */
export interface ClassificationRules {
  readonly pack: string | null;
  readonly columns: Readonly<Record<string, PhiClass | 'clear' | JsonPaths>>;
  readonly unknownText: 'mask' | 'scan' | 'clear';
  /** Functions declared safe: `schema.name(type, type)` → the digest of their definition. */
  readonly functions?: Readonly<Record<string, string>>;
}

export type Classify = (schema: string, table: string, column: string, type: ColumnType) => Classification;

/** What a person or a pack says of a column, of a document as a whole; undefined = nobody has said anything. */
export type Spoken = (schema: string, table: string, column: string) => Classification | undefined;

/** What a person says lies where in a column's documents. */
export type SpokenPaths = (schema: string, table: string, column: string) => JsonPaths | undefined;

export function spoken(config: ClassificationRules | undefined): Spoken {
  const explicit = explicitOf(config);
  const pack = config?.pack ?? null;
  return (schema, table, column) => {
    const said = explicit.get(keyOf(schema, table, column));
    if (typeof said === 'object') return classificationOf(said);
    return said ?? (pack === null ? undefined : packClass(pack, schema, table, column));
  };
}

export function spokenPaths(config: ClassificationRules | undefined): SpokenPaths {
  const explicit = explicitOf(config);
  return (schema, table, column) => {
    const said = explicit.get(keyOf(schema, table, column));
    // INVARIANT: where a relative of the column protects it, paths that are all clear do not clear it again.
    return typeof said === 'object' && classificationOf(said) !== 'clear' ? said : undefined;
  };
}

/** What a person says of a column, as it stands in the configuration. */
export function personsWord(
  config: ClassificationRules | undefined,
): (schema: string, table: string, column: string) => PhiClass | 'clear' | JsonPaths | undefined {
  const explicit = explicitOf(config);
  return (schema, table, column) => explicit.get(keyOf(schema, table, column));
}

function explicitOf(config: ClassificationRules | undefined): ReadonlyMap<string, PhiClass | 'clear' | JsonPaths> {
  return new Map(Object.entries(config?.columns ?? {}).map(([name, said]) => [name.toLowerCase(), said]));
}

function keyOf(schema: string, table: string, column: string): string {
  return `${schema}.${table}.${column}`.toLowerCase();
}

export function classify(config: ClassificationRules | undefined): Classify {
  const word = spoken(config);
  const byText = { mask: 'unknown', scan: 'note', clear: 'clear' } as const;
  const unknownText = config?.unknownText ?? 'mask';

  return (schema, table, column, type) => {
    const named = word(schema, table, column);
    if (named !== undefined) return named;
    if (type.textual) return byText[unknownText];
    if (type.temporal) return unknownText === 'clear' ? 'clear' : 'date';
    return 'clear';
  };
}
