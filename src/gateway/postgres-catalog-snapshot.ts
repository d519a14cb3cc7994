// The catalog as it was at one moment, to be asked by name and by OID. It never reads anything itself.

import type { PostgresType } from '../core/postgres-type.ts';
import type { Catalog, Column, Relation } from '../sql/catalog.ts';
import { searchPath } from '../sql/settings.ts';
import type { SafeFunctions } from './postgres-functions.ts';
import { typeTable } from './postgres-types.ts';
import type { QueryRows } from './upstream-query.ts';

/** Relations by name and by OID. */
export class RelationTable {
  readonly all: readonly Relation[];
  readonly #byName = new Map<string, Relation>();
  readonly #byOid = new Map<number, Relation>();
  readonly #columns = new Map<number, ReadonlyMap<number, Column>>();

  constructor(relations: readonly Relation[]) {
    this.all = relations;
    for (const relation of relations) {
      this.#byName.set(`${relation.schema}\0${relation.name}`, relation);
      this.#byOid.set(relation.oid, relation);
      this.#columns.set(relation.oid, new Map(relation.columns.map((column) => [column.attnum, column])));
    }
  }

  named(schema: string, name: string): Relation | undefined {
    return this.#byName.get(`${schema}\0${name}`);
  }

  numbered(oid: number): Relation | undefined {
    return this.#byOid.get(oid);
  }

  column(oid: number, attnum: number): Column | undefined {
    return this.#columns.get(oid)?.get(attnum);
  }
}

interface SnapshotFacts extends Pick<Catalog, 'version' | 'complete' | 'database' | 'utf8'> {
  readonly functions: ReadonlySet<string>;
  readonly safe: SafeFunctions;
  readonly operators: ReadonlySet<string>;
  /** Name → whether every type of this name is an enum. */
  readonly types: ReadonlyMap<string, boolean>;
  /** OIDs and names. */
  readonly castTypes: ReadonlySet<number | string>;
  /** The answer to `typesByOidSql`. */
  readonly typesByOid: QueryRows['rows'];
}

export class CatalogSnapshot implements Catalog {
  readonly version: number;
  readonly complete: boolean;
  readonly database: string;
  readonly utf8: boolean;
  readonly searchPath: readonly string[] = searchPath;
  readonly #builtIn: RelationTable;
  readonly #made: RelationTable;
  readonly #facts: SnapshotFacts;
  readonly #typeOf: (oid: number) => PostgresType;

  constructor([builtIn, made]: readonly [RelationTable, RelationTable], facts: SnapshotFacts) {
    this.version = facts.version;
    this.complete = facts.complete;
    this.database = facts.database;
    this.utf8 = facts.utf8;
    this.#builtIn = builtIn;
    this.#made = made;
    this.#facts = facts;
    this.#typeOf = typeTable(facts.typesByOid, (oid, attnum) => this.column(oid, attnum)?.classification);
  }

  relation(schema: string, name: string): Relation | undefined {
    return this.#made.named(schema, name) ?? this.#builtIn.named(schema, name);
  }

  relations(): readonly Relation[] {
    return [...this.#builtIn.all, ...this.#made.all];
  }

  relationByOid(oid: number): Relation | undefined {
    return this.#made.numbered(oid) ?? this.#builtIn.numbered(oid);
  }

  column(tableOid: number, attnum: number): Column | undefined {
    return this.#made.column(tableOid, attnum) ?? this.#builtIn.column(tableOid, attnum);
  }

  type(oid: number): PostgresType {
    return this.#typeOf(oid);
  }

  isUserFunction(name: string): boolean {
    return this.#facts.functions.has(name);
  }

  isDeclaredSafe(call: string): boolean {
    return this.#facts.safe.calls.has(call);
  }

  isUserOperator(name: string): boolean {
    return this.#facts.operators.has(name);
  }

  isUserType(name: string): boolean {
    return this.#facts.types.has(name);
  }

  isEnumType(name: string): boolean {
    return this.#facts.types.get(name) === true;
  }

  isCastByUsers(type: number | string): boolean {
    return this.#facts.castTypes.has(type);
  }
}
