// What the gate is measured against, each a process of its own in front of the same server: PgBouncer, HAProxy, a bare
// pipe, and two that put a record on disk before they pass an answer on. One that is not installed is left out, and a line says so.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../demo/ports.ts';
import { eventually } from '../../test/parts/eventually.ts';

/** One way to the database. */
export interface Peer {
  readonly name: string;
  readonly port: number;
  /** Asked for each time, as a token does not live long. */
  readonly login: () => Promise<{ readonly user: string; readonly password: string }>;
  /** Null: nothing stands in between. */
  readonly pid: number | null;
}

interface Upstream {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface Proxies {
  readonly peers: readonly Peer[];
  stop(): void;
}

/** `directory` is for their files. */
export async function startProxies(directory: string, upstream: Upstream): Promise<Proxies> {
  chmodSync(directory, 0o755);
  const children: ChildProcess[] = [];
  const stop = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  // Also where the run ends by an error nobody caught.
  process.once('exit', stop);
  const peers: Peer[] = [];
  const login = (): Promise<Upstream> => Promise.resolve(upstream);
  const plans = [
    ['PgBouncer (session)', '/usr/sbin/pgbouncer', pgBouncer],
    ['HAProxy (TCP)', '/usr/sbin/haproxy', haProxy],
    ['bare Node pipe', process.execPath, pipe],
    ['Node pipe to disk', process.execPath, durablePipe],
    ['the same, waiting', process.execPath, waitingPipe],
  ] as const;
  for (const [name, program, argumentsOf] of plans) {
    if (!existsSync(program)) {
      console.log(`${name} is left out: there is no ${program} (apt-get install pgbouncer haproxy)`);
      continue;
    }
    const port = await freePort();
    const child = spawn(program, argumentsOf(directory, port, upstream), { stdio: 'ignore', ...unprivileged() });
    children.push(child);
    await listening(port);
    peers.push({ name, port, login, pid: child.pid ?? null });
  }
  return { peers, stop };
}

function pgBouncer(directory: string, port: number, upstream: Upstream): string[] {
  const file = join(directory, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]
${upstream.database} = host=127.0.0.1 port=${upstream.port} user=${upstream.user} password=${upstream.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = session
default_pool_size = 100
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
`,
  );
  return ['-q', file];
}

function haProxy(directory: string, port: number, upstream: Upstream): string[] {
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen postgres
  bind 127.0.0.1:${port}
  server one 127.0.0.1:${upstream.port}
`,
  );
  return ['-db', '-f', file];
}

function pipe(_directory: string, port: number, upstream: Upstream): string[] {
  return [fileURLToPath(new URL('pipe.ts', import.meta.url)), String(port), String(upstream.port)];
}

/** Its file is there before it is, as the gate's journal is. */
function durablePipe(directory: string, port: number, upstream: Upstream): string[] {
  const file = join(directory, `durable-pipe-${port}`);
  writeFileSync(file, Buffer.alloc(16 * 1024 * 1024));
  const user = unprivileged();
  if (user) chownSync(file, user.uid, user.gid);
  return [fileURLToPath(new URL('durable-pipe.ts', import.meta.url)), String(port), String(upstream.port), file];
}

function waitingPipe(...given: Parameters<typeof durablePipe>): string[] {
  return [...durablePipe(...given), 'waits'];
}

/** PgBouncer does not run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout));
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

function listening(port: number): Promise<void> {
  const listens = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  return eventually(listens, `something listens on port ${port}`);
}
