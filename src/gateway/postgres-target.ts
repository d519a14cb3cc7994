// One PostgreSQL upstream as the gate knows it: its catalog snapshot, what statements mean against it, and whether its
// login is fit to be masked behind. Shared by all sessions of the connection; it holds no client state.

import { keepNewest } from '../core/newest.ts';
import type { PatientPlaces } from '../core/patient-places.ts';
import type { PhiClass } from '../core/phi.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { ClassificationRules } from '../masking/classification.ts';
import type { Clock } from '../ports/clock.ts';
import type { UpstreamConnection } from '../ports/postgres-upstream.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { analyze } from '../sql/analyze.ts';
import type { Catalog } from '../sql/catalog.ts';
import type { KeyColumns } from '../sql/key-lookups.ts';
import { namesAreAscii } from '../sql/other-encodings.ts';
import type { ParsedStatement, StatementCache } from '../sql/parse.ts';
import { looksPastLiterals, templateOf } from '../sql/template.ts';
import { LookupRates } from './lookup-rates.ts';
import { CatalogReader, catalogVersion } from './postgres-catalog.ts';
import { privilegeProblems } from './postgres-privileges.ts';
import { type CatalogQuery, type QueryRows, QuerySession, simpleQuery } from './upstream-query.ts';

/** A message's statements, and the classes the detectors found in its text. Valid for one version of the catalog. */
export interface Analysed {
  readonly analyses: readonly StatementAnalysis[];
  readonly phi: readonly PhiClass[];
}

export interface PostgresTargetDeps {
  readonly clock: Clock;
  /** `over`: nobody wants it any more. */
  readonly connect: (over: AbortSignal) => Promise<Result<UpstreamConnection>>;
  /** Undefined: nobody has said anything, so all text is unknown. */
  readonly classification: () =>
    | (ClassificationRules & { readonly patient?: PatientPlaces | null | undefined })
    | undefined;
  readonly detectClasses: (text: string) => readonly PhiClass[];
  readonly statements: StatementCache;
  readonly acceptPrivilegedLogin: boolean;
  /** Of the enforced posture: how its sessions see the catalog, and what is wrong with the role they have. */
  readonly posture?: PostureOfTarget;
}

export interface PostureOfTarget {
  readonly seen: (catalog: Catalog, query: CatalogQuery) => Promise<Result<Catalog>>;
  readonly problems: (query: CatalogQuery) => Promise<Result<readonly string[]>>;
  /** The text as the upstream has to get it, where what is named stands under another schema. */
  readonly outgoing: (text: string, statements: readonly ParsedStatement[]) => string;
}

/** A name that another encoding may cut or fold otherwise. */
export const foreignName: Refusal = {
  code: 'not_provable',
  text: 'The database is not encoded in UTF-8: names are followed there only as far as they are ASCII.',
  rule: 'builtin:closed-world',
  next: 'Write names in ASCII, and values as parameters or plain literals.',
};

/** By itself it identifies nobody; most parameters are of this kind. */
const shortNumber = /^-?\d{0,6}$/;

/** How long a snapshot is believed before the catalog is asked whether it has changed: DDL may come past the gate. */
const believedMs = 1_000;
/** A name nobody knows makes the snapshot be read again, but not more often than this. */
const rereadMs = 1_000;
/** A snapshot without its definitions is read again after this. */
const completeMs = 5_000;
/** Of texts, and of templates. */
const analysedMax = 2_000;
const estimateMs = 1_000;
/** What Bind can count. */
const parametersMax = 65_535;
const rememberedCharactersMax = 32_768;

/** The analysis of one statement, for all texts of its template. */
interface Templated {
  readonly analysis: StatementAnalysis;
  readonly textBytes: number;
}

export class PostgresTarget {
  readonly #deps: PostgresTargetDeps;
  readonly #reader = new CatalogReader((sql) => this.#query(sql));
  /** Whoever asks through this connection. */
  readonly lookups: LookupRates;
  readonly #analysed = new Map<string, Analysed>();
  readonly #byTemplate = new Map<string, Templated>();
  #catalog: Catalog | null = null;
  /** What `catalogVersion` said before the snapshot was read, and when it last said so. */
  #version = '';
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #readMs = Number.NEGATIVE_INFINITY;
  #stale = false;
  /** How often somebody said that the catalog may have changed. */
  #changes = 0;
  /** The gate's own connection; made when it is needed. */
  #control: Promise<Result<QuerySession>> | null = null;
  readonly #over = new AbortController();
  #confirming: Promise<Result<Catalog>> | null = null;

  constructor(deps: PostgresTargetDeps) {
    this.#deps = deps;
    this.lookups = new LookupRates(deps.clock);
  }

  /** Columns that tell which patient a row is about; null where nobody has named any. */
  get patientKeys(): KeyColumns | null {
    const columns = this.#deps.classification()?.patient?.columns ?? {};
    return Object.keys(columns).length > 0 ? columns : null;
  }

  /** The newest snapshot. Only to be asked for after `ready` has succeeded. */
  get catalog(): Catalog {
    if (!this.#catalog) throw new Error('the catalog has not been read');
    return this.#catalog;
  }

  /** Makes sure of the snapshot. Refuses a login that can do too much, and an upstream that does not answer. */
  ready(): Promise<Result<Catalog>> {
    if (this.#catalog && this.#isFresh) return Promise.resolve(ok(this.#catalog));
    this.#confirming ??= this.#confirm().finally(() => {
      this.#confirming = null;
    });
    return this.#confirming;
  }

  /** What columns are said to be has changed: nothing that was read holds any more. */
  invalidate(): void {
    this.#stale = true;
    this.#forget();
  }

  /** The catalog may have changed: it is asked before anything else is believed of it. */
  catalogChanged(): void {
    this.#changes += 1;
    this.#confirmedMs = Number.NEGATIVE_INFINITY;
  }

  #forget(): void {
    this.#analysed.clear();
    this.#byTemplate.clear();
  }

  /** Asks the database now, whatever was believed: whether this snapshot still holds. */
  async confirms(catalog: Catalog): Promise<boolean> {
    // An answer that is on its way already may be about the time before.
    await this.#confirming;
    this.#confirmedMs = Number.NEGATIVE_INFINITY;
    const now = await this.ready();
    return now.ok && now.value === catalog;
  }

  /**
   * How many rows the planner expects one statement to return or change, whatever its parameters. Asked
   * on a connection of its own, as statements may be long and many. Null = the server does not say, or not in time.
   */
  async estimatedRows(sql: string): Promise<number | null> {
    let parameters = 0;
    for (const [, number] of sql.matchAll(/\$(\d+)/g)) parameters = Math.max(parameters, Number(number));
    if (parameters > parametersMax) return null;
    const values = parameters === 0 ? '' : `(${Array(parameters).fill('NULL').join()})`;
    // INVARIANT: it is planned, never run: EXPLAIN in a transaction that can change nothing, whatever the text holds.
    const connected = await this.#deps.connect(this.#over.signal);
    if (!connected.ok) return null;
    const answer = await simpleQuery(
      connected.value,
      `BEGIN READ ONLY; SET LOCAL statement_timeout = ${estimateMs}; SET LOCAL plan_cache_mode = force_generic_plan;
       PREPARE asked AS ${this.outgoing(sql)}
       ; EXPLAIN (FORMAT JSON) EXECUTE asked${values}`,
    );
    connected.value.terminate();
    return answer.ok ? plannedRows(answer.value.rows[0]?.[0] ?? '') : null;
  }

  /** Does once what every first question needs done, and leaves the database alone again. */
  async rehearse(): Promise<void> {
    await this.analyse('SELECT 1');
    this.#giveUp();
  }

  close(): void {
    this.#over.abort();
    this.#giveUp();
  }

  #giveUp(): void {
    void this.#control?.then((session) => session.ok && session.value.end());
    this.#control = null;
  }

  /** What `analyse` would say at once; null = it has to look. */
  known(text: string): Analysed | null {
    const known = this.#analysed.get(text);
    return known && this.#isFresh ? known : null;
  }

  get #isFresh(): boolean {
    return !this.#stale && this.#deps.clock.now() - this.#confirmedMs < believedMs;
  }

  /** What the statements of a message do and may reveal. Reads the catalog again when it is stale or a name is unknown. */
  async analyse(text: string): Promise<Result<Analysed>> {
    const ready = await this.ready();
    if (!ready.ok) return ready;
    const known = this.#analysed.get(text);
    if (known) return ok(known);
    const template = templateOf(text);
    const shared = template && this.#byTemplate.get(template.key);
    if (shared) return ok({ analyses: [moved(shared, text)], phi: this.#deps.detectClasses(text) });
    const parsed = await this.#deps.statements.parseAny(text);
    if (!parsed.ok) return parsed;
    let analyses = this.#analyses(text, parsed.value);
    if (analyses.some(namesUnknown) && this.#deps.clock.now() - this.#readMs > rereadMs) {
      this.#stale = true;
      const read = await this.ready();
      if (!read.ok) return read;
      analyses = this.#analyses(text, parsed.value);
    }
    const analysed = { analyses, phi: this.#deps.detectClasses(text) };
    if (text.length > rememberedCharactersMax || analyses.some(namesUnknown)) return ok(analysed);
    const [statement, ...others] = parsed.value;
    const [analysis] = analyses;
    const varies = template !== null && template.offsets.length > 0;
    if (varies && statement && others.length === 0 && analysis && looksPastLiterals(statement, template))
      remember(this.#byTemplate, template.key, { analysis, textBytes: text.length });
    else remember(this.#analysed, text, analysed);
    return ok(analysed);
  }

  #analyses(text: string, statements: readonly ParsedStatement[]): StatementAnalysis[] {
    const analyses = statements.map((each) => analyze(each, this.catalog));
    return this.catalog.utf8 || namesAreAscii(text, statements) ? analyses : analyses.map(misnamed);
  }

  classesIn(analysed: Analysed, params: readonly (string | null)[]): PhiClass[] {
    const found = params.flatMap((each) =>
      each === null || shortNumber.test(each) ? [] : this.#deps.detectClasses(each),
    );
    return found.length === 0 && analysed.phi.length < 2
      ? [...analysed.phi]
      : [...new Set([...analysed.phi, ...found])].sort();
  }

  async #confirm(): Promise<Result<Catalog>> {
    // Before anything is read: what changes meanwhile is seen the next time.
    const askedMs = this.#deps.clock.now();
    const asked = this.#changes;
    // What a role may do changes without a trace in the catalog's version.
    const [problem, version] = await Promise.all([this.#unfitLogin(), catalogVersion((sql) => this.#query(sql))]);
    if (problem) return problem;
    if (!version.ok) return version;
    const isWhole = this.#catalog?.complete === true || askedMs - this.#readMs < completeMs;
    if (this.#catalog && isWhole && !this.#stale && version.value === this.#version) {
      this.#confirmedMs = asked === this.#changes ? askedMs : Number.NEGATIVE_INFINITY;
      return ok(this.#catalog);
    }
    this.#stale = false;
    const read = await this.#reader.load(this.#deps.classification(), this.#catalog?.version ?? 0);
    const seen = this.#deps.posture?.seen;
    const loaded = read.ok && seen ? await seen(read.value, (sql) => this.#query(sql)) : read;
    if (!loaded.ok) {
      this.#stale = true;
      return loaded;
    }
    this.#catalog = loaded.value;
    this.#version = version.value;
    this.#confirmedMs = asked === this.#changes ? askedMs : Number.NEGATIVE_INFINITY;
    this.#readMs = askedMs;
    this.#forget();
    return loaded;
  }

  /** What is sent upstream for a text of the client's. */
  outgoing(text: string): string {
    const { posture, statements } = this.#deps;
    if (!posture) return text;
    const parsed = statements.parse(text);
    return parsed.ok ? posture.outgoing(text, parsed.value) : text;
  }

  async #unfitLogin(): Promise<Result<never> | null> {
    const { posture } = this.#deps;
    if (posture) {
      const problems = await posture.problems((sql) => this.#query(sql));
      if (!problems.ok) return problems;
      if (problems.value.length > 0)
        return refuse('upstream_privileged', `The database does not enforce its masks: ${problems.value.join('; ')}.`, {
          next: 'The operator should run chartgate harden --verify, then --apply.',
        });
    }
    if (this.#deps.acceptPrivilegedLogin) return null;
    const problems = await privilegeProblems((sql) => this.#query(sql));
    if (!problems.ok) return problems;
    if (problems.value.length === 0) return null;
    const why = problems.value.join('; ');
    return refuse('upstream_privileged', `The gate's upstream login can do too much to be masked behind: ${why}.`);
  }

  /** One question of the gate's own. A connection that fails is given up; the next question makes a new one. */
  async #query(sql: string): Promise<Result<QueryRows>> {
    const held = this.#control;
    const answer = await this.#ask(sql);
    // The server may have been restarted since the last question: that is worth a second try.
    return held && !answer.ok && answer.error.code === 'upstream_closed' ? this.#ask(sql) : answer;
  }

  async #ask(sql: string): Promise<Result<QueryRows>> {
    if (this.#over.signal.aborted) return refuse('upstream_closed', 'The gate is shutting down.');
    const control = (this.#control ??= this.#openControl());
    const session = await control;
    const answer = session.ok ? await session.value.ask(sql) : session;
    if (!answer.ok && this.#control === control) this.#giveUp();
    return answer;
  }

  async #openControl(): Promise<Result<QuerySession>> {
    const connected = await this.#deps.connect(this.#over.signal);
    return connected.ok ? ok(new QuerySession(connected.value)) : connected;
  }
}

/** `Plan Rows` of the top node that has any: a ModifyTable without RETURNING says 0 and its input the number. */
function plannedRows(json: string): number | null {
  try {
    let plan = JSON.parse(json)[0].Plan;
    while (plan['Node Type'] === 'ModifyTable' && plan['Plan Rows'] === 0 && plan.Plans?.length > 0)
      plan = plan.Plans[0];
    return typeof plan['Plan Rows'] === 'number' ? plan['Plan Rows'] : null;
  } catch {
    return null;
  }
}

function namesUnknown(analysis: StatementAnalysis): boolean {
  return analysis.refusals.some((each) => each.code === 'unknown_relation');
}

/** What a statement is whose names may be others to the server. */
function misnamed(analysis: StatementAnalysis): StatementAnalysis {
  const { names } = analysis;
  const unknown = { relations: null, columns: null, filters: null, functions: null, phi: null };
  return {
    ...analysis,
    facts: { ...analysis.facts, ...unknown },
    refusals: [...analysis.refusals, foreignName],
    // What is prepared or declared is understood by itself from then on.
    names: names && 'inner' in names && names.inner ? { ...names, inner: misnamed(names.inner) } : names,
  };
}

/** The oldest goes first. */
function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  cache.set(key, value);
  keepNewest(cache, analysedMax);
}

/** Where the statement ends moves with the length of its literals. */
function moved({ analysis, textBytes }: Templated, text: string): StatementAnalysis {
  return text.length === textBytes ? analysis : { ...analysis, end: analysis.end + text.length - textBytes };
}
