// What verification reads from, and how it names what it finds wrong.

import { fail, type Result } from '../core/result.ts';

/** One directory, read only. Paths are relative to it, with `/`. */
export interface ReadOnlyFiles {
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  readAt(path: string, offset: number, bytes: number): Promise<Uint8Array | undefined>;
  /** Every file below, whatever its name. */
  list(): Promise<readonly string[]>;
}

/** What a reader throws where something that is no file, or cannot be read, stands in the place of one. */
export class Unreadable extends Error {
  readonly path: string;

  /** @param path as in {@link BadPlace.file} @param what never more than the system's code */
  constructor(path: string, what: string) {
    super(what);
    this.path = path;
  }
}

/** Runs what reads such files: one that cannot be read is the first bad place. */
export async function orUnreadable<T>(work: () => Promise<Result<T, BadPlace>>): Promise<Result<T, BadPlace>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return fail({ file: error.path, entry: null, what: error.message });
  }
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
