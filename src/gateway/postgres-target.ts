// One PostgreSQL upstream as the gate knows it: its catalog snapshot, what statements mean against it, and whether its
// login is fit to be masked behind. Shared by all sessions of the connection; it holds no client state.

import { keepNewest } from '../core/newest.ts';
import type { PatientPlaces } from '../core/patient-places.ts';
import type { PhiClass } from '../core/phi.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
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
import { OwnConnection } from './postgres-own-connection.ts';
import { plannedRows } from './postgres-planned-rows.ts';
import { privilegeProblems } from './postgres-privileges.ts';
import type { CatalogQuery } from './upstream-query.ts';

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
const rememberedCharactersMax = 32_768;

/** The analysis of one statement, for all texts of its template. */
interface Templated {
  readonly analysis: StatementAnalysis;
  readonly textBytes: number;
}

export class PostgresTarget {
  readonly #deps: PostgresTargetDeps;
  readonly #reader = new CatalogReader((sql) => this.#own.query(sql));
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
  readonly #over = new AbortController();
  readonly #own: OwnConnection;
  #confirming: Promise<Result<Catalog>> | null = null;

  constructor(deps: PostgresTargetDeps) {
    this.#deps = deps;
    this.lookups = new LookupRates(deps.clock);
    this.#own = new OwnConnection((over) => deps.connect(over), this.#over.signal);
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

  /** How many rows the planner expects one statement to return or change; null = it does not say. */
  estimatedRows(sql: string): Promise<number | null> {
    return plannedRows(sql, this.outgoing(sql), () => this.#deps.connect(this.#over.signal));
  }

  /** Does once what every first question needs done, and leaves the database alone again. */
  async rehearse(): Promise<void> {
    await this.analyse('SELECT 1');
    this.#own.close();
  }

  close(): void {
    this.#over.abort();
    this.#own.close();
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
    const [problem, version] = await Promise.all([this.#unfitLogin(), catalogVersion((sql) => this.#own.query(sql))]);
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
    const loaded = read.ok && seen ? await seen(read.value, (sql) => this.#own.query(sql)) : read;
    if (!loaded.ok) {
      this.#stale = true;
      return loaded;
    }
    if (loaded.value !== this.#catalog) this.#forget();
    this.#catalog = loaded.value;
    this.#version = version.value;
    this.#confirmedMs = asked === this.#changes ? askedMs : Number.NEGATIVE_INFINITY;
    this.#readMs = askedMs;
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
      const problems = await posture.problems((sql) => this.#own.query(sql));
      if (!problems.ok) return fail({ ...problems.error, next: nextHarden });
      if (problems.value.length > 0)
        return refuse('upstream_privileged', `The database does not enforce its masks: ${problems.value.join('; ')}.`, {
          next: nextHarden,
        });
    }
    if (this.#deps.acceptPrivilegedLogin) return null;
    const problems = await privilegeProblems((sql) => this.#own.query(sql));
    if (!problems.ok) return problems;
    if (problems.value.length === 0) return null;
    const why = problems.value.join('; ');
    return refuse('upstream_privileged', `The gate's upstream login can do too much to be masked behind: ${why}.`);
  }
}

const nextHarden = 'The operator should run chartgate harden --verify, then --apply.';

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
