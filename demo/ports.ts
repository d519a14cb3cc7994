// Free TCP ports on loopback, below the range the kernel hands out by itself (net.ipv4.ip_local_port_range).

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';

const lowest = 20_000;
const highest = 32_000;

/** Where this process looks next. Each begins elsewhere: what one has found and not yet bound, its neighbours do not try. */
let next = (process.pid * 61) % (highest - lowest);

/** True when nothing listens there. Somebody may still come first: who binds must be ready for that. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = lowest + (next++ % (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${lowest} and ${highest} on 127.0.0.1`);
}

/** The port a person asked for, or else the usual one, or else a free one. @throws when what was asked for is taken. */
export async function choosePort(flag: string, wanted: string | undefined, usual: number): Promise<number> {
  if (wanted === undefined) return (await isFree(usual)) ? usual : freePort();
  const port = Number(wanted);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${flag} takes a port from 1 to 65535`);
  if (await isFree(port)) return port;
  const holder = holderOf(port);
  throw new Error(
    `Port ${port} on 127.0.0.1 is taken${holder ? ` by ${holder}` : ''}, or may not be used by you.\n` +
      `Stop what uses it, or choose another: npm start -- ${flag} ${await freePort()}`,
  );
}

/** Who listens there, as far as this machine tells. */
function holderOf(port: number): string | undefined {
  const { stdout: sockets } = spawnSync('ss', ['-ltnpH', `sport = :${port}`], { encoding: 'utf8' });
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(sockets ?? '') ?? [];
  if (name && pid) return `${commandOf(pid) ?? name} (process ${pid})`;
  const { stdout: open } = spawnSync('lsof', ['-nP', '-Fpc', `-iTCP:${port}`, '-sTCP:LISTEN'], { encoding: 'utf8' });
  const [, process, command] = /^p(\d+)\nc(.+)$/m.exec(open ?? '') ?? [];
  return command ? `${command} (process ${process})` : undefined;
}

/** By how it was started: the name of a thread, as Node gives one, says nothing to who has to stop it. */
function commandOf(pid: string): string | undefined {
  const path = `/proc/${pid}/cmdline`;
  const words = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\0')
        .filter((each) => each !== '' && !each.startsWith('-'))
    : [];
  return words.length === 0
    ? undefined
    : words
        .slice(0, 3)
        .map((each) => basename(each))
        .join(' ');
}
