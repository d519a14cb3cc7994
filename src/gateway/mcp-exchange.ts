// How one request of a session goes, whatever it asks: submitted, run at the server, masked, recorded, released; and the
// input a server requires meanwhile, in whichever version of MCP either side speaks. INVARIANT: nothing runs before its intent is
// recorded; no byte of an answer leaves before its record is confirmed; what was canceled or abandoned while held never runs.

import { errors } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { jsonPayload } from '../core/record.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { encodeMessage, type JsonRpcId, type JsonRpcOutcome, type JsonRpcRequest } from '../wire/mcp/json-rpc.ts';
import { completed, statusOf } from '../wire/mcp/stateless.ts';
import type { Admission, AuditedSession, Ending, Intent } from './enforce.ts';
import { type AnswerParts, maskWherever } from './masked-answer.ts';
import type { McpCall } from './mcp-call.ts';
import { CursorTable } from './mcp-cursors.ts';
import { objectAt } from './mcp-facts.ts';
import {
  type Leg,
  type MaskMembers,
  type McpInput,
  type NamedQuestion,
  questionsOf,
  type Remembered,
} from './mcp-input.ts';
import type { McpLink } from './mcp-link.ts';
import { McpLongAnswers, type Releasing } from './mcp-long-answers.ts';
import { maskMembers } from './mcp-masking.ts';
import { seenIn } from './mcp-patients.ts';
import { isOffered, type McpQuestions } from './mcp-questions.ts';
import { errorOutcome } from './mcp-refusal.ts';
import { type McpRun, McpRuns } from './mcp-run.ts';
import { McpTurns } from './mcp-turns.ts';
import type { Seen } from './patients-seen.ts';
import { reasonInMeta } from './stated-reason.ts';

export interface McpExchangeParts extends Releasing {
  readonly audited: AuditedSession;
  readonly link: McpLink;
  readonly questions: McpQuestions;
  readonly input: McpInput;
  /** Capabilities of the client. */
  readonly offered: JsonObject;
  readonly serial: boolean;
}

type RefusalOutcome = (refusal: Refusal) => JsonRpcOutcome;

/** @throws LogUnavailable */
type Transform = (result: JsonObject) => Promise<JsonObject>;

/** How often a server may require input before it answers. */
const legsMax = 32;
const waitingMax = 64;
const utf8 = new TextEncoder();

export class McpExchange {
  /** What a client with a session wants of the log messages of a server without. */
  logLevel: string | undefined;
  /** As the server names itself, masked. */
  serverInfo: JsonObject = {};
  readonly #parts: McpExchangeParts;
  readonly cursors: CursorTable = new CursorTable();
  readonly #turns = new McpTurns();
  readonly #runs = new McpRuns();
  readonly #longAnswers: McpLongAnswers;

  constructor(parts: McpExchangeParts) {
    this.#parts = parts;
    this.#longAnswers = new McpLongAnswers({
      ...parts,
      seen: (call, outcome) => this.#seen(call, outcome),
      dressed: (call, masked) => this.#dressed(call, masked),
    });
  }

  /** The log's id of the request that runs upstream now, where requests run one at a time. */
  get activeRequest(): string | undefined {
    return this.#turns.holder;
  }

  /** Submits, and runs what was admitted; what was not is told to the client as `refusal` has it. */
  async submitted(
    call: McpCall,
    intent: Omit<Intent, 'signal'>,
    run: (admission: Admission) => Promise<void>,
    refusal: RefusalOutcome = errorOutcome,
  ): Promise<void> {
    const { input, audited, outlet } = this.#parts;
    const leg = call.carried ? input.take(call) : ok(null);
    if (!leg.ok) return this.refused(call, leg.error, intent.content);
    call.leg = leg.value;
    // Another answer is another input of the same act: a reviewer sees it, and the log keeps it.
    const { inputResponses } = call.params;
    const known = {
      ...(call.leg && inputResponses !== undefined ? { inputResponses } : {}),
      ...reasonInMeta(objectAt(call.params, '_meta')),
    };
    // What people approved goes on with its answers; it is not held for each of them.
    const decided = call.leg?.decision;
    const continued = decided?.hold ? { continued: decided } : {};
    const admitted = await audited.submit({ ...intent, ...continued, known, signal: call.signal });
    call.decided();
    if (!admitted.ok) {
      this.#giveUp(call.leg?.waits);
      return call.refuse(this.#dressed(call, refusal(admitted.error)), admitted.error);
    }
    const admission = admitted.value;
    call.open = { reply: call.reply, admission };
    outlet.add(call.open);
    try {
      await run(admission);
    } catch (error) {
      void admission.end('error', { code: 'internal' }).catch(() => {});
      throw error;
    } finally {
      outlet.remove(call.open);
    }
  }

  async run(
    call: McpCall,
    admission: Admission,
    method: string,
    params: JsonObject,
    transform?: Transform,
  ): Promise<void> {
    const { leg } = call;
    if (!leg) return this.#legs(call, admission, { method, params }, {}, transform);
    const answered = await this.#maskAnswers(leg, admission);
    const { waits, state } = leg;
    if (waits !== undefined) {
      const resumed = await this.#resume(Number(waits), admission, answered);
      if (!resumed.ok) return this.#failed(call, admission, resumed.error);
      await this.#follow(call, admission, resumed.value, transform);
      return;
    }
    const inputResponses = Object.fromEntries(answered);
    const input = { inputResponses, ...(state === undefined ? {} : { requestState: state }) };
    await this.#legs(call, admission, { method, params }, input, transform);
  }

  /** The request, again for as long as the server requires more of a client with a session. */
  async #legs(
    call: McpCall,
    admission: Admission,
    { method, params }: { readonly method: string; readonly params: JsonObject },
    first: JsonObject,
    transform: Transform | undefined,
  ): Promise<void> {
    let answers = first;
    for (let leg = 0; leg < legsMax; leg++) {
      const endTurn = this.#parts.serial ? await this.#turns.take(admission.request) : () => {};
      if (call.signal.aborted) {
        endTurn();
        return this.#failed(call, admission, refuse('canceled', 'It was canceled before it ran.').error);
      }
      const run = this.#begin(call, method, { ...params, ...answers }, endTurn);
      const required = await this.#follow(call, admission, run, transform);
      if (!required) return;
      const given = await this.#answersTo(call, required);
      if (!given.ok) return this.#failed(call, admission, given.error);
      answers = given.value;
    }
    await this.#failed(call, admission, refuse('upstream_protocol', 'The server requires input without end.').error);
  }

  /** `endTurn` once the server has answered. */
  #begin(call: McpCall, method: string, params: JsonObject, endTurn: () => void): McpRun {
    const sent = this.#parts.link.request(method, params, limits.mcpCallMs, {
      progress: call.progressToken !== undefined,
      headers: call.paramHeaders,
      asTask: call.asTask,
      logLevel: call.carried ? call.carried.logLevel : this.logLevel,
      long: (id, streamed) => this.#longAnswers.take(id, streamed),
    });
    return this.#runs.start(sent, endTurn);
  }

  /** The request that waits at the server, told what it waited for. */
  async #resume(id: number, admission: Admission, answered: ReadonlyMap<string, JsonObject>): Promise<Result<McpRun>> {
    const { link, serial } = this.#parts;
    const run = this.#runs.resume(id);
    if (!run) {
      return refuse('invalid_params', 'The server does not wait for this input any more.', {
        next: 'Call it again without requestState and inputResponses.',
      });
    }
    if (serial) this.#turns.pass(admission.request);
    for (const [name, result] of answered) {
      const question = run.answered(name);
      if (question !== undefined) await link.answer(question, { result });
    }
    return ok(run);
  }

  /** Up to its answer, or the question in its place; the result where a client with a session is to be asked. */
  async #follow(
    call: McpCall,
    admission: Admission,
    run: McpRun,
    transform: Transform | undefined,
  ): Promise<JsonObject | null> {
    const { link, offered } = this.#parts;
    call.upstreamId = run.id;
    const cancel = (): void => link.cancel(run.id);
    call.signal.addEventListener('abort', cancel, { once: true });
    if (call.signal.aborted) cancel();
    this.#longAnswers.await(run.id, call, admission);
    const step = await run.step();
    this.#longAnswers.over(run.id);
    if ('questions' in step) {
      call.signal.removeEventListener('abort', cancel);
      run.parked = true;
      await this.#ask(call, admission, step.questions, { waits: String(run.id) });
      return null;
    }
    this.#runs.delete(run.id);
    const { outcome } = step;
    if (call.long && call.long.begun !== null) return call.long.finish(outcome).then(() => null);
    if (run.streamed() && !call.carried) call.reply.open();
    if (!outcome.ok) return this.#failed(call, admission, outcome.error).then(() => null);
    const answer = outcome.value;
    const result = 'result' in answer ? answer.result : null;
    if (result && link.stateless && result['resultType'] === 'input_required') {
      if (!call.carried) return result;
      const questions = questionsOf(result, offered);
      if (!questions.ok) return this.#failed(call, admission, questions.error).then(() => null);
      const state = result['requestState'];
      await this.#ask(call, admission, questions.value, typeof state === 'string' ? { state } : {});
      return null;
    }
    await this.release(call, admission, result && transform ? { result: await transform(result) } : answer);
    return null;
  }

  /** What a client with a session answers to what a server without requires. Refused: canceled, not_found, too_many. */
  async #answersTo(call: McpCall, result: JsonObject): Promise<Result<JsonObject>> {
    const { questions, offered } = this.#parts;
    const required = questionsOf(result, offered);
    if (!required.ok) return required;
    const { open } = call;
    if (!open) return refuse('canceled', 'It was canceled before it ran.');
    const answers: [string, JsonObject][] = [];
    for (const question of required.value) {
      const answer = await questions.answerTo(question, open, call.signal);
      if (!answer.ok) return answer;
      answers.push([question.name, answer.value]);
    }
    const state = result['requestState'];
    return ok({
      inputResponses: Object.fromEntries(answers),
      ...(typeof state === 'string' ? { requestState: state } : {}),
    });
  }

  /** By the server's names. */
  async #maskAnswers({ answers }: Leg, admission: Admission): Promise<ReadonlyMap<string, JsonObject>> {
    const mask = await this.#maskMembers(Object.fromEntries(answers), admission, {});
    return new Map([...answers].map(([name, answer]) => [name, mask(answer)]));
  }

  /** A server's own request to a client without a session, about one that runs. */
  async asked(question: JsonRpcRequest, about: number | undefined): Promise<void> {
    const { link, offered } = this.#parts;
    const run = this.#runs.find(about);
    const refusal = !isOffered(question.method, question.params, offered)
      ? refuse('unknown_method', 'The client does not offer this.')
      : !run
        ? refuse(
            'not_found',
            'No request of the client runs that this could be about, or it cannot be told which of several.',
          )
        : this.#runs.size > waitingMax || !run.ask(question)
          ? refuse('too_many', 'Too many requests to the client are open.')
          : null;
    if (refusal) await link.answer(question.id, errorOutcome(refusal.error));
  }

  /** The server does not want the answer any more. */
  withdraw(id: Json | undefined): void {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    this.#runs.withdraw(id);
  }

  #giveUp(waits: string | undefined): void {
    const id = Number(waits);
    if (waits !== undefined && this.#runs.delete(id)) this.#parts.link.cancel(id);
  }

  /** An error of JSON-RPC; what was refused is on record. */
  async refused(
    call: McpCall,
    refusal: Refusal,
    content: JsonObject,
    outcome: RefusalOutcome = errorOutcome,
  ): Promise<void> {
    await this.#parts.audited.refused(refusal, content);
    await call.finish(this.#dressed(call, outcome(refusal)));
  }

  async unknown(call: McpCall): Promise<void> {
    const { method, params } = call;
    const refusal = refuse('unknown_method', 'The gate carries no such method in this version of MCP.').error;
    await this.#parts.audited.refused(refusal, { method, params });
    await call.finish(errorOutcome(refusal), call.carried ? errors.unknown_method.http : undefined);
  }

  /** For an answer that holds nothing of the server's. */
  dismiss(call: McpCall, outcome: JsonRpcOutcome): Promise<void> {
    return this.#finish(call, encodeMessage({ kind: 'response', id: call.id, outcome: this.#dressed(call, outcome) }));
  }

  async #failed(call: McpCall, admission: Admission, refusal: Refusal): Promise<void> {
    const { code } = refusal;
    await admission.end(code === 'canceled' ? 'canceled' : 'error', { code });
    await call.finish(this.#dressed(call, call.refusedAs(refusal)));
  }

  /** Masks members of `whole`. */
  async #maskMembers(whole: JsonObject, { decision }: Admission, counts: Record<string, number>): Promise<MaskMembers> {
    const mask = await this.#parts.maskFor(whole);
    return (members) => maskMembers(members, decision, mask, counts);
  }

  /** The server needs more before it can answer: masked questions, which a request of the client's own will answer. */
  async #ask(
    call: McpCall,
    admission: Admission,
    questions: readonly NamedQuestion[],
    remembered: Remembered,
  ): Promise<void> {
    const counts: Record<string, number> = {};
    const mask = await this.#maskMembers({ questions: questions.map(({ params }) => params) }, admission, counts);
    const asked = this.#parts.input.ask(call, questions, remembered, admission.decision, mask);
    const outcome = this.#dressed(call, { result: asked });
    const text = encodeMessage({ kind: 'response', id: call.id, outcome });
    await admission.record(jsonPayload(text), { masked: counts }, { status: 'ok' });
    await this.#finish(call, text);
  }

  /** `own` members are the gate's: they are not masked. */
  async release(call: McpCall, admission: Admission, outcome: JsonRpcOutcome, own: JsonObject = {}): Promise<void> {
    if (call.reply.lost) return admission.end('canceled', { reason: 'client_gone' });
    const dressed = (masked: JsonRpcOutcome): JsonRpcOutcome => this.#dressed(call, masked, own);
    const seen = this.#seen(call, outcome);
    const text = await this.recordAnswer(call.id, outcome, admission, {
      outputSchema: call.outputSchema,
      listed: call.listed,
      dressed,
      seen,
      awaiting: call,
    });
    await this.#finish(call, text, call.carried ? statusOf(outcome) : 200);
  }

  /** Nothing may follow an answer. */
  #finish(call: McpCall, text: string, status?: number): Promise<void> {
    if (call.open) this.#parts.outlet.remove(call.open);
    return call.reply.finish(text, status);
  }

  /** The answer as it may leave: masked, and confirmed by the log, where it ends the request. */
  async recordAnswer(
    id: JsonRpcId,
    outcome: JsonRpcOutcome,
    admission: Admission,
    { dressed = (masked) => masked, seen = null, awaiting = null, ...parts }: AnswerParts = {},
  ): Promise<string> {
    const { maskFor, binary } = this.#parts;
    const terms = { listed: null, outputSchema: null, ...parts, decision: admission.decision, binary };
    const masking = maskWherever(this.cursors.seal(outcome), terms, maskFor, awaiting);
    const masked = masking instanceof Promise ? await masking : masking;
    const { outcome: shown, counts } = masked.ok ? masked.value : { outcome: errorOutcome(masked.error), counts: {} };
    const text = encodeMessage({ kind: 'response', id, outcome: dressed(shown) });
    const disclosed = seen && masked.ok ? admission.disclose(seen, counts) : null;
    const failed = 'error' in outcome || outcome.result['isError'] === true;
    const ending: Ending = masked.ok ? { status: failed ? 'error' : 'ok' } : endingOf(masked.error);
    const bytes = utf8.encode(text);
    const recorded = admission.record({ media: 'application/json', bytes }, { masked: counts }, ending);
    await (disclosed ? Promise.all([disclosed, recorded]) : recorded);
    return text;
  }

  /** Whom an answer is about, before it is masked. */
  #seen(call: McpCall, outcome: JsonRpcOutcome): Seen | null {
    return seenIn(call.method, call.params, outcome, this.#parts.patientPlaces());
  }

  /** What has been masked, as the client's version of MCP has it. `own` members are the gate's. */
  #dressed(call: McpCall, masked: JsonRpcOutcome, own: JsonObject = {}): JsonRpcOutcome {
    return call.carried ? completed(call.method, masked, this.serverInfo, own) : masked;
  }
}

function endingOf({ code }: Refusal): Ending {
  return { status: code === 'canceled' ? 'canceled' : 'error', data: { code } };
}
