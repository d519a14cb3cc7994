// What is remembered within a bound: what came first goes first.

/** A Map or a Set. */
interface Kept<K> {
  readonly size: number;
  keys(): Iterable<K>;
  delete(key: K): boolean;
}

/** Forgets what was put in first, until no more than `max` are left. */
export function keepNewest<K>(kept: Kept<K>, max: number): void {
  for (const oldest of kept.keys()) {
    if (kept.size <= max) return;
    kept.delete(oldest);
  }
}
