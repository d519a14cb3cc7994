// chartgate connect: a short-lived database credential, printed as a DSN or handed to one command by its environment.
// The password is never an argument of a process, where others could read it.

import { type CredentialView, credentialView } from '../admin/contract.ts';
import { runProgram } from './child-program.ts';
import { findGate } from './gate.ts';
import { complain, type Io, print } from './io.ts';

export interface ConnectOptions {
  readonly config: string;
  readonly print?: boolean;
  /** `15m`, `90s`, `1h`. */
  readonly ttl?: string;
}

/** Between the clock of the gate and this one. */
const slackSeconds = 60;

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
  const { expires } = answer.value;
  if (ttl !== undefined && Date.parse(expires) < Date.now() + 1000 * (ttl - slackSeconds))
    io.stderr.write(`chartgate: It is good until ${expires}: the gate allows no longer.\n`);
  if (options.print) {
    print(io, answer.value.dsn);
    return 0;
  }
  const [program = 'psql', ...rest] = command;
  return runProgram(io, program, rest, { ...io.env, ...databaseEnvironment(answer.value) });
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

function secondsOf(text: string): number | null {
  const match = /^(\d{1,6})(s|m|h|)$/.exec(text);
  if (!match) return null;
  const unit = match[2] === 'h' ? 3600 : match[2] === 'm' ? 60 : 1;
  return Number(match[1]) * unit || null;
}
