// The load: sessions of MCP 2025-11-25, each on a connection of its own, one `tools/call` after the other. It times every
// call, and fails at the first answer that is not the expected one.

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { cpuSeconds } from '../process-cost.ts';

/** One way to the server. */
export interface Way {
  readonly name: string;
  readonly url: URL;
  readonly authorization: string | null;
  /** Null: nothing stands in between. */
  readonly pid: number | null;
  /** What every answer has in it. */
  readonly expects: string;
}

export interface Figures {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the process in between, its threads included, for one call. */
  readonly cpuUs: number;
}

const call = { method: 'tools/call', params: { name: 'read_chart', arguments: { chart: 'bed 12' } } };

export async function load(way: Way, connections: number, calls: number): Promise<Figures> {
  const sessions = await Promise.all(Array.from({ length: connections }, () => open(way)));
  const times: number[] = [];
  const cpu = cpuSeconds(way.pid);
  const begun = performance.now();
  let left = calls;
  await Promise.all(
    sessions.map(async (session) => {
      while (left-- > 0) {
        const at = performance.now();
        const { body } = await session.post(call);
        times.push(performance.now() - at);
        if (!body.includes(way.expects)) throw new Error(`${way.name} answered ${body}`);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const cpuUs = ((cpuSeconds(way.pid) - cpu) * 1e6) / calls;
  await Promise.all(sessions.map((session) => session.close()));
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number => sorted[Math.min(Math.floor(share * calls), calls - 1)] ?? Number.NaN;
  return { callsPerSecond: calls / seconds, p50Ms: at(0.5), p99Ms: at(0.99), cpuUs };
}

interface Session {
  post(message: object): Promise<{ readonly headers: IncomingHttpHeaders; readonly body: string }>;
  close(): Promise<void>;
}

async function open({ url, authorization }: Way): Promise<Session> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let id = 0;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(authorization === null ? {} : { authorization }),
  };
  const send = (method: string, body = ''): ReturnType<Session['post']> =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { agent, method, headers }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('end', () => resolve({ headers: incoming.headers, body: text }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const post = (message: object): ReturnType<Session['post']> =>
    send('POST', JSON.stringify({ jsonrpc: '2.0', id: ++id, ...message }));
  const clientInfo = { name: 'bench', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const greeting = await post({ method: 'initialize', params });
  headers['mcp-session-id'] = String(greeting.headers['mcp-session-id']);
  headers['mcp-protocol-version'] = '2025-11-25';
  await send('POST', JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  return {
    post,
    close: async () => {
      await send('DELETE');
      agent.destroy();
    },
  };
}
