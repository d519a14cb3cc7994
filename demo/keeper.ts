// Runs one program for as long as the process that asked for it lives: when that process ends, even by kill -9, the pipe
// on this one's stdin closes, the program is stopped and its directory removed. Must never outlive either of them.

import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface KeptProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Its stdout and stderr go here. */
  readonly logFile: string;
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Whom to run as, when started as root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Removed once the program was stopped, or its owner is gone. A program that ended by itself leaves it to the owner. */
  readonly directory?: string;
}

export interface Kept {
  readonly running: boolean;
  /** Resolves with the exit code when the program has ended, whoever ended it. */
  readonly ended: Promise<number>;
  /** Stops it; resolves when it is gone and its directory with it. */
  stop(): Promise<void>;
  /** Kills it without a chance to tidy up, as a crash would. */
  kill(): Promise<void>;
}

const patienceMs = 8_000;

/** Starts `program` under a keeper of its own. Neither holds the event loop open. */
export function keep(program: KeptProgram): Kept {
  const keeper = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(program)], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  keeper.stdin.on('error', () => {});
  keeper.unref();
  if (keeper.stdin instanceof Socket) keeper.stdin.unref();
  const ended = new Promise<number>((resolve) => {
    keeper.once('exit', (code) => resolve(code ?? 1));
  });
  const alive = async (): Promise<void> => {
    // While somebody waits for the end, the event loop has to.
    keeper.ref();
    await ended;
  };
  return {
    get running() {
      return keeper.exitCode === null && keeper.signalCode === null;
    },
    ended,
    stop: () => {
      keeper.stdin.end();
      return alive();
    },
    kill: () => {
      keeper.stdin.end('kill');
      return alive();
    },
  };
}

function run(program: KeptProgram): void {
  const log = openSync(program.logFile, 'a');
  const child = spawn(program.command, program.args, {
    stdio: ['ignore', log, log],
    env: program.env,
    cwd: program.cwd,
    ...program.user,
  });
  let words = '';
  let unwanted = false;
  child.once('error', (error) => {
    process.stderr.write(`${program.command}: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code) => {
    if (unwanted && program.directory) rmSync(program.directory, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code ?? 1);
  });
  process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
    words += chunk;
  });
  process.stdin.once('close', () => {
    unwanted = true;
    child.kill(words === 'kill' ? 'SIGKILL' : program.stopSignal);
    setTimeout(() => child.kill('SIGKILL'), patienceMs).unref();
  });
  // Only the pipe decides: a signal meant for the terminal's foreground must not stop parts in the wrong order.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const program: KeptProgram = JSON.parse(process.argv[2] ?? '');
  run(program);
}
