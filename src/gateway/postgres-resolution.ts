// What the statements of a message mean that use names: those that earlier statements of the session have made, and those that
// earlier ones of the same message make. It must never understand a name as another text than the one it will stand for.

import type { Facts } from '../core/facts.ts';
import type { Result } from '../core/result.ts';
import type { NameAct, StatementAnalysis } from '../sql/analysis.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { Names } from './postgres-names.ts';
import { Cursor, Prepared, type Statement } from './postgres-statements.ts';
import type { Analysed } from './postgres-target.ts';

/** A message's statements, with what they name looked up. */
export interface Resolved {
  readonly statements: readonly Statement[];
  readonly cursors: readonly Cursor[];
  /** What the names in the message stand for: part of the act. */
  readonly texts: Readonly<Record<string, string>>;
  readonly uses: readonly (Prepared | Cursor)[];
}

/** The one statement behind a prepared statement as it is to be understood now; null where that is not known. */
export function meaningOf(prepared: Prepared, analysed: Analysed): StatementAnalysis | null {
  const [only, ...others] = analysed.analyses;
  if (!only || others.length > 0) return null;
  if (prepared.level === 'protocol') return only;
  return only.names?.kind === 'prepare' ? only.names.inner : null;
}

/** INVARIANT: a value of a type that functions of users cast or check may come out as any other, or fail; the client chose that type. */
export function asDeclared(prepared: Prepared, meaning: StatementAnalysis, catalog: Catalog): StatementAnalysis {
  if (!prepared.declaredTypes.some((oid) => catalog.isCastByUsers(oid))) return meaning;
  const text = 'A parameter is of a type that functions of users cast or check.';
  return { ...meaning, refusals: [...meaning.refusals, { code: 'not_provable', text }] };
}

export interface ResolutionDeps {
  readonly analyse: (text: string) => Promise<Result<Analysed>>;
  /** Whether the upstream has confirmed a name. */
  readonly usable: (named: Prepared) => Promise<boolean>;
  /** DISCARD ALL has completed. */
  readonly onDiscard: () => void;
  readonly catalog: Catalog;
}

/** Looks up what the statements of `sql` name. What is not found keeps the analysis it has: nothing is known of it. */
export async function resolveNames(
  analysed: Analysed,
  sql: string,
  names: Names,
  deps: ResolutionDeps,
): Promise<Resolved> {
  const known = unnamed(analysed);
  if (known) return known;
  const resolution = new Resolution(names, sql, deps);
  for (const analysis of analysed.analyses) await resolution.add(analysis);
  return resolution;
}

const resolvedBefore = new WeakMap<Analysed, Resolved>();

/** What there is to look up is nothing: the same object for the same analysis. Null = names are named. */
export function unnamed(analysed: Analysed): Resolved | null {
  const known = resolvedBefore.get(analysed);
  if (known) return known;
  if (analysed.analyses.some((each) => each.names !== null)) return null;
  const statements = analysed.analyses.map((analysis) => ({ analysis, cursor: null, effect: null }));
  const resolved = { statements, cursors: [], texts: {}, uses: [] };
  resolvedBefore.set(analysed, resolved);
  return resolved;
}

/** One message: what its first statements name, its later ones may use. */
class Resolution implements Resolved {
  readonly statements: Statement[] = [];
  readonly cursors: Cursor[] = [];
  readonly texts: Record<string, string> = {};
  readonly uses: (Prepared | Cursor)[] = [];
  readonly #names: Names;
  readonly #sql: Buffer;
  readonly #deps: ResolutionDeps;
  /** As it will be after the statements so far; null = gone. */
  readonly #prepared = new Map<string, Prepared | null>();
  readonly #cursors = new Map<string, Cursor | null>();
  #allDeallocated = false;
  #allClosed = false;

  constructor(names: Names, sql: string, deps: ResolutionDeps) {
    this.#names = names;
    this.#sql = Buffer.from(sql);
    this.#deps = deps;
  }

  async add(analysis: StatementAnalysis): Promise<void> {
    const act = analysis.names;
    const text = this.#sql.toString('utf8', analysis.start, analysis.end);
    if (!act) {
      this.statements.push({ analysis, cursor: null, effect: null });
      return;
    }
    switch (act.kind) {
      case 'prepare':
        return this.#prepare(analysis, act.name, text);
      case 'execute':
        return this.#execute(analysis, act);
      case 'declare':
        return this.#declare(act, text);
      case 'fetch':
        return this.#fetch(analysis, act);
      case 'positioned':
        return this.#positioned(analysis, act.name);
      case 'deallocate':
        return this.#effect(analysis, () => this.#names.deallocate(act.name), act.name, undefined);
      case 'close':
        return this.#effect(analysis, () => this.#names.closeCursors(act.name), undefined, act.name);
      case 'discard':
        return this.#discard(analysis);
    }
  }

  #prepare(analysis: StatementAnalysis, name: string, text: string): void {
    const prepared = new Prepared(name, 0, text, 'sql');
    prepared.settle('ready');
    this.#prepared.set(name, prepared);
    this.statements.push({
      analysis,
      cursor: null,
      effect: () => void this.#names.prepared.set(name, prepared),
    });
  }

  async #execute(analysis: StatementAnalysis, act: Extract<NameAct, { kind: 'execute' }>): Promise<void> {
    const prepared = await this.#preparedOf(act.name);
    const analysed = prepared && (await this.#deps.analyse(prepared.text));
    const found = prepared && analysed?.ok ? meaningOf(prepared, analysed.value) : null;
    const meaning = prepared && found && asDeclared(prepared, found, this.#deps.catalog);
    // What a prepared statement would do to names is not followed through EXECUTE.
    if (!prepared || !meaning || meaning.names || meaning.setting) {
      this.statements.push({ analysis, cursor: null, effect: null });
      return;
    }
    this.texts[act.name] = prepared.text;
    this.uses.push(prepared);
    this.statements.push({ analysis: withArguments(meaning, act), cursor: null, effect: null });
  }

  #declare(act: Extract<NameAct, { kind: 'declare' }>, text: string): void {
    const cursor = new Cursor(act.name, text, act.inner, act.hold);
    this.cursors.push(cursor);
    this.#cursors.set(act.name, cursor);
    this.statements.push({
      analysis: { ...act.inner, names: act },
      cursor: null,
      effect: () => void this.#names.cursors.set(act.name, cursor),
    });
  }

  #fetch(analysis: StatementAnalysis, act: Extract<NameAct, { kind: 'fetch' }>): void {
    const cursor = this.#used(act.name);
    if (cursor) this.statements.push({ analysis: { ...cursor.analysis, names: act }, cursor, effect: null });
    else this.statements.push({ analysis, cursor: null, effect: null });
  }

  /** It gives out nothing of the cursor, but what it changes is what the cursor stands on. */
  #positioned(analysis: StatementAnalysis, name: string): void {
    this.#used(name);
    this.statements.push({ analysis, cursor: null, effect: null });
  }

  #used(name: string): Cursor | undefined {
    const own = this.#cursors.get(name);
    const cursor = own === undefined && !this.#allClosed ? this.#names.cursor(name) : own;
    if (!cursor) return undefined;
    this.texts[name] = cursor.text;
    this.uses.push(cursor);
    return cursor;
  }

  /** `undefined` = touches none of this kind, null = all. */
  #effect(
    analysis: StatementAnalysis,
    effect: () => void,
    prepared: string | null | undefined,
    cursor: string | null | undefined,
  ): void {
    if (prepared === null) this.#allDeallocated = true;
    if (cursor === null) this.#allClosed = true;
    if (prepared === null) this.#prepared.clear();
    else if (prepared !== undefined) this.#prepared.set(prepared, null);
    if (cursor === null) this.#cursors.clear();
    else if (cursor !== undefined) this.#cursors.set(cursor, null);
    this.statements.push({ analysis, cursor: null, effect });
  }

  #discard(analysis: StatementAnalysis): void {
    const effect = (): void => {
      this.#names.deallocate(null);
      this.#names.closeCursors(null);
      this.#deps.onDiscard();
    };
    this.#effect(analysis, effect, null, null);
  }

  async #preparedOf(name: string): Promise<Prepared | null> {
    const own = this.#prepared.get(name);
    if (own !== undefined) return own;
    const known = this.#allDeallocated ? undefined : this.#names.prepared.get(name);
    return known && (await this.#deps.usable(known)) ? known : null;
  }
}

/** What EXECUTE does: what was prepared, with arguments that are expressions of their own. */
function withArguments(meaning: StatementAnalysis, act: Extract<NameAct, { kind: 'execute' }>): StatementAnalysis {
  const given = act.inner;
  if (!given) return { ...meaning, names: act };
  return {
    ...meaning,
    names: act,
    facts: summed(meaning.facts, given.facts),
    touchesProtected: meaning.touchesProtected || given.touchesProtected,
    refusals: [...given.refusals, ...meaning.refusals],
    filters: [...new Set([...given.filters, ...meaning.filters])],
    lookups: [...given.lookups, ...meaning.lookups],
  };
}

function summed(statement: Facts['sql'], given: Facts['sql']): Facts['sql'] {
  const functions = statement.functions &&
    given.functions && [...new Set([...statement.functions, ...given.functions])];
  if (!given.opaque) return { ...statement, functions };
  return { ...statement, functions, opaque: true, reads: null, writes: null, bounded: null };
}
