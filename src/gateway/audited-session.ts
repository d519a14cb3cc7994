// The one implementation of AuditedSession: decide, record, wait for people, release. It sees no protocol and no socket.
// INVARIANT: intent before effect, record before release; a refusal is recorded before the caller is told.

import { alwaysUnmasked, combine, decide } from '../core/decide.ts';
import type { Decision, Policy } from '../core/decision.ts';
import { askerOf, nameOf, type Subject } from '../core/facts.ts';
import { type Json, type JsonObject, spelledOnce } from '../core/json.ts';
import type { PhiClass } from '../core/phi.ts';
import { jsonPayload, type Payload, type RecordInput } from '../core/record.ts';
import { assert, fail, ok, type Refusal, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { type ApprovalDesk, named } from './approval-desk.ts';
import { DecidedRequests } from './decided-before.ts';
import { refusalOf, refusalOfHold } from './decision-refusal.ts';
import type { Admission, AuditedSession, Ending, Intent } from './enforce.ts';
import type { Seen } from './patients-seen.ts';
import { lackOfRoom } from './scarce-log.ts';

export interface EnforcementDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly desk: ApprovalDesk;
  /** The break-glass that is live for this subject on this connection now. */
  readonly emergency?: (subject: Subject, connection: string) => string | undefined;
  /** The policy in force now; a session keeps none. */
  readonly policy: () => Policy;
  /** The keyed name of a patient's identifier; the same for the same one, and nothing can be told from it without the key. */
  readonly patientName: (kind: string, value: string) => string;
  /** Kinds of identifiers by which a connection tells its patients apart. */
  readonly patientKinds?: (connection: string) => readonly string[];
  /** Where people and clients reach the gate, for links. */
  readonly publicUrl: string;
}

export interface SessionOpening {
  readonly subject: Subject;
  readonly connection: string;
  readonly door: 'postgres' | 'mcp' | 'http';
  readonly client: string;
  readonly address: string;
  readonly parent?: { readonly session: string; readonly request?: string };
  /** How the subject was authenticated: `jwt`, `scram`. */
  readonly method: string;
}

/** Records the session's start; resolves when that is durable. @throws LogUnavailable */
export async function openSession(deps: EnforcementDeps, opening: SessionOpening): Promise<AuditedSession> {
  const session = new RecordedSession(deps, opening);
  await session.start();
  return session;
}

class RecordedSession implements AuditedSession {
  readonly id: string;
  readonly connection: string;
  #subject: Subject;
  readonly #deps: EnforcementDeps;
  readonly #opening: SessionOpening;
  readonly #open = new Set<RecordedAdmission>();
  #decided = new DecidedRequests();
  readonly #who: { readonly subject: NonNullable<RecordInput['subject']>; readonly connection: string };
  #ended = false;

  constructor(deps: EnforcementDeps, opening: SessionOpening) {
    this.#deps = deps;
    this.#opening = opening;
    this.id = deps.random.id('s');
    this.#subject = opening.subject;
    this.connection = opening.connection;
    this.#who = { subject: spelledOnce(nameOf(opening.subject)), connection: opening.connection };
  }

  get subject(): Subject {
    return this.#subject;
  }

  provenAnew(subject: Subject): void {
    if (subject === this.#subject) return;
    assert(subject.id === this.#subject.id && subject.issuer === this.#subject.issuer, 'the same subject');
    // INVARIANT: what was allowed to them as they were is no answer to them as they are.
    if (askingAs(subject) !== askingAs(this.#subject)) this.#decided = new DecidedRequests();
    this.#subject = subject;
  }

  async start(): Promise<void> {
    const { door, client, address, method, parent } = this.#opening;
    const patients = this.#deps.patientKinds?.(this.connection) ?? [];
    const kinds = patients.length > 0 ? { patients: [...patients] } : {};
    const data = { door, client, address, method, groups: [...this.subject.groups], ...kinds };
    await this.#deps.log.append({
      type: 'session.start',
      session: this.id,
      ...this.#who,
      ...(parent ? { parent } : {}),
      data,
    });
  }

  submit(given: Intent): Result<Admission> | Promise<Result<Admission>> {
    const request = this.#deps.random.id('r');
    const policy = this.#deps.policy();
    const intent = underEmergency(given, this.#deps.emergency?.(this.subject, this.connection));
    const before = this.#decided.find(intent, policy);
    const decision = before?.decision ?? this.#decide(intent, policy);
    const room = lackOfRoom(this.#deps.log, intent.facts.emergency);
    const objection =
      decision.effect === 'deny'
        ? refusalOf(decision, this.#opening, intent.unknown)
        : (intent.check?.(decision) ?? room);
    if (objection) return this.#refuse(request, intent, decision, objection);
    const admission = new RecordedAdmission(this, request, intent, decision);
    const data = before?.data ?? summaryOf(intent, decision);
    if (!before) this.#decided.keep(intent, policy, decision, data);
    const isOverlapped = intent.overlap === true && decision.effect === 'allow';
    const payload = before?.payload(intent) ?? payloadOf(intent, decision);
    const intended = this.append(this.#intended(request, data, intent.parent), payload, isOverlapped);
    if (!isOverlapped) return this.#submitted(admission, intent, intended);
    // Durable before anything is released: `record` is appended after it, in order. A failure shows there.
    intended.catch(nothing);
    this.#open.add(admission);
    return ok(admission);
  }

  /** INVARIANT: what may change something has its intent on disk before it is admitted. */
  async #submitted(
    admission: RecordedAdmission,
    intent: Intent,
    intended: Promise<unknown>,
  ): Promise<Result<Admission>> {
    await intended;
    const { request, decision } = admission;
    const refusal = decision.effect === 'hold' ? await this.#waitForPeople(request, intent, decision) : null;
    if (refusal) {
      await admission.end('held', {
        code: refusal.code,
        ...(refusal.approval ? { approval: refusal.approval } : {}),
      });
      return fail(refusal);
    }
    this.#open.add(admission);
    return ok(admission);
  }

  async refused(refusal: Refusal, content: JsonObject): Promise<void> {
    const request = this.#deps.random.id('r');
    const data = { effect: 'deny', code: refusal.code, rule: refusal.rule ?? 'builtin:door' };
    await Promise.all([
      this.append(this.#intended(request, data), jsonPayload(JSON.stringify({ content, refusal }))),
      this.append(this.#turnedDown(request, refusal)),
    ]);
  }

  async end(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    for (const admission of this.#open) void admission.end('canceled', { reason }).catch(() => {});
    await this.#deps.log.append({ type: 'session.end', session: this.id, ...this.#who, data: { reason } });
  }

  #decide(intent: Intent, policy: Policy): Decision {
    if (intent.builtin) {
      // What an MCP server lists, or says of itself and of no request in particular: shown as any request of theirs would be.
      const unmask = this.#opening.door === 'mcp' ? alwaysUnmasked(policy, this.subject, this.connection) : [];
      return {
        effect: 'allow',
        reasons: [{ rule: intent.builtin, code: 'allowed', text: 'Part of every session.' }],
        obligations: { unmask, filter: [], rowsMax: null },
        hold: null,
        policy: policy.digest,
      };
    }
    if (intent.continued?.policy === policy.digest) return { ...intent.continued, effect: 'allow', hold: null };
    return combine([decide(intent.facts, policy), ...(intent.also ?? []).map((facts) => decide(facts, policy))]);
  }

  /** Null once a live approval for exactly this act has been spent. */
  async #waitForPeople(request: string, intent: Intent, decision: Decision): Promise<Refusal | null> {
    const { desk, clock, publicUrl } = this.#deps;
    const terms = decision.hold;
    if (!terms) return refusalOf(decision, this.#opening, intent.unknown);
    const rule = decision.reasons[0].rule;
    const shape = terms.grants === 'once' ? null : (intent.shape?.() ?? null);
    const claim = {
      act: {
        subject: named(this.subject),
        connection: this.connection,
        content: { ...intent.content, ...intent.meaning?.() },
        known: { ...intent.known, ...(await intent.ifHeld?.()) },
        ...(shape ? { shape } : {}),
        policy: decision.policy,
      },
      rule,
      terms,
      phi: phiOf(intent),
      session: this.id,
      request,
    };
    let outcome = await desk.claim(claim, intent.signal);
    const waitMs = intent.holdMs ?? terms.waitMs;
    const deadline = clock.now() + waitMs;
    if (outcome?.kind === 'pending' && waitMs > 0) {
      const page = `${publicUrl}/approvals/${outcome.approval}`;
      intent.onHold?.({ approval: outcome.approval, link: page, waitMs, rule });
    }
    while (outcome?.kind === 'pending' && clock.now() < deadline && !intent.signal.aborted) {
      await desk.settled(outcome.approval, deadline - clock.now(), intent.signal);
      // INVARIANT: whoever hung up or canceled spends nothing, whatever was decided meanwhile.
      outcome = (await desk.claim(claim, intent.signal)) ?? outcome;
    }
    if (outcome === null || intent.signal.aborted) {
      return {
        code: 'canceled',
        text: 'The request was canceled while it waited for approval.',
        rule,
        ...(outcome ? { approval: outcome.approval } : {}),
      };
    }
    return refusalOfHold(outcome, rule, `${publicUrl}/approvals/${outcome.approval}`);
  }

  async #refuse(request: string, intent: Intent, decision: Decision, refusal: Refusal): Promise<Result<never>> {
    const data = { ...summaryOf(intent, decision), effect: 'deny', code: refusal.code };
    await Promise.all([
      this.append(this.#intended(request, data, intent.parent), payloadOf(intent, decision)),
      this.append(this.#turnedDown(request, refusal)),
    ]);
    return fail(refusal);
  }

  /** Names that tell nothing, in the part of the record that is encrypted and can be destroyed. */
  async disclose(
    { request, intent, decision }: RecordedAdmission,
    seen: Seen,
    masked: Readonly<Record<string, number>>,
  ): Promise<void> {
    const { unmask } = decision.obligations;
    const { command, relations, tool, method } = intent.data ?? {};
    const about = Object.fromEntries(
      Object.entries({ command, relations, tool, method }).filter(
        (each): each is [string, Json] => each[1] !== undefined,
      ),
    );
    const data: JsonObject = {
      ...about,
      rule: decision.reasons[0].rule,
      phi: phiOf(intent),
      unmask: unmask === 'all' ? 'all' : [...unmask],
      masked: { ...masked },
      patients: seen.patients.length,
      ...(seen.unnamed ? { unnamed: true } : {}),
    };
    const purpose = intent.known?.['reason'];
    const names = seen.patients.map(({ kind, value, by }): Json => [this.#deps.patientName(kind, value), by]);
    const payload = jsonPayload(JSON.stringify({ names, ...(purpose === undefined ? {} : { purpose }) }));
    const { subject, connection } = this.#who;
    await this.append({ type: 'disclosure', session: this.id, request, subject, connection, data }, payload, true);
  }

  append(record: RecordInput, payload?: Payload, patient?: boolean): Promise<unknown> {
    return this.#deps.log.append(record, payload, patient);
  }

  #intended(request: string, data: JsonObject, parent?: RecordInput['parent']): RecordInput {
    const { subject, connection } = this.#who;
    const record: RecordInput = { type: 'request', session: this.id, request, subject, connection, data };
    return parent ? { ...record, parent } : record;
  }

  #turnedDown(request: string, { code }: Refusal): RecordInput {
    return { type: 'request.end', session: this.id, request, data: { status: 'refused', code } };
  }

  ended(admission: RecordedAdmission): void {
    this.#open.delete(admission);
  }
}

class RecordedAdmission implements Admission {
  readonly request: string;
  readonly decision: Decision;
  readonly intent: Intent;
  readonly #session: RecordedSession;
  #chunks = 0;
  #ended = false;

  constructor(session: RecordedSession, request: string, intent: Intent, decision: Decision) {
    this.request = request;
    this.decision = decision;
    this.#session = session;
    this.intent = intent;
  }

  record(chunk: Payload, data?: JsonObject, ending?: Ending): Promise<unknown> {
    const at = this.#chunks++;
    if (!ending || !this.#close()) return this.#append('response', { ...data, chunk: at }, chunk);
    const { status, data: outcome } = ending;
    return this.#append('request.end', { ...data, chunk: at, ...outcome, status }, chunk);
  }

  disclose(seen: Seen, masked: Readonly<Record<string, number>>): Promise<unknown> {
    return this.#session.disclose(this, seen, masked);
  }

  async end(status: Ending['status'], data?: JsonObject): Promise<void> {
    if (this.#close()) await this.#append('request.end', { ...data, status }, undefined, true);
  }

  /** What answers a request is told of by its name alone. */
  #append(type: 'response' | 'request.end', data: JsonObject, payload?: Payload, patient?: boolean): Promise<unknown> {
    return this.#session.append({ type, session: this.#session.id, request: this.request, data }, payload, patient);
  }

  /** False when it had an end already. */
  #close(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#session.ended(this);
    return true;
  }
}

/**
 * The same intent with the break-glass that is live in its facts: decided anew each time, and what began under one that is
 * over does not go on under its decision.
 */
function underEmergency(given: Intent, emergency: string | undefined): Intent {
  if (emergency === undefined && given.continued?.emergency === undefined) return given;
  const { continued, ...rest } = given;
  const outdated = continued?.emergency !== undefined && continued.emergency !== emergency;
  if (emergency === undefined) return outdated ? rest : given;
  const { same: _, also, ...others } = rest;
  return {
    ...others,
    facts: { ...given.facts, emergency },
    ...(also ? { also: also.map((facts) => ({ ...facts, emergency })) } : {}),
    ...(continued && !outdated ? { continued } : {}),
  };
}

/** Names and codes only: this part of the entry is never encrypted. */
function summaryOf(intent: Intent, decision: Decision): JsonObject {
  const [reason] = decision.reasons;
  const { unmask, filter, lookup, rowsMax } = decision.obligations;
  return {
    ...intent.data,
    effect: decision.effect,
    rule: reason.rule,
    code: reason.code,
    policy: decision.policy,
    ...(intent.facts.emergency === undefined ? {} : { break_glass: intent.facts.emergency }),
    ...(intent.builtin
      ? unmask.length > 0 && { unmask: unmask === 'all' ? 'all' : [...unmask] }
      : {
          unmask: unmask === 'all' ? 'all' : [...unmask],
          filter: filter === 'all' ? 'all' : [...filter],
          ...(lookup ? { lookup: Object.keys(lookup) } : {}),
          rows_max: rowsMax,
          phi: phiOf(intent),
        }),
  };
}

/** The decision's whole input and output, so that explaining it later is replaying it. */
function payloadOf(intent: Intent, decision: Decision): Payload {
  const facts = intent.builtin ? undefined : [intent.facts, ...(intent.also ?? [])];
  return jsonPayload(JSON.stringify({ content: intent.content, ...(facts ? { facts } : {}), decision }));
}

function phiOf(intent: Intent): PhiClass[] {
  const all = [intent.facts, ...(intent.also ?? [])].flatMap((facts) => [
    ...facts.request.phi,
    ...(facts.sql.phi ?? []),
  ]);
  return [...new Set(all)].sort();
}

/** What of a subject a decision may read; which scopes are met by now is asked each time. */
function askingAs(subject: Subject): string {
  return JSON.stringify(askerOf({ ...subject, scopes: {} }, 0));
}

function nothing(): void {}
