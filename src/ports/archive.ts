// A place where the log is copied to, which keeps every version of what was put there. Paths are relative, with `/`.

import type { Result } from '../core/result.ts';

export interface ArchivedVersion {
  readonly path: string;
  readonly version: string;
  /** Somebody marked the path as deleted: the versions below it are still there. */
  readonly deletion: boolean;
}

/** Every method refuses with upstream_unavailable (worth trying again) or upstream_refused, and never rejects. */
export interface Archive {
  /** As a person reads it, without credentials. */
  readonly place: string;
  /** Resolves with the version once it is safely there, locked until then where the place locks. `untilMs` since the epoch. */
  put(path: string, bytes: Uint8Array, untilMs: number): Promise<Result<string>>;
  /** Exactly this version; undefined when there is none. */
  get(path: string, version: string): Promise<Result<Uint8Array | undefined>>;
  /** All versions of all paths that begin so; those of one path newest first. */
  versions(prefix: string): Promise<Result<readonly ArchivedVersion[]>>;
}
