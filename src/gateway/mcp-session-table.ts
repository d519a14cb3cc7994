// The MCP sessions of one gate: found by an id nobody can guess, counted by subject, ended when idle or open for too long.
// INVARIANT: a session is found only for the subject, groups included, that opened it.

import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { McpSession } from './mcp-session.ts';

/** The longest a timer of the platform runs. */
export const timerMsMax = 2_147_483_647;

export interface SessionEntry {
  readonly id: string;
  readonly session: McpSession;
  readonly subject: Subject;
  readonly connection: string;
  readonly openedMs: number;
  usedMs: number;
  stopTimer: () => void;
}

export interface SessionTimes {
  readonly idleMs: number;
  readonly absoluteMs: number;
}

export class McpSessionTable {
  readonly #clock: Clock;
  readonly #times: SessionTimes;
  readonly #entries = new Map<string, SessionEntry>();
  /** Sessions open or opening, by subject. */
  readonly #counts = new Map<string, number>();

  constructor(clock: Clock, times: SessionTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  /** Reserves a place for one more session of this subject; false when there are too many. `free` gives it back. */
  reserve(subject: Subject): boolean {
    const key = keyOf(subject);
    const count = this.#counts.get(key) ?? 0;
    if (count >= limits.mcpSessionsPerSubjectMax || this.#entries.size >= limits.sessionsMax) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  free(subject: Subject): void {
    const key = keyOf(subject);
    const count = (this.#counts.get(key) ?? 1) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }

  /** In the place that was reserved. */
  add(id: string, session: McpSession, subject: Subject, connection: string): void {
    const now = this.#clock.now();
    const entry: SessionEntry = { id, session, subject, connection, openedMs: now, usedMs: now, stopTimer: () => {} };
    this.#entries.set(id, entry);
    this.#watch(entry);
  }

  find(id: string, subject: Subject, connection: string): SessionEntry | undefined {
    const entry = this.#entries.get(id);
    if (!entry || entry.connection !== connection || !isSame(entry.subject, subject)) return undefined;
    this.touch(entry);
    return entry;
  }

  touch(entry: SessionEntry): void {
    entry.usedMs = this.#clock.now();
  }

  /** Ends sessions; resolves when nothing of them is left. Never rejects. */
  async close(reason: string, which: (entry: SessionEntry) => boolean): Promise<void> {
    await Promise.all([...this.#entries.values()].filter(which).map((entry) => this.#close(entry, reason)));
  }

  async #close(entry: SessionEntry, reason: string): Promise<void> {
    if (this.#entries.delete(entry.id)) {
      entry.stopTimer();
      this.free(entry.subject);
    }
    await entry.session.close(reason);
  }

  #watch(entry: SessionEntry): void {
    const { idleMs, absoluteMs } = this.#times;
    const until = Math.min(entry.usedMs + idleMs, entry.openedMs + absoluteMs);
    const ms = Math.min(Math.max(until - this.#clock.now(), 1), timerMsMax);
    entry.stopTimer = this.#clock.after(ms, () => {
      if (entry.session.busy) this.touch(entry);
      const now = this.#clock.now();
      const over = now >= entry.openedMs + absoluteMs || now >= entry.usedMs + idleMs;
      if (over) void this.#close(entry, 'session_expired');
      else this.#watch(entry);
    });
  }
}

function keyOf(subject: Subject): string {
  return JSON.stringify([subject.issuer, subject.id]);
}

/**
 * Who loses or gains a group is somebody else: facts and approvals are about the subject as it was. So is who signed in anew, as
 * a session ends with the sign-in it was opened in.
 */
function isSame(a: Subject, b: Subject): boolean {
  return a === b || (identityOf(a) === identityOf(b) && a.signIn === b.signIn);
}

const identities = new WeakMap<Subject, string>();

/** The same for the same subject in the same groups, and for nobody else. */
export function identityOf(subject: Subject): string {
  const known = identities.get(subject);
  if (known !== undefined) return known;
  const { issuer, id, kind, agent, actors, groups } = subject;
  const identity = JSON.stringify([issuer, id, kind, actors ?? agent ?? null, groups.toSorted()]);
  identities.set(subject, identity);
  return identity;
}
