// The MCP door against what else could stand there: nothing, a bare Node HTTP pipe, and one that reads and records, in one run.
// `tools/call` at 1 and 32 connections; identity, policy, masking and the durable log are on. Rounds go through all ways in turn, so that noise shows.
// BENCH_CALLS (a round of 32 connections), BENCH_ROUNDS; `--soak` also makes a million calls (BENCH_SOAK) and prints what
// the gate's memory does.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../demo/ports.ts';
import { startClinic } from '../test/parts/clinic.ts';
import { eventually } from '../test/parts/eventually.ts';
import { type Figures, load, type Way } from './mcp/load.ts';
import { residentMb } from './process-cost.ts';

const calls = Number(process.env['BENCH_CALLS'] ?? 6000);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const soak = process.argv.includes('--soak') ? Number(process.env['BENCH_SOAK'] ?? 1_000_000) : 0;

const children: ChildProcess[] = [];
const start = async (file: string, ...args: readonly number[]): Promise<number> => {
  const path = fileURLToPath(new URL(`mcp/${file}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args.map(String)], { stdio: 'inherit' });
  children.push(child);
  const listens = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${args[0]}`).then(
      () => true,
      () => false,
    );
  await eventually(listens, `${file} listens on port ${args[0]}`);
  return child.pid ?? -1;
};
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

const [serverPort, pipePort, recordingPort] = [await freePort(), await freePort(), await freePort()];
await start('server.ts', serverPort);
const pipePid = await start('pipe.ts', pipePort, serverPort);
const recordingPid = await start('recording-pipe.ts', recordingPort, serverPort);
const clinic = await startClinic();
try {
  await clinic.writeConfig((config) =>
    config
      .replace('classification:', `  charts: { type: mcp, url: "http://127.0.0.1:${serverPort}/mcp" }\nclassification:`)
      .concat(`    - name: analysts-read-charts
      subjects: { groups: [analysts] }
      connections: [charts]
      when: mcp.tool.readonly
      allow: true
`),
  );
  const gate = await clinic.startGate();
  const whole = 'SSN 219-09-9999';
  const ways: readonly Way[] = [
    { name: 'direct', url: at(serverPort), authorization: null, pid: null, expects: whole },
    { name: 'bare Node HTTP pipe', url: at(pipePort), authorization: null, pid: pipePid, expects: whole },
    { name: 'pipe that records', url: at(recordingPort), authorization: null, pid: recordingPid, expects: whole },
    {
      name: 'the gate, masked',
      url: new URL('/mcp/charts', clinic.url),
      authorization: `Bearer ${await clinic.issuer.sign({ sub: 'ana', groups: ['analysts'] }, { expiresIn: 36_000 })}`,
      pid: gate.pid,
      expects: 'Vital signs',
    },
  ];
  for (const way of ways) await load(way, 32, 2000);
  for (const connections of [1, 32]) await compare(ways, connections);
  const gated = ways.at(-1);
  if (soak > 0 && gated) await remember(gated, gate.pid);
} finally {
  await clinic.stop();
  for (const child of children) child.kill('SIGKILL');
}

function at(port: number): URL {
  return new URL(`http://127.0.0.1:${port}/mcp`);
}

async function compare(ways: readonly Way[], connections: number): Promise<void> {
  const figures = ways.map((way) => ({ way, rounds: [] as Figures[] }));
  const each = connections === 1 ? Math.ceil(calls / 4) : calls;
  for (let round = 0; round < rounds; round++)
    for (const { way, rounds } of figures) rounds.push(await load(way, connections, each));
  const of = (index: number, member: keyof Figures): number =>
    median((figures[index]?.rounds ?? []).map((round) => round[member]));
  console.log(`\ntools/call, ${connections} connection${connections === 1 ? '' : 's'} (median of ${rounds})`);
  for (const [index, { way }] of figures.entries()) {
    const share = ((100 * of(index, 'callsPerSecond')) / of(1, 'callsPerSecond')).toFixed(0);
    const cpu = way.pid === null ? '' : `  ${of(index, 'cpuUs').toFixed(0)} µs CPU a call`;
    console.log(
      `${way.name.padEnd(20)} ${of(index, 'callsPerSecond').toFixed(0).padStart(6)} calls/s (${share} %)  p50 ${of(index, 'p50Ms').toFixed(2)} ms  p99 ${of(index, 'p99Ms').toFixed(2)} ms${cpu}`,
    );
  }
  const added = (index: number): number => of(index, 'p50Ms') - of(0, 'p50Ms');
  console.log(
    `added p50: pipe ${added(1).toFixed(2)} ms, pipe that records ${added(2).toFixed(2)} ms, gate ${added(3).toFixed(2)} ms`,
  );
}

/** Memory after each tenth of the calls. */
async function remember(way: Way, pid: number): Promise<void> {
  console.log(`\n${soak} calls, 32 connections: resident memory of the gate`);
  for (let tenth = 1; tenth <= 10; tenth++) {
    const { callsPerSecond } = await load(way, 32, Math.ceil(soak / 10));
    console.log(
      `after ${(soak / 10) * tenth} calls ${residentMb(pid).toFixed(0)} MB, ${callsPerSecond.toFixed(0)} calls/s`,
    );
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
