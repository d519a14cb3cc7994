// Simulating a policy over what the log remembers. For auditors and the local operator: that they did is in the log first, and
// the answer has names of rules, people and commands only.

import { Hono } from 'hono';
import { parsePolicy } from '../config/policy-schema.ts';
import { breakGlassRule, type Policy } from '../core/decision.ts';
import { nameOf } from '../core/facts.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import type { Entry } from '../core/record.ts';
import { type Result, refuse } from '../core/result.ts';
import { compilePolicy } from '../policy/compile.ts';
import { type RecordedRequest, Simulation } from '../policy/simulate.ts';
import type { LogReader } from '../ports/log.ts';
import { isAuditor } from './access.ts';
import { type SimulationView, simulateInput } from './contract-simulate.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';
import { reasonPayload } from './reading.ts';

/** Below what the command line waits for. */
const budgetMs = 45_000;

export function simulateRoutes({ clock, log, reader, readers }: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.post('/simulate', async (c) => {
    const caller = c.get('caller');
    if (!isAuditor(caller, readers()))
      return answerRefusal({ code: 'not_an_auditor', text: 'Trying a policy on recorded requests needs an auditor.' });
    const input = await bodyOf(c, simulateInput);
    if (!input.ok) return answerRefusal(input.error);
    const { since, reason } = input.value;
    const policy = policyOf(input.value.policy);
    if (!policy.ok) return answerRefusal(policy.error);
    const from = new Date(since).toISOString();
    await log.append(
      {
        type: 'audit.read',
        subject: nameOf(caller.subject),
        data: { what: 'simulation', since: from, policy: policy.value.digest },
      },
      reasonPayload({ reason }),
    );
    const deadline = clock.now() + budgetMs;
    return c.json(await simulate(policy.value, reader, from, () => clock.now() < deadline));
  });
  return routes;
}

function policyOf(said: unknown): Result<Policy> {
  const parsed = parsePolicy(said);
  if (!parsed.ok) return parsed;
  const compiled = compilePolicy(parsed.value);
  if (compiled.ok) return compiled;
  const [problem] = compiled.error;
  return refuse('config_invalid', `Rule "${problem?.rule}" of this policy does not compile: ${problem?.text}.`);
}

async function simulate(
  policy: Policy,
  reader: LogReader,
  since: string,
  inTime: () => boolean,
): Promise<SimulationView> {
  const simulation = new Simulation(policy);
  let unreadable = 0;
  let until: string | null = null;
  let complete = true;
  for await (const entry of reader.entries(await firstSince(reader, since))) {
    if (!inTime()) {
      complete = false;
      break;
    }
    until = entry.time;
    if (entry.type !== 'request' || isHousekeeping(entry)) continue;
    const recorded = await recordedOf(entry, reader);
    if (recorded) simulation.add(recorded);
    else unreadable++;
  }
  return { policy: policy.digest, ...simulation.report(), unreadable, complete, since, until };
}

/** The log is in the order of time. */
async function firstSince(reader: LogReader, since: string): Promise<number> {
  let [low, high] = [0, reader.size];
  while (low < high) {
    const middle = (low + high) >> 1;
    const time = await timeAt(reader, middle);
    if (time < since) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function timeAt(reader: LogReader, seq: number): Promise<string> {
  for await (const { time } of reader.entries(seq, seq + 1)) return time;
  return '';
}

/** Let through, or refused, without a rule: no policy changes it. */
function isHousekeeping({ data }: Entry): boolean {
  const rule = data?.['rule'];
  return (
    typeof rule === 'string' && rule.startsWith('builtin:') && rule !== 'builtin:closed' && rule !== breakGlassRule
  );
}

/** Null where its facts are gone, or were never known. */
async function recordedOf(entry: Entry, reader: LogReader): Promise<RecordedRequest | null> {
  const { session = '', request = '', time } = entry;
  const payload = await reader.payload(entry);
  if (!payload) return null;
  const said = parseJson(new TextDecoder().decode(payload.bytes));
  return isRecorded(said) ? { session, request, time, facts: said.facts, decision: said.decision } : null;
}

function isRecorded(value: unknown): value is Pick<RecordedRequest, 'facts' | 'decision'> {
  return (
    isJsonObject(value) && Array.isArray(value['facts']) && value['facts'].length > 0 && isJsonObject(value['decision'])
  );
}
