// Runs the official conformance suite against a server and reads its verdicts, check by check. Never judges them itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** `0.1.16` runs its active scenarios; the newer one those a revision of MCP requires, and some it does not score. */
export type Suite = '0.1.16' | '2025-11-25' | '2026-07-28';

const file = (url: string): string => fileURLToPath(new URL(url, import.meta.resolve('../../../package.json')));
const current = file('node_modules/@modelcontextprotocol/conformance/dist/index.js');
const next = file('node_modules/mcp-conformance-next/dist/index.js');
const commands: Readonly<Record<Suite, readonly string[]>> = {
  '0.1.16': [current, 'server', '--suite', 'active'],
  '2025-11-25': [next, 'server', '--requirements', '2025-11-25'],
  '2026-07-28': [next, 'server', '--requirements', '2026-07-28'],
};

/** Status by `scenario / check`, with the check's own words where it did not succeed. */
export type Verdicts = ReadonlyMap<string, { readonly status: string; readonly words: string }>;

export async function runSuite(suite: Suite, url: string): Promise<Verdicts> {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-conformance-'));
  try {
    const child = spawn(process.execPath, [...commands[suite], '--url', url, '-o', directory], { stdio: 'ignore' });
    const stuck = setTimeout(() => child.kill('SIGKILL'), 240_000);
    await once(child, 'exit');
    clearTimeout(stuck);
    return await verdictsIn(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The scenarios for an authorization server; `visit` is the browser of a person, from the address they are sent to. */
export async function runAuthorization(
  of: { readonly url: string; readonly client: string; readonly port: number; readonly resource: string },
  visit: (address: string) => Promise<void>,
): Promise<Verdicts> {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-conformance-'));
  try {
    const at = ['--url', of.url, '--client-id', of.client, '--resource', of.resource, '--port', String(of.port)];
    const child = spawn(process.execPath, [next, 'authorization', ...at, '-o', directory], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const stuck = setTimeout(() => child.kill('SIGKILL'), 60_000);
    const exited = once(child, 'exit');
    let said = '';
    const visited: Promise<void>[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const address = /^https?:\S+[?]response_type=\S+$/m.exec(said)?.[0];
      if (address !== undefined && visited.length === 0) visited.push(visit(address));
    });
    await exited;
    clearTimeout(stuck);
    await Promise.all(visited);
    return await verdictsIn(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function verdictsIn(directory: string): Promise<Verdicts> {
  const verdicts = new Map<string, { status: string; words: string }>();
  for (const entry of (await readdir(directory)).sort()) {
    const scenario = entry.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
    const checks = JSON.parse(await readFile(join(directory, entry, 'checks.json'), 'utf8')) as Check[];
    const times = new Map<string, number>();
    for (const { id, status, errorMessage } of checks) {
      const nth = (times.get(id) ?? 0) + 1;
      times.set(id, nth);
      verdicts.set(`${scenario} / ${id}${nth > 1 ? ` #${nth}` : ''}`, { status, words: errorMessage ?? '' });
    }
  }
  return verdicts;
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

export interface Shim {
  /** Ends in `path`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Passes every request on with a bearer, and every other header, Host included, as it came. */
export async function addBearer(to: URL, token: () => Promise<string>): Promise<Shim> {
  const shim = createServer((incoming, outgoing) => {
    void (async () => {
      const [body, bearer] = await Promise.all([buffer(incoming), token()]);
      const headers = { ...incoming.headers, authorization: `Bearer ${bearer}` };
      const upstream = request({
        host: to.hostname,
        port: to.port,
        path: to.pathname,
        method: incoming.method,
        headers,
      });
      upstream.on('response', (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        outgoing.flushHeaders();
        response.on('error', () => outgoing.destroy()).pipe(outgoing);
      });
      upstream.on('error', () => outgoing.destroy());
      outgoing.on('close', () => upstream.destroy());
      upstream.end(body);
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => shim.listen(0, '127.0.0.1', resolve));
  const address = shim.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}${to.pathname}`,
    close: async () => {
      shim.closeAllConnections();
      await new Promise((resolve) => shim.close(resolve));
    },
  };
}
