// What a text or a prepared statement means for one session: at once, where an analysis of a moment ago will do, or against
// the catalog as it is now.

import { type ErrorCode, errors } from '../core/errors.ts';
import { ok, type Refusal, type Result } from '../core/result.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { unread } from '../sql/analyze.ts';
import { asDeclared, meaningOf, type Resolved } from './postgres-resolution.ts';
import type { Prepared } from './postgres-statements.ts';
import type { Analysed, PostgresTarget } from './postgres-target.ts';

/** What the gate makes of a text: `unread` says why it makes nothing of it. */
export interface Read extends Analysed {
  readonly unread: Refusal | null;
  /** Where its names have been looked up already. */
  readonly resolved?: Resolved;
}

const readBefore = new WeakMap<Analysed, Read>();

/** The same object for the same analysis, so that what is looked up for it is found again. */
function readOf(analysed: Analysed): Read {
  let read = readBefore.get(analysed);
  if (!read) {
    read = { ...analysed, unread: null };
    readBefore.set(analysed, read);
  }
  return read;
}

/** Texts the gate cannot read, which the server may. */
const unreadable: ReadonlySet<ErrorCode> = new Set(['syntax', 'too_large', 'too_many']);

/** A name the gate knows nothing of. */
export function unknownName(code: 'unknown_statement' | 'unknown_portal'): Read {
  const refusal: Refusal = { code, text: errors[code].text };
  return { analyses: [unread(refusal)], phi: [], unread: refusal };
}

export class Reading {
  readonly #target: PostgresTarget;
  /** The last decision masked nothing. */
  seesAll = false;

  constructor(target: PostgresTarget) {
    this.#target = target;
  }

  /** What a text says, where that is known at once. */
  textNow(text: string): Read | null {
    const known = this.#target.known(text);
    return known?.analyses.every((each) => this.#mayBeOld(each)) === true ? readOf(known) : null;
  }

  /** What a text says. One that cannot be read here may still be the server's to read. */
  async text(text: string): Promise<Result<Read>> {
    const now = this.textNow(text);
    if (now) return ok(now);
    const target = this.#target;
    let analysed = await target.analyse(text);
    // Its rows leave only if the tables are then as they are now, or its views may be others by now: so now has to be now.
    const isCertain = !analysed.ok || analysed.value.analyses.every((each) => this.#mayBeOld(each));
    if (!isCertain && !(await target.confirms(target.catalog))) analysed = await target.analyse(text);
    if (analysed.ok) return ok(readOf(analysed.value));
    const { error } = analysed;
    if (!unreadable.has(error.code)) return analysed;
    const phi = target.classesIn({ analyses: [], phi: [] }, [text]);
    return ok({ analyses: [unread(error)], phi, unread: error });
  }

  /** What a prepared statement means, where that is known at once and it can be used as it is. */
  preparedNow(prepared: Prepared): Read | null {
    if (prepared.level !== 'protocol') return null;
    const read = this.textNow(prepared.text);
    const meaning = read && meaningOf(prepared, read);
    return meaning && asDeclared(prepared, meaning, this.#target.catalog) === meaning ? read : null;
  }

  /** What a prepared statement means now: the catalog may have changed since it was prepared. */
  async prepared(prepared: Prepared): Promise<Result<Read>> {
    const read = await this.text(prepared.text);
    if (!read.ok) return read;
    const found = meaningOf(prepared, read.value);
    const meaning = found && asDeclared(prepared, found, this.#target.catalog);
    if (prepared.level === 'protocol' && meaning === found) return read;
    return ok(meaning ? { ...read.value, analyses: [meaning] } : unknownName('unknown_statement'));
  }

  /** Whether a snapshot of the last second will do. Views and tables are read as ever by who has been shown everything so far. */
  #mayBeOld({ wholeRows, readsViews, names, copy }: StatementAnalysis): boolean {
    return !wholeRows && (this.seesAll || !(readsViews || names?.kind === 'execute' || copy?.columns));
  }
}
