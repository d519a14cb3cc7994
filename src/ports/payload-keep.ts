// What retention needs of the place where payloads and their keys lie. Every method rejects with the system's error, and may
// be called again after that: what has been destroyed already is passed over.

/** Sessions, and packs (256 entries each) of which the payloads that belong to no session go. */
export interface Destruction {
  readonly sessions: readonly string[];
  readonly packs: readonly number[];
}

export interface PayloadKeep {
  /** The ledger of retention as it was saved last; undefined when it never was. */
  readLedger(): Promise<string | undefined>;
  /** On disk when it resolves. */
  saveLedger(text: string): Promise<void>;
  /** Every key that was wrapped before this call has left the journal once a record that is appended after it is in the tree. */
  endSegment(): void;
  /**
   * Names of the wrapped keys these payloads were encrypted under, of all that are on disk. A payload that still comes for one of
   * the sessions gets a key of its own, which is not among them.
   */
  keysOf(what: Destruction): Promise<readonly string[]>;
  /** Overwrites wrapped keys, on disk, and removes them. */
  destroyKeys(names: readonly string[]): Promise<void>;
  /** Takes the encrypted payloads of these entries out of a pack. False = the pack is still being written: nothing was done. */
  dropPayloads(pack: number, seqs: ReadonlySet<number>): Promise<boolean>;
}
