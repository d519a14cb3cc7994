// The gate of the demo: its chartgate.yaml, the process that serves it, and its command line as a person would run it.

import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Kept, keep } from './keeper.ts';
import { audience, type GateClient } from './provider.ts';

export interface GatePlan {
  /** Absolute; the file, its secrets and the state go here. */
  readonly directory: string;
  readonly httpPort: number;
  readonly postgresPort: number;
  readonly issuer: string;
  readonly client: GateClient;
  readonly upstream: { readonly port: number; readonly database: string };
  /** Of the role `gate`. */
  readonly password: string;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Gate {
  readonly config: string;
  readonly state: string;
  readonly ended: Promise<number>;
  stop(): Promise<void>;
  /** Runs `chartgate …` to its end, signed in with `token`. */
  command(args: readonly string[], token?: string): Promise<CommandResult>;
  /** The last lines it wrote. */
  readonly log: () => Promise<string>;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'bin', 'chartgate');
const readyMs = 60_000;

export async function startGate(plan: GatePlan): Promise<Gate> {
  const config = join(plan.directory, 'chartgate.yaml');
  const logFile = join(plan.directory, 'gate.log');
  await writeFile(join(plan.directory, 'ehr.password'), plan.password, { mode: 0o600 });
  await writeFile(join(plan.directory, 'client.secret'), plan.client.secret, { mode: 0o600 });
  await writeFile(config, configuration(plan), { mode: 0o600 });
  const kept = keep({
    command: process.execPath,
    args: [main, 'serve', '-c', config],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' },
    cwd: plan.directory,
    logFile,
    stopSignal: 'SIGTERM',
  });
  const log = async (): Promise<string> =>
    (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-12).join('\n');
  await ready(kept, `http://127.0.0.1:${plan.httpPort}/readyz`, log);
  return {
    config,
    state: join(plan.directory, 'state'),
    ended: kept.ended,
    stop: () => kept.stop(),
    command: (args, token) => command(plan.directory, args, token),
    log,
  };
}

async function ready(kept: Kept, url: string, log: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + readyMs;
  while (kept.running && Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await sleep(50);
  }
  const words = await log();
  await kept.stop();
  throw new Error(`the gate did not become ready:\n${words || '(it wrote no log)'}`);
}

const policy = `policy:
  groups: { privacy: [privacy-officers] }
  break_glass:
    subjects: { groups: [care-team] }
    connections: [ehr]
    max: 1h
    allow: { unmask: [ssn], filter: [ssn] }
    reviewers: [privacy]
    review_within: 24h
  rules:
    - name: analysts-read-masked
      subjects: { groups: [analysts] }
      connections: [ehr]
      when: sql.reads
      allow: { rows: 10000, filter: [date] }
    - name: analysts-ask-through-agents
      subjects: { groups: [analysts] }
      connections: [ehr-tools]
      when: mcp.tool.name == "query"
      allow: {}
    - name: care-team-sees-names
      subjects: { groups: [care-team] }
      connections: [ehr]
      when: sql.reads
      allow: { unmask: [name, mrn, date], filter: [name, mrn, date] }
    - name: unbounded-write
      connections: [ehr]
      when: sql.writes && !sql.bounded
      hold: { reviewers: [privacy], quorum: 1, wait: 1s, expires: 30m, grants: once }
  tests:
    - name: an analyst reads masked
      facts: { subject: { groups: [analysts] }, connection: { name: ehr }, sql: { reads: true } }
      expect: { effect: allow, rule: analysts-read-masked }
    - name: a write without bounds waits for privacy
      facts: { subject: { groups: [analysts] }, connection: { name: ehr }, sql: { writes: true, bounded: false } }
      expect: { effect: hold, rule: unbounded-write }
    - name: anything else is refused
      facts: { subject: { groups: [visitors] }, connection: { name: ehr }, sql: { reads: true } }
      expect: { effect: deny }
`;

function configuration(plan: GatePlan): string {
  const server = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-postgres/dist/index.js'));
  return `# Written by npm start; it ends with the demo.
listen: { http: "127.0.0.1:${plan.httpPort}", postgres: "127.0.0.1:${plan.postgresPort}" }
public_url: http://127.0.0.1:${plan.httpPort}
state: ./state

identity:
  trust:
    - { issuer: "${plan.issuer}", audience: ${audience}, jwks: "${plan.issuer}/jwks", groups_claim: groups, kind: person }
  providers:
    hospital: { type: oidc, label: Hospital account, issuer: "${plan.issuer}", client_id: ${plan.client.id}, client_secret: "\${file:./client.secret}", groups_claim: groups }

connections:
  ehr:       { type: postgres, url: "postgres://gate@127.0.0.1:${plan.upstream.port}/${plan.upstream.database}", password: "\${file:./ehr.password}", tls: disable }
  ehr-tools: { type: mcp, command: [${[process.execPath, server].map((each) => JSON.stringify(each)).join(', ')}, "\${dsn:ehr}"] }

classification:
  ehr:
    posture: inline
    pack: synthea
    columns:                            # what this hospital added to Synthea's columns
      public.patients.mrn: mrn
      public.patients.phone: phone
      public.patients.email: email
      public.encounters.provider: name
      public.notes.author: name
      public.notes.body: note
    unknown_text: mask
    patient:
      columns: { public.patients.id: id, public.patients.mrn: mrn, public.notes.patient: id, public.encounters.patient: id }

masks: { ssn: last4, name: pseudonym, date: year, default: redact }

${policy}
audit: { retain: 6y, readers: [auditors] }
`;
}

async function command(directory: string, args: readonly string[], token?: string): Promise<CommandResult> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // What the command line remembers between runs belongs to the demo, not to the home directory.
    env: { ...process.env, CHARTGATE_HOME: directory, ...(token !== undefined && { CHARTGATE_TOKEN: token }) },
  });
  const code = new Promise<number>((resolve) => {
    child.once('close', (status) => resolve(status ?? 1));
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
