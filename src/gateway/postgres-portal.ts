// What a client has bound to be executed, under a name of its own or none: a prepared statement with its parameters, or a cursor of
// SQL. Its answer is one, however often it is executed.

import type { FieldDescription } from '../wire/postgres/rows.ts';
import type { Output } from './postgres-output.ts';
import { type Cursor, Named, type Prepared } from './postgres-statements.ts';

interface Bound {
  readonly name: string;
  /** How many Syncs were before it. */
  readonly run: number;
  /** Null: a cursor of SQL, executed by the protocol. */
  readonly prepared: Prepared | null;
  readonly cursor: Cursor;
  /** Result formats as Bind gives them: none = text, one = for all, else one a column. */
  readonly formats: readonly (0 | 1)[];
  readonly output: Output;
  /** The portal of the same name it takes the place of. */
  readonly former: Portal | null;
}

export class Portal extends Named {
  readonly prepared: Prepared | null;
  readonly cursor: Cursor;
  readonly formats: readonly (0 | 1)[];
  readonly output: Output;
  readonly former: Portal | null;
  /** From a Describe of this very portal, where that of the statement would not do. */
  fields: readonly FieldDescription[] | null = null;

  constructor({ name, run, prepared, cursor, formats, output, former }: Bound) {
    super(name, run);
    this.prepared = prepared;
    this.cursor = cursor;
    this.formats = formats;
    this.output = output;
    this.former = former;
  }
}
