// The prepared statements and cursors of one session, of SQL and of the protocol in one namespace.
// INVARIANT: a name that is gone here is refused, whatever the upstream still holds under it.

import type { Expectation } from './postgres-expectation.ts';
import type { Output } from './postgres-output.ts';
import type { Portal } from './postgres-portal.ts';
import { type Cursor, Prepared } from './postgres-statements.ts';

export class Names {
  readonly prepared: Map<string, Prepared> = new Map();
  readonly portals: Map<string, Portal> = new Map();
  /** Made by DECLARE. */
  readonly cursors: Map<string, Cursor> = new Map();
  readonly #ended: (output: Output, reason: string) => void;
  readonly #changing = new Set<Output>();
  #waiting: (() => void)[] = [];

  /** `ended` is told of each portal that is gone, and why. */
  constructor(ended: (output: Output, reason: string) => void) {
    this.#ended = ended;
  }

  /** Statements that change names are on their way: until they are answered, no name is certain. */
  get uncertain(): boolean {
    return this.#changing.size > 0;
  }

  /** Resolves when no name is uncertain. Only to be awaited once a Sync or Flush makes the server answer. */
  certain(): Promise<void> {
    return this.uncertain ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** A message is forwarded: its statements take effect as they complete. */
  forwarded(output: Output): void {
    if (output.statements.every((each) => each.effect === null)) return;
    this.#changing.add(output);
    output.onAnswered = () => {
      this.#changing.delete(output);
      if (this.#changing.size === 0) for (const each of this.#waiting.splice(0)) each();
    };
  }

  cursor(name: string): Cursor | undefined {
    return this.portals.get(name)?.cursor ?? this.cursors.get(name);
  }

  /** Whether a name still stands for what it was looked up to be. */
  holds(used: Prepared | Cursor): boolean {
    return used instanceof Prepared ? this.prepared.get(used.name) === used : this.cursor(used.name) === used;
  }

  forget(expectation: Expectation): void {
    if (expectation.kind === 'parse') forgetIn(this.prepared, expectation.prepared);
    if (expectation.kind === 'bind' || expectation.kind === 'execute') forgetIn(this.portals, expectation.portal);
  }

  ready(status: 'I' | 'T' | 'E'): void {
    if (status !== 'I') return;
    // Portals end with their transaction (PostgreSQL 54.2.3), cursors WITHOUT HOLD too.
    for (const [name, portal] of this.portals) {
      if (portal.status === 'pending') continue;
      this.#ended(portal.output, 'transaction ended');
      this.portals.delete(name);
    }
    for (const [name, cursor] of this.cursors) if (!cursor.hold) this.cursors.delete(name);
  }

  closeCursors(name: string | null): void {
    for (const [each, portal] of this.portals) {
      if (name !== null && each !== name) continue;
      this.#ended(portal.output, 'closed');
      this.portals.delete(each);
    }
    if (name === null) this.cursors.clear();
    else this.cursors.delete(name);
  }

  deallocate(name: string | null): void {
    if (name === null) this.prepared.clear();
    else this.prepared.delete(name);
  }
}

function forgetIn<T extends { readonly name: string }>(names: Map<string, T>, named: T): void {
  if (names.get(named.name) === named) names.delete(named.name);
}
