// The catalog as a session of the enforced posture sees it: each masked view stands where the table it hides would be, and
// columns the database has masked already are clear. Whatever a view does not say it masks, the gate masks itself.

import type { Classification, ClassSet } from '../core/phi.ts';
import type { PostgresType } from '../core/postgres-type.ts';
import { ok, type Result } from '../core/result.ts';
import type { MaskRules } from '../masking/mask.ts';
import type { Catalog, Column, Relation } from '../sql/catalog.ts';
import { ownerRole, viewSchema } from './posture-names.ts';
import { maskOf } from './posture-plan.ts';
import { maskComment } from './posture-script.ts';
import { literal } from './sql-text.ts';
import type { CatalogQuery } from './upstream-query.ts';

export interface PostureView {
  readonly connection: string;
  readonly set: ClassSet;
  readonly masks: MaskRules;
}

/** `catalog` as this set's role sees the database. Fails with what `query` fails with. */
export async function enforcedCatalog(
  catalog: Catalog,
  query: CatalogQuery,
  view: PostureView,
): Promise<Result<Catalog>> {
  const answer = await query(masksSql(view.connection));
  if (!answer.ok) return answer;
  const said = new Map(answer.value.rows.map(([oid, attnum, text]) => [`${oid}.${attnum}`, text ?? '']));
  return ok(new EnforcedCatalog(catalog, said, view));
}

/** Only the owner of a view, who never signs in, can comment on it. */
function masksSql(connection: string): string {
  return `
  SELECT c.oid, a.attnum, pg_catalog.col_description(c.oid, a.attnum)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  WHERE c.relkind = 'v' AND pg_catalog.pg_get_userbyid(c.relowner) = ${literal(ownerRole(connection))}
    AND pg_catalog.col_description(c.oid, a.attnum) IS NOT NULL`;
}

class EnforcedCatalog implements Catalog {
  readonly #inner: Catalog;
  readonly #byName = new Map<string, Relation>();
  readonly #byOid = new Map<number, Relation>();

  constructor(inner: Catalog, said: ReadonlyMap<string, string>, view: PostureView) {
    this.#inner = inner;
    const ours = new Set<string>();
    const originals = inner.relations().filter((each) => !each.system);
    for (const schema of new Set(originals.map((each) => each.schema)))
      ours.add(viewSchema(view.connection, view.set, schema));
    for (const original of originals) {
      if (ours.has(original.schema)) continue;
      const made = inner.relation(viewSchema(view.connection, view.set, original.schema), original.name);
      if (made?.kind !== 'v') continue;
      const relation = standIn(made, original, said, view);
      this.#byName.set(keyOf(relation), relation);
      this.#byOid.set(relation.oid, relation);
    }
  }

  get version(): number {
    return this.#inner.version;
  }

  get complete(): boolean {
    return this.#inner.complete;
  }

  get database(): string {
    return this.#inner.database;
  }

  get utf8(): boolean {
    return this.#inner.utf8;
  }

  get searchPath(): readonly string[] {
    return this.#inner.searchPath;
  }

  relation(schema: string, name: string): Relation | undefined {
    const inner = this.#inner.relation(schema, name);
    // INVARIANT: what is not a stand-in does not exist here, though the role might see its name.
    return inner?.system ? inner : this.#byName.get(keyOf({ schema, name }));
  }

  relationByOid(oid: number): Relation | undefined {
    return this.#byOid.get(oid) ?? this.#inner.relationByOid(oid);
  }

  relations(): readonly Relation[] {
    return [...this.#inner.relations().filter((each) => each.system), ...this.#byOid.values()];
  }

  column(tableOid: number, attnum: number): Column | undefined {
    const relation = this.#byOid.get(tableOid);
    return relation ? relation.columns.find((each) => each.attnum === attnum) : this.#inner.column(tableOid, attnum);
  }

  type(oid: number): PostgresType {
    return this.#inner.type(oid);
  }

  isUserFunction(name: string): boolean {
    return this.#inner.isUserFunction(name);
  }

  isDeclaredSafe(call: string): boolean {
    return this.#inner.isDeclaredSafe(call);
  }

  isUserOperator(name: string): boolean {
    return this.#inner.isUserOperator(name);
  }

  isUserType(name: string): boolean {
    return this.#inner.isUserType(name);
  }

  isEnumType(name: string): boolean {
    return this.#inner.isEnumType(name);
  }

  isCastByUsers(type: number | string): boolean {
    return this.#inner.isCastByUsers(type);
  }
}

/** The view under the name of the table, so that facts and rules speak of what people know. */
function standIn(
  view: Relation,
  original: Relation,
  said: ReadonlyMap<string, string>,
  posture: PostureView,
): Relation {
  const columns = view.columns.map((column): Column => {
    const base = original.columns.find((each) => each.name === column.name);
    const mask = base ? maskOf(base, posture.set, posture.masks) : null;
    // INVARIANT: the view says so of this very mask; one that was made by other rules is masked once more.
    const byDatabase = mask !== null && said.get(`${view.oid}.${column.attnum}`) === maskComment + mask;
    const classification: Classification = byDatabase ? 'clear' : (base?.classification ?? 'unknown');
    const maskedAs = byDatabase && base && isClass(base.classification) ? { maskedAs: base.classification } : {};
    return {
      ...column,
      computed: false,
      ...(base?.key && { key: base.key }),
      classification,
      jsonPaths: byDatabase ? undefined : base?.jsonPaths,
      ...maskedAs,
    };
  });
  return {
    ...view,
    definition: undefined,
    schema: original.schema,
    name: original.name,
    kind: original.kind,
    active: original.active,
    // The database compares what is there, whoever is shown it masked.
    ...(original.ties && { ties: original.ties }),
    // A view's definition is not read here, but a plan is made of it.
    policed: original.policed === true || original.kind === 'v',
    columns,
    protected: columns.some((each) => each.classification !== 'clear'),
  };
}

function isClass(classification: Classification): classification is Exclude<Classification, 'clear' | 'unknown'> {
  return classification !== 'clear' && classification !== 'unknown';
}

function keyOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}\0${name}`;
}
