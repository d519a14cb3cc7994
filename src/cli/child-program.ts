// Runs another program in our place: same terminal, its exit code, and the signals we get are passed on.

import { spawn } from 'node:child_process';
import { errors } from '../core/errors.ts';
import { type Io, plain } from './io.ts';

/** Returns its exit code; 127 and 126 as a shell's, where it is not there or cannot be run. */
export function runProgram(io: Io, program: string, args: readonly string[], env: Io['env']): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env, cwd: io.cwd });
    const terminate = (): void => void child.kill('SIGTERM');
    // The terminal sends SIGINT to the child as well; psql for one goes on after it.
    const ignore = (): void => {};
    process.on('SIGTERM', terminate).on('SIGINT', ignore);
    const done = (code: number): void => {
      process.off('SIGTERM', terminate).off('SIGINT', ignore);
      resolve(code);
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      io.stderr.write(`chartgate: ${plain(program)} cannot be run: ${error.code ?? 'unknown cause'}.\n`);
      io.stderr.write('Install it, or name another command after --.\n');
      done(error.code === 'ENOENT' ? 127 : 126);
    });
    child.once('exit', (code) => done(code ?? errors.canceled.exit));
  });
}
