// Tells when files the gate reads again have been changed or replaced. Their directories are watched, as editors, mounts of
// secrets and renewers of certificates replace files, or links on the way to them, instead of writing to them.

import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';

export interface FileWatch {
  /** These from now on. */
  follow(files: readonly string[]): void;
  close(): void;
}

/** For so long a change has to have stood: what is written in several steps is told once. */
const quietMs = 200;

/** Calls back once after a burst of changes. Where the platform cannot watch, it never does: SIGHUP remains. */
export function watchFiles(changed: () => void): FileWatch {
  let files: readonly string[] = [];
  let told = '';
  let seen = '';
  let timer: NodeJS.Timeout | undefined;
  let watchers: readonly FSWatcher[] = [];

  const look = (): void => {
    timer = undefined;
    const now = stateOf(files);
    if (now === seen) {
      if (now === told) return;
      told = now;
      changed();
      return;
    }
    seen = now;
    rewatch();
    soon();
  };
  // INVARIANT: what is under way is not put off: something else may be written in these directories all the time.
  const soon = (): void => {
    timer ??= setTimeout(look, quietMs);
  };
  const unwatch = (): void => {
    for (const each of watchers) each.close();
  };
  const rewatch = (): void => {
    unwatch();
    watchers = [...new Set(files.flatMap(directoriesOf))].flatMap((directory) => {
      try {
        return [watch(directory, { persistent: false }, soon).on('error', () => {})];
      } catch {
        return [];
      }
    });
  };
  return {
    follow(next) {
      if (next.join('\0') === files.join('\0')) return;
      files = next;
      seen = told = stateOf(files);
      rewatch();
    },
    close() {
      clearTimeout(timer);
      unwatch();
    },
  };
}

/** Where the file is named, and where it is. */
function directoriesOf(file: string): readonly string[] {
  try {
    return [dirname(file), dirname(realpathSync(file))];
  } catch {
    return [dirname(file)];
  }
}

/** Text that is another one once a file has been written to or replaced. */
function stateOf(files: readonly string[]): string {
  return files.map(fileState).join('\n');
}

function fileState(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'none';
  }
}
