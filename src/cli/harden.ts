// chartgate harden: the enforced posture of one connection as SQL to read, or made, verified and undone on the live server.

import { resolve } from 'node:path';
import type { LoadedConfig } from '../config/resolve.ts';
import { errors } from '../core/errors.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

export interface HardenAt {
  readonly connection: string;
  /** Who signs in instead of the connection's own login, and where. */
  readonly admin: {
    readonly user: string;
    readonly host: string;
    readonly port: number;
    readonly database: string;
  } | null;
  readonly adminPassword: string | null;
}

export interface HardenScript {
  readonly sql: string;
  /** What no masked subject will see, and why. */
  readonly leftOut: readonly string[];
  /** Publications that would replicate the gate's own tables, too. */
  readonly publishedBy: readonly string[];
}

/** One connection's posture, with a database session to plan and make it. */
export interface Hardening {
  script(): Promise<Result<HardenScript>>;
  undoScript(): string;
  run(sql: string): Promise<Result<void>>;
  verify(): Promise<Result<readonly { readonly ok: boolean; readonly text: string }[]>>;
  close(): void;
}

export type OpenHardening = (loaded: LoadedConfig, at: HardenAt) => Promise<Result<Hardening>>;

export interface HardenOptions {
  readonly config: string;
  readonly admin?: string;
  readonly print?: boolean;
  readonly apply?: boolean;
  readonly verify?: boolean;
  readonly undo?: boolean;
  readonly json?: boolean;
}

export async function harden(io: Io, connection: string, options: HardenOptions, open: OpenHardening): Promise<number> {
  const asked = [options.apply, options.verify, options.undo && !options.print, options.print && !options.undo];
  if (asked.filter(Boolean).length > 1)
    return complain(io, { code: 'usage', text: 'Choose one of --print, --apply, --verify and --undo.' });
  const admin = adminOf(io, options.admin);
  if (!admin.ok) return complain(io, admin.error);
  const loaded = await loadConfig(resolve(io.cwd, options.config), io.env);
  if (!loaded.ok) return complainOfConfig(io, loaded.error);
  const opened = await open(loaded.value, { connection, ...admin.value });
  if (!opened.ok) return complain(io, opened.error);
  try {
    if (options.verify) return await verify(io, opened.value, options.json === true);
    if (options.undo) return await undo(io, connection, opened.value, options.print === true);
    return await make(io, connection, opened.value, options.apply === true);
  } finally {
    opened.value.close();
  }
}

/** `postgres://user@host:port/database`; the password comes from the environment only. */
function adminOf(io: Io, text: string | undefined): Result<Pick<HardenAt, 'admin' | 'adminPassword'>> {
  if (text === undefined) return ok({ admin: null, adminPassword: null });
  const url = URL.canParse(text) ? new URL(text) : null;
  const database = url?.pathname.slice(1) ?? '';
  if (!url || !/^postgres(?:ql)?:$/.test(url.protocol) || !url.username || url.password || !database)
    return refuse('usage', '--admin takes postgres://user@host:port/database, without a password.', {
      next: 'Give the password in PGPASSWORD or CHARTGATE_ADMIN_PASSWORD.',
    });
  return ok({
    admin: {
      user: decodeURIComponent(url.username),
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port || 5432),
      database: decodeURIComponent(database),
    },
    adminPassword: io.env['CHARTGATE_ADMIN_PASSWORD'] ?? io.env['PGPASSWORD'] ?? null,
  });
}

async function make(io: Io, connection: string, hardening: Hardening, apply: boolean): Promise<number> {
  const script = await hardening.script();
  if (!script.ok) return complain(io, script.error);
  for (const each of script.value.leftOut) io.stderr.write(`left out  ${plain(each)}\n`);
  for (const each of script.value.publishedBy)
    io.stderr.write(
      `warning   publication ${plain(each)} is of all tables: make those of schema chartgate_${plain(connection)} at its subscribers before this is run\n`,
    );
  if (!apply) {
    io.stdout.write(script.value.sql);
    return 0;
  }
  return run(
    io,
    hardening,
    script.value.sql,
    'The database masks by itself now; chartgate harden --verify looks again.',
    {
      text: `A role or schema named as those of harden (chartgate_${connection}…) is in this database, and is not of harden.`,
      next: 'Nothing was changed. Give it another name; psql, with what --print writes, says which it is.',
    },
  );
}

async function undo(io: Io, connection: string, hardening: Hardening, onlyPrint: boolean): Promise<number> {
  const sql = hardening.undoScript();
  if (!onlyPrint)
    return run(io, hardening, sql, 'What harden had made is gone, and what it had taken away is back.', {
      text: `There is nothing in this database that harden has made for ${connection}.`,
      next: 'It has been undone already, or this is another database than the one it was made in.',
    });
  io.stdout.write(sql);
  return 0;
}

/** @param objection what the script itself means where it refuses (RAISE EXCEPTION) */
async function run(
  io: Io,
  hardening: Hardening,
  sql: string,
  done: string,
  objection: { readonly text: string; readonly next: string },
): Promise<number> {
  const result = await hardening.run(sql);
  if (result.ok) {
    print(io, done);
    return 0;
  }
  if (result.error.text.includes('SQLSTATE P0001')) return complain(io, { ...result.error, ...objection });
  return complain(io, {
    ...result.error,
    next: 'Nothing was changed. This takes a superuser, or an owner of the tables and schemas that may make roles: name one with --admin, or let one run what --print writes.',
  });
}

async function verify(io: Io, hardening: Hardening, json: boolean): Promise<number> {
  const found = await hardening.verify();
  if (!found.ok) return complain(io, found.error);
  const sound = found.value.every((each) => each.ok);
  if (json) printJson(io, { ok: sound, findings: found.value });
  else for (const each of found.value) print(io, `${each.ok ? 'ok    ' : 'FAILED'}  ${plain(each.text)}`);
  if (!sound && !json) complain(io, { code: 'check_failed', text: errors.check_failed.text });
  return sound ? 0 : errors.check_failed.exit;
}
