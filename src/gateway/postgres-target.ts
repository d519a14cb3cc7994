// One PostgreSQL upstream as the gate knows it: its catalog snapshot, what statements mean against it, and whether its
// login is fit to be masked behind. Shared by all sessions of the connection; it holds no client state.

import type { PhiClass } from '../core/phi.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { ClassificationRules } from '../masking/classification.ts';
import type { Clock } from '../ports/clock.ts';
import type { UpstreamConnection } from '../ports/postgres-upstream.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { analyze } from '../sql/analyze.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { StatementCache } from '../sql/parse.ts';
import { encodeTerminate } from '../wire/postgres/query.ts';
import { catalogVersion, loadCatalog, privilegeProblems } from './postgres-catalog.ts';
import { simpleQuery } from './upstream-query.ts';

/** A message's statements, and the classes the detectors found in its text. Valid for one version of the catalog. */
export interface Analysed {
  readonly analyses: readonly StatementAnalysis[];
  readonly phi: readonly PhiClass[];
}

export interface PostgresTargetDeps {
  readonly clock: Clock;
  readonly connect: () => Promise<Result<UpstreamConnection>>;
  /** Undefined: nobody has said anything, so all text is unknown. */
  readonly classification: () => ClassificationRules | undefined;
  readonly detectClasses: (text: string) => readonly PhiClass[];
  readonly statements: StatementCache;
  readonly acceptPrivilegedLogin: boolean;
}

/** How long a snapshot is believed before the catalog is asked whether it has changed: DDL may come past the gate. */
const believedMs = 1_000;
/** A name nobody knows makes the snapshot be read again, but not more often than this. */
const rereadMs = 1_000;
const analysedMax = 2_000;
const rememberedCharactersMax = 32_768;

export class PostgresTarget {
  readonly #deps: PostgresTargetDeps;
  readonly #analysed = new Map<string, Analysed>();
  #catalog: Catalog | null = null;
  /** What `catalogVersion` said before the snapshot was read, and when it last said so. */
  #version = '';
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #readMs = Number.NEGATIVE_INFINITY;
  #stale = false;
  /** The gate's own connection; made when it is needed. */
  #control: UpstreamConnection | null = null;
  #confirming: Promise<Result<Catalog>> | null = null;

  constructor(deps: PostgresTargetDeps) {
    this.#deps = deps;
  }

  /** The newest snapshot. Only to be asked for after `ready` has succeeded. */
  get catalog(): Catalog {
    if (!this.#catalog) throw new Error('the catalog has not been read');
    return this.#catalog;
  }

  /** Makes sure of the snapshot. Refuses a login that can do too much, and an upstream that does not answer. */
  ready(): Promise<Result<Catalog>> {
    const fresh = !this.#stale && this.#deps.clock.now() - this.#confirmedMs < believedMs;
    if (this.#catalog && fresh) return Promise.resolve(ok(this.#catalog));
    this.#confirming ??= this.#confirm().finally(() => {
      this.#confirming = null;
    });
    return this.#confirming;
  }

  invalidate(): void {
    this.#stale = true;
    this.#analysed.clear();
  }

  close(): void {
    this.#control?.end(encodeTerminate());
    this.#control = null;
  }

  /** What the statements of a message do and may reveal. Reads the catalog again when it is stale or a name is unknown. */
  async analyse(text: string): Promise<Result<Analysed>> {
    const ready = await this.ready();
    if (!ready.ok) return ready;
    const known = this.#analysed.get(text);
    if (known) return ok(known);
    const parsed = this.#deps.statements.parse(text);
    if (!parsed.ok) return parsed;
    let analyses = parsed.value.map((each) => analyze(each, this.catalog));
    if (analyses.some(namesUnknown) && this.#deps.clock.now() - this.#readMs > rereadMs) {
      this.#stale = true;
      const read = await this.ready();
      if (!read.ok) return read;
      analyses = parsed.value.map((each) => analyze(each, this.catalog));
    }
    const analysed = { analyses, phi: this.#deps.detectClasses(text) };
    if (text.length <= rememberedCharactersMax && !analyses.some(namesUnknown)) this.#remember(text, analysed);
    return ok(analysed);
  }

  classesIn(analysed: Analysed, params: readonly (string | null)[]): PhiClass[] {
    const found = params.flatMap((each) => (each === null ? [] : this.#deps.detectClasses(each)));
    return [...new Set([...analysed.phi, ...found])].sort();
  }

  #remember(text: string, analysed: Analysed): void {
    if (this.#analysed.size >= analysedMax) {
      const [oldest] = this.#analysed.keys();
      if (oldest !== undefined) this.#analysed.delete(oldest);
    }
    this.#analysed.set(text, analysed);
  }

  async #confirm(): Promise<Result<Catalog>> {
    // Before anything is read: what changes meanwhile is seen the next time.
    const askedMs = this.#deps.clock.now();
    const version = await catalogVersion((sql) => this.#query(sql));
    if (!version.ok) return version;
    if (this.#catalog && !this.#stale && version.value === this.#version) {
      this.#confirmedMs = askedMs;
      return ok(this.#catalog);
    }
    const problem = await this.#unfitLogin();
    if (problem) return problem;
    this.#stale = false;
    const loaded = await loadCatalog(
      (sql) => this.#query(sql),
      this.#deps.classification(),
      this.#catalog?.version ?? 0,
    );
    if (!loaded.ok) {
      this.#stale = true;
      return loaded;
    }
    this.#catalog = loaded.value;
    this.#version = version.value;
    this.#confirmedMs = askedMs;
    this.#readMs = askedMs;
    this.#analysed.clear();
    return loaded;
  }

  async #unfitLogin(): Promise<Result<never> | null> {
    if (this.#deps.acceptPrivilegedLogin) return null;
    const problems = await privilegeProblems((sql) => this.#query(sql));
    if (!problems.ok) return problems;
    if (problems.value.length === 0) return null;
    const why = problems.value.join('; ');
    return refuse('upstream_privileged', `The gate's upstream login can do too much to be masked behind: ${why}.`);
  }

  /** One question of the gate's own. A connection that fails is given up; the next question makes a new one. */
  async #query(sql: string): ReturnType<typeof simpleQuery> {
    const held = this.#control;
    if (held) {
      const answer = await simpleQuery(held, sql);
      if (answer.ok) return answer;
      this.close();
      // The server may have been restarted since the last question: that is worth a second try.
      if (answer.error.code !== 'upstream_closed') return answer;
    }
    const connected = await this.#deps.connect();
    if (!connected.ok) return connected;
    this.#control = connected.value;
    const answer = await simpleQuery(connected.value, sql);
    if (!answer.ok) this.close();
    return answer;
  }
}

function namesUnknown(analysis: StatementAnalysis): boolean {
  return analysis.refusals.some((each) => each.code === 'unknown_relation');
}
