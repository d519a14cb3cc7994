// chartgate connect: a short-lived database credential, printed as a DSN or handed to one command by its environment.
// The password is never an argument of a process, where others could read it.

import { spawn } from 'node:child_process';
import { type CredentialView, credentialView } from '../admin/contract.ts';
import { errors } from '../core/errors.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print } from './io.ts';

export interface ConnectOptions {
  readonly config: string;
  readonly print?: boolean;
  /** `15m`, `90s`, `1h`. */
  readonly ttl?: string;
}

export async function connect(
  io: Io,
  connection: string,
  command: readonly string[],
  options: ConnectOptions,
): Promise<number> {
  const ttl = options.ttl === undefined ? undefined : secondsOf(options.ttl);
  if (ttl === null)
    return complain(io, {
      code: 'usage',
      text: 'The time of --ttl is not understood.',
      next: 'Write 90s, 15m or 1h; a number alone is seconds.',
    });
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const path = `/connections/${encodeURIComponent(connection)}/credentials`;
  const answer = await gate.value.call(path, credentialView, ttl === undefined ? {} : { ttl });
  if (!answer.ok) return complain(io, answer.error);
  if (options.print) {
    print(io, answer.value.dsn);
    return 0;
  }
  const [program = 'psql', ...rest] = command;
  return run(io, program, rest, { ...io.env, ...databaseEnvironment(answer.value) });
}

/** Variables libpq and most drivers read: https://www.postgresql.org/docs/current/libpq-envars.html */
function databaseEnvironment(credential: CredentialView): Record<string, string> {
  const dsn = new URL(credential.dsn);
  const sslMode = dsn.searchParams.get('sslmode');
  return {
    PGHOST: dsn.hostname.replace(/^\[|\]$/g, ''),
    PGPORT: dsn.port === '' ? '5432' : dsn.port,
    PGUSER: credential.user,
    PGPASSWORD: credential.password,
    PGDATABASE: decodeURIComponent(dsn.pathname.slice(1)),
    DATABASE_URL: credential.dsn,
    ...(sslMode === null ? {} : { PGSSLMODE: sslMode }),
  };
}

/** Runs it in our place: same terminal, its exit code, and the signals we get are passed on. */
function run(io: Io, program: string, args: readonly string[], env: Io['env']): Promise<number> {
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

function secondsOf(text: string): number | null {
  const match = /^(\d{1,6})(s|m|h|)$/.exec(text);
  if (!match) return null;
  const unit = match[2] === 'h' ? 3600 : match[2] === 'm' ? 60 : 1;
  return Number(match[1]) * unit || null;
}
