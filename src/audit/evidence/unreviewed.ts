// Which broken glass nobody has signed off, as far as the records of a period tell.

import type { Entry } from '../../core/record.ts';

export class Unreviewed {
  readonly #ids = new Set<string>();

  /** Those that were broken within these entries and not reviewed within them, in the order in which they were broken. */
  get ids(): string[] {
    return [...this.#ids];
  }

  /** Entries in order. */
  see({ type, data = {} }: Entry): void {
    const id = data['break_glass'];
    if (typeof id !== 'string') return;
    if (type === 'break_glass.opened') this.#ids.add(id);
    else if (type === 'break_glass.reviewed') this.#ids.delete(id);
  }
}
