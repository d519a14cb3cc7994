// POST /who-saw: what left about one patient, to whom. Auditors only, with a reason, recorded before anything is looked up;
// the record names the patient by keyed name, the number itself is in no entry.

import { Hono } from 'hono';
import { nameOf } from '../core/facts.ts';
import { type Json, type JsonObject, objectOf } from '../core/json.ts';
import { covers, isPhiClass, type PhiClass } from '../core/phi.ts';
import { namedPatient } from '../gateway/patient-names.ts';
import type { Disclosure } from '../ports/sessions.ts';
import { isAuditor } from './access.ts';
import { type DisclosureView, type WhoSawInput, type WhoSawView, whoSawInput } from './contract-who-saw.ts';
import type { AdminDeps } from './deps.ts';
import { type AdminEnv, answerRefusal, bodyOf } from './http.ts';
import { emptyPeriod, reasonPayload, usableReason } from './reading.ts';

const label =
  'Candidates for an accounting of disclosures (45 CFR 164.528), for a person to judge: uses and disclosures for treatment, payment and operations, to the individual, or under an authorization are not part of one.';

export function whoSawRoutes(deps: AdminDeps): Hono<AdminEnv> {
  const routes = new Hono<AdminEnv>();
  routes.post('/', async (c) => {
    const input = await bodyOf(c, whoSawInput);
    if (!input.ok) return answerRefusal(input.error);
    const caller = c.get('caller');
    if (!isAuditor(caller, deps.readers()))
      return answerRefusal({ code: 'not_an_auditor', text: "Looking a patient's disclosures up needs an auditor." });
    const reason = usableReason(input.value.reason);
    if (reason === null)
      return answerRefusal({ code: 'reason_required', text: 'The lookup needs a reason, which is recorded.' });
    const { names, ofNoKind } = namedPatient(deps.patients, input.value.patients);
    if (names.length === 0)
      return answerRefusal({
        code: 'invalid_request',
        text: 'No connection says what tells which patient something is about.',
        next: 'Set classification.<connection>.patient in the configuration.',
      });
    // It would be looked for as a part of the number, and read as if nobody had seen the patient.
    if (ofNoKind)
      return answerRefusal({
        code: 'invalid_request',
        text: `A word before a colon is no kind of identifier here; there are: ${[...deps.patients.kinds()].sort().join(', ')}.`,
        next: 'Write one of these before the colon, or the identifier alone. One with a colon of its own needs its kind before it.',
      });
    const { since, until } = input.value;
    if (since !== undefined && until !== undefined && Date.parse(since) >= Date.parse(until))
      return answerRefusal(emptyPeriod);
    const subject = nameOf(caller.subject);
    const { log } = deps;
    await log.append({ type: 'audit.read', subject, data: { what: 'who-saw', names } }, reasonPayload({ reason }));
    return c.json(await answerTo(deps, input.value, names));
  });
  return routes;
}

async function answerTo(deps: AdminDeps, input: WhoSawInput, names: readonly string[]): Promise<WhoSawView> {
  const { index, reader } = deps;
  await index.catchUp(reader);
  const period = {
    ...(input.since === undefined ? {} : { since: new Date(input.since).toISOString() }),
    ...(input.until === undefined ? {} : { until: new Date(input.until).toISOString() }),
  };
  const { before, limit } = input;
  const found = index.disclosuresOf(names, { ...period, ...(before === undefined ? {} : { before }), limit });
  const disclosures: DisclosureView[] = [];
  for (const each of found) disclosures.push(viewOf(deps, each, each.purpose ? await purposeOf(deps, each.seq) : null));
  const last = found.length === limit ? (found.at(-1)?.seq ?? null) : null;
  const [unnamed, shredded] = [index.unnamedDisclosures(period), index.shreddedDisclosures(period)];
  return { label, disclosures, unnamed, shredded, before: last };
}

async function purposeOf({ reader }: AdminDeps, seq: number): Promise<string | null> {
  for await (const entry of reader.entries(seq, seq + 1)) {
    const payload = await reader.payload(entry);
    const said: JsonObject = payload ? JSON.parse(Buffer.from(payload.bytes).toString('utf8')) : {};
    return typeof said['purpose'] === 'string' ? said['purpose'] : null;
  }
  return null;
}

function viewOf(
  { index }: Pick<AdminDeps, 'index'>,
  { seq, time, session, request, by, data }: Disclosure,
  purpose: string | null,
): DisclosureView {
  // SQL under a tool call came by the agent that made the call.
  const cause = session.client === '' && session.parent ? index.get(session.parent.session) : undefined;
  const phi = [...new Set([...textsIn(data['phi']), ...Object.keys(objectOf(data['masked']))])].filter(isPhiClass);
  const unmask = data['unmask'] === 'all' ? 'all' : textsIn(data['unmask']).filter(isPhiClass);
  const isShown = (cls: PhiClass): boolean => covers(unmask, cls);
  const { tool, method } = data;
  const tables = textsIn(data['relations']);
  const what = tables.length > 0 ? tables : [tool ?? method ?? ''].filter((each) => typeof each === 'string');
  return {
    seq,
    time,
    recipient: session.subject,
    connection: session.connection,
    door: session.door,
    client: cause?.client ?? session.client,
    session: session.id,
    request,
    by,
    what,
    shown: phi.filter(isShown),
    masked: phi.filter((cls) => !isShown(cls)),
    rule: typeof data['rule'] === 'string' ? data['rule'] : '',
    purpose,
  };
}

function textsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((each: Json): each is string => typeof each === 'string') : [];
}
