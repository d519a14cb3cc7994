// What a session's past means for its next statement: whether it has left the state in which the gate can mask, and whether
// the server could quote something hidden.
// INVARIANT: rows are masked only in a session whose settings, names and temporary objects the gate knows.

import type { Decision } from '../core/decision.ts';
import type { SqlFacts } from '../core/facts.ts';
import type { Refusal } from '../core/result.ts';
import type { StatementAnalysis } from '../sql/analysis.ts';
import { settingAllowed } from '../sql/settings.ts';

/** Whoever sets these decides what unqualified names mean. */
const renaming: ReadonlySet<string> = new Set(['search_path', 'role', 'session_authorization']);

export class Standing {
  /** How often something has run that the gate cannot follow; 0 = never since the session began or was reset. */
  #loosened = 0;
  #namesKnown = true;
  /** How often a view has run code that nobody here has read: settings may hold what it has put there. */
  #unseen = 0;
  /** A statement was masked in the transaction at hand. */
  #masked = false;

  /** Changes since it was as every session begins; approvals are of one such state. */
  get changes(): number {
    return this.#loosened;
  }

  get loose(): boolean {
    return this.#loosened > 0;
  }

  /** No setting can hold what a masked statement has read. */
  get settingsKnown(): boolean {
    return this.#unseen === 0;
  }

  /** The server's own words may be told about the transaction at hand. */
  get frank(): boolean {
    return !this.#masked;
  }

  /** A statement is about to run; `acting` = it is more than housekeeping. */
  admitted(decision: Decision, analyses: readonly StatementAnalysis[], acting: boolean): void {
    if (!acting) return;
    if (decision.obligations.unmask !== 'all') {
      if (analyses.some((each) => each.runsUnseen)) this.#unseen++;
      this.#masked = true;
      return;
    }
    for (const { refusals, setting, facts } of analyses) {
      const freed = setting !== null && !settingAllowed(setting.name, setting.value);
      const unseen = refusals.length > 0;
      if (unseen || freed) this.#loosened++;
      // A `set_config` of what anybody may set is no refusal.
      const renames = freed ? renaming.has(setting.name) : unseen && facts.functions?.includes('set_config');
      if (renames) this.#namesKnown = false;
    }
  }

  /** Nothing is under way and no transaction is open. */
  idle(): void {
    this.#masked = false;
  }

  /** To be called when DISCARD ALL, admitted now, has completed: what ran before it is undone, and nothing admitted since. */
  discard(): () => void {
    const [loosened, unseen] = [this.#loosened, this.#unseen];
    return () => {
      if (this.#unseen === unseen) this.#unseen = 0;
      if (this.#loosened !== loosened) return;
      this.#loosened = 0;
      this.#namesKnown = true;
    };
  }

  /** Facts as far as they hold in this session. */
  factsOf(facts: SqlFacts): SqlFacts {
    if (this.#namesKnown) return facts;
    return { ...facts, relations: null, columns: null, filters: null, functions: null, phi: null };
  }

  /** Why a setting may not be shown where data is masked. */
  silence({ readsSettings, runsUnseen }: StatementAnalysis): Refusal | null {
    if (!readsSettings || (this.settingsKnown && !runsUnseen)) return null;
    return {
      code: 'not_provable',
      text: 'A view read in this session runs code that could have put a value into a setting.',
      rule: 'builtin:closed-world',
      next: 'Run DISCARD ALL, or connect again.',
    };
  }

  objection(decision: Decision): Refusal | null {
    if (!this.loose || decision.obligations.unmask === 'all') return null;
    return {
      code: 'unsafe_setting',
      text: 'This session has changed settings, or run what the gate cannot see into: nothing can be masked in it any more.',
      rule: 'builtin:pins',
      next: 'Run DISCARD ALL, or connect again.',
    };
  }
}
