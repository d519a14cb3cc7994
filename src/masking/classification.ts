// What a column holds: a person's word first, then a pack, then the type. Nobody's word is `unknown`, which is masked.

import type { Classification, PhiClass } from '../core/phi.ts';
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
  readonly columns: Readonly<Record<string, PhiClass | 'clear'>>;
  readonly unknownText: 'mask' | 'scan' | 'clear';
}

export type Classify = (schema: string, table: string, column: string, type: ColumnType) => Classification;

/** What a person or a pack says of a column; undefined = nobody has said anything. */
export type Spoken = (schema: string, table: string, column: string) => PhiClass | 'clear' | undefined;

export function spoken(config: ClassificationRules | undefined): Spoken {
  const explicit = new Map(
    Object.entries(config?.columns ?? {}).map(([name, cls]) => [name.toLowerCase(), cls] as const),
  );
  const pack = config?.pack ?? null;
  return (schema, table, column) =>
    explicit.get(`${schema}.${table}.${column}`.toLowerCase()) ??
    (pack === null ? undefined : packClass(pack, schema, table, column));
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
