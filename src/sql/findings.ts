// What has been found so far while one statement is walked. It only ever grows: looking twice changes nothing.

import type { ErrorCode } from '../core/errors.ts';
import type { PhiClass } from '../core/phi.ts';
import type { Relation } from './catalog.ts';
import {
  isDefinition,
  isOfCatalog,
  isProtected,
  type Lineage,
  type ProtectedClass,
  type Reading,
  unite,
} from './lineage.ts';

export class Findings {
  readonly relations: Set<string> = new Set();
  readonly columns: Set<string> = new Set();
  readonly filters: Set<string> = new Set();
  readonly functions: Set<string> = new Set();
  readonly phi: Set<PhiClass> = new Set();
  readonly filterClasses: Set<ProtectedClass> = new Set();
  /** Of each comparison with a value that the statement itself gives, where nothing but that decides. */
  readonly lookups: ProtectedClass[] = [];
  /** Parameters ($n) that name a setting to be read. */
  readonly settingParams: Set<number> = new Set();
  /** What is held against one another where it decides which rows there are, as far as some of it is protected. */
  readonly compared: Lineage[] = [];
  /** What of one row goes through something together that may fail, or be NULL, because of what is in it. */
  readonly beside: Lineage[] = [];
  /** Of every protected column that is read or written. */
  readonly used: Set<ProtectedClass> = new Set();
  /** What it reads of protected columns, but for definitions of the catalog. */
  readonly #read: Lineage[] = [];
  readonly #masked: Map<string, PhiClass> = new Map();
  readonly #refusals: Map<string, { readonly code: ErrorCode; readonly text: string }> = new Map();
  touchesProtected = false;
  opaque = false;
  writes = false;
  bounded = true;
  /** It asks for all columns of something, whatever they are. */
  star = false;
  /** What it puts out may hold columns the catalog has got since. */
  wholeRows = false;
  readsViews = false;
  /** Its plan would show what others have written into definitions. */
  says = false;
  /** A view it reads runs code that cannot be seen into. */
  unseen = false;
  /** It reads a setting that can hold more than a word of the server's own. */
  readsSettings = false;
  /** It makes a value, or a row, that may come near a limit of the server. */
  swollen = false;
  /** How often it makes a row of one that lies in a table. */
  rowsMade = 1;
  /** What says in which partitions the rows lie that it reads. */
  readonly places: Lineage[] = [];

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

  touch(relation: Relation, reading: Reading): void {
    const name = `${relation.schema}.${relation.name}`;
    this.relations.add(name);
    for (const each of reading.relations) this.relations.add(each);
    if (reading.touchesProtected) this.touchesProtected = true;
    // A view may have been replaced by one that shows other values under the same names.
    if (relation.kind === 'v' && !relation.system) this.readsViews = true;
    this.says ||= reading.says;
    this.unseen ||= reading.unseen;
    this.readsSettings ||= reading.readsSettings;
    for (const column of relation.columns) {
      if (column.maskedAs !== undefined) this.#masked.set(`${name}.${column.name}`, column.maskedAs);
    }
  }

  /** Columns that are read or written. */
  use(lineage: Lineage): void {
    for (const column of lineage.columns) {
      this.columns.add(column);
      const masked = this.#masked.get(column);
      if (masked !== undefined) this.phi.add(masked);
    }
    for (const cls of lineage.classes) {
      this.touchesProtected = true;
      this.used.add(cls);
      if (cls !== 'unknown') this.phi.add(cls);
    }
    this.read(lineage);
  }

  /** Columns that decide which rows there are, how they are ordered or grouped. */
  filter(lineage: Lineage): void {
    this.compare(lineage);
    this.#tell(lineage);
  }

  /** Values that lie beside what the statement makes, in a row of a table. */
  read(lineage: Lineage): void {
    if (isProtected(lineage) && !isOfCatalog(lineage)) this.#read.push(lineage);
  }

  /** Once all of it has been looked at: what comes to a limit of the server tells of everything it is beside. */
  settle(): void {
    if (this.swollen) this.#tell(unite(this.#read));
  }

  #tell(lineage: Lineage): void {
    for (const column of lineage.columns) this.filters.add(column);
    for (const cls of lineage.classes) this.filterClasses.add(cls);
  }

  /** Columns that are held against one another, as a view may do it for who writes the one of them. */
  compare(lineage: Lineage): void {
    if (isProtected(lineage) && lineage.columns.size > 1) this.compared.push(lineage);
  }

  /** Columns that are held against one value the statement gives. */
  lookUp(lineage: Lineage): void {
    for (const column of lineage.columns) this.filters.add(column);
    this.lookups.push(...lineage.classes);
  }

  /** Columns that rows are told apart or put in order by. */
  sort(lineage: Lineage): void {
    if (!isDefinition(lineage)) this.stand(lineage);
  }

  /** The same, of definitions too: where a row stands that one has written oneself says what is in those around it. */
  stand(lineage: Lineage): void {
    this.filter(lineage);
    if (isProtected(lineage)) this.compared.push(lineage);
  }

  /** Values that are held against one another: of one column they are of two rows, of which one may be one's own. */
  meet(values: readonly Lineage[]): void {
    const shared = values.filter(
      (value, at) => isProtected(value) && values.some((other, place) => place !== at && shareColumn(value, other)),
    );
    if (shared.length > 0) this.compared.push(unite(shared));
  }

  /** A value whose content an error could give away is as good as filtered by. */
  mayTell(lineage: Lineage): void {
    if (!isProtected(lineage)) return;
    this.#tell(lineage);
    this.bring(lineage);
  }

  /** Values that go through something together: who writes the one might learn of the other by a view that does so. */
  bring(lineage: Lineage): void {
    if (!isProtected(lineage) || lineage.columns.size < 2) return;
    const relations = new Set([...lineage.columns].map((column) => column.slice(0, column.lastIndexOf('.'))));
    (relations.size > 1 ? this.compared : this.beside).push(lineage);
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

function shareColumn(a: Lineage, b: Lineage): boolean {
  return [...a.columns].some((column) => b.columns.has(column));
}
