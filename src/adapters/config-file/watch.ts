// Tells when the configuration file has been changed or replaced. Its directory is watched, as editors and secret mounts
// replace files instead of writing to them.

import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

const quietMs = 200;

/** Calls back once after a burst of changes. Where the platform cannot watch, it never does: SIGHUP remains. */
export function watchConfig(file: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  try {
    const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
      if (name !== null && name !== basename(file)) return;
      clearTimeout(timer);
      timer = setTimeout(changed, quietMs);
    });
    watcher.on('error', () => {});
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch {
    return () => {};
  }
}
