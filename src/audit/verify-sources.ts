// What verification reads from, and how it names what it finds wrong.

/** One directory, read only. Paths are relative to it, with `/`. */
export interface ReadOnlyFiles {
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  readAt(path: string, offset: number, bytes: number): Promise<Uint8Array | undefined>;
  /** Every file below, whatever its name. */
  list(): Promise<readonly string[]>;
}

/** The public log, and what may be found beside it; what is left out is not checked. */
export interface LogSources {
  readonly log: ReadOnlyFiles;
  readonly payloads?: ReadOnlyFiles;
  readonly keys?: ReadOnlyFiles;
  readonly journal?: ReadOnlyFiles;
}

/** The first place that does not hold. `file` is relative to the state directory or the log's own. */
export interface BadPlace {
  readonly file: string;
  /** Index of the entry, where one is at fault. */
  readonly entry: number | null;
  readonly what: string;
}
