// What has been found so far while one statement is walked. It only ever grows: looking twice changes nothing.

import type { ErrorCode } from '../core/errors.ts';
import type { PhiClass } from '../core/phi.ts';
import type { Relation } from './catalog.ts';
import { isProtected, type Lineage, type ProtectedClass } from './lineage.ts';

export class Findings {
  readonly relations: Set<string> = new Set();
  readonly columns: Set<string> = new Set();
  readonly filters: Set<string> = new Set();
  readonly functions: Set<string> = new Set();
  readonly phi: Set<PhiClass> = new Set();
  readonly filterClasses: Set<ProtectedClass> = new Set();
  readonly #refusals: Map<string, { readonly code: ErrorCode; readonly text: string }> = new Map();
  touchesProtected = false;
  opaque = false;
  writes = false;
  bounded = true;
  originsTrusted = true;

  get refusals(): readonly { readonly code: ErrorCode; readonly text: string }[] {
    return [...this.#refusals.values()];
  }

  /** `text` names kinds and objects of the catalog, never a value. */
  refuse(code: ErrorCode, text: string): void {
    this.#refusals.set(text, { code, text });
  }

  /** Something whose code cannot be seen: what the statement does is unknown. */
  hide(text: string): void {
    this.opaque = true;
    this.refuse('not_provable', text);
  }

  touch(relation: Relation): void {
    this.relations.add(`${relation.schema}.${relation.name}`);
    if (relation.protected) this.touchesProtected = true;
  }

  /** Columns that are read or written. */
  use(lineage: Lineage): void {
    for (const column of lineage.columns) this.columns.add(column);
    for (const cls of lineage.classes) {
      this.touchesProtected = true;
      if (cls !== 'unknown') this.phi.add(cls);
    }
  }

  /** Columns that decide which rows there are, how they are ordered or grouped. */
  filter(lineage: Lineage): void {
    for (const column of lineage.columns) this.filters.add(column);
    for (const cls of lineage.classes) this.filterClasses.add(cls);
  }

  /** A value whose content an error could give away is as good as filtered by. */
  mayTell(lineage: Lineage): void {
    if (isProtected(lineage)) this.filter(lineage);
  }

  /** A value that would be stored, or leave by a way that is not masked. */
  carry(lineage: Lineage): void {
    if (isProtected(lineage)) {
      this.refuse(
        'not_provable',
        'The statement carries a protected value to another place, where nothing would mask it.',
      );
    }
  }
}
