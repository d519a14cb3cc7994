/** Wall clock, ms since the epoch; and the only source of timers in the pure parts. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms`, unless the returned function is called first. Does not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}
