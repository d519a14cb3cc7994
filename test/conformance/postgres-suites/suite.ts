// What a suite of others is to the comparison: how it is run against one way in, and what was observed of each of its tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Way } from './stand.ts';

/** Test → what was seen of it: all its output where there is one that repeats, or else its verdict. */
export type Observed = ReadonlyMap<string, string>;

export interface Suite {
  /** The line that is printed when the sources are not there. */
  readonly needs: string;
  /** What must be below `--source` for the suite to be there. */
  readonly proof: string;
  /** SQL for the database before the run. */
  readonly prepare: string;
  /** Databases it goes to besides the one it is given. */
  readonly databases?: readonly string[];
  /** What has to run before any single test of it; undefined = its tests are not run by name. */
  readonly groundwork?: readonly string[];
  /** `directory` is empty and this run's own; `tests` names those to be run, none = all. @throws when it could not be run. */
  readonly run: (at: Run) => Promise<Observed>;
}

export interface Run {
  readonly way: Way;
  readonly source: string;
  readonly directory: string;
  readonly tests: readonly string[];
}

const suiteMs = 100 * 60_000;

/** Whatever it exits with: suites fail in places, straight too. One that does not end leaves what it has. @throws when it cannot be started */
export async function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly log: string },
): Promise<string> {
  const child = spawn('nice', [command, ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: suiteMs,
    killSignal: 'SIGKILL',
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part));
  const [, signal] = await once(child, 'close');
  const output = Buffer.concat(parts).toString('latin1');
  await writeFile(options.log, output, 'latin1');
  if (signal !== null) console.log(`${command} was ended by ${String(signal)}: what is missing has no result`);
  return output;
}
