// The way out to one client for what is not an answer: server notifications and server requests, on the stream of the
// call that runs, or on the client's own GET stream. INVARIANT: masked, then recorded, then released.

import type { Decision } from '../core/decision.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { intersectionOf } from '../core/phi.ts';
import { Turns } from '../core/turns.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpStream } from '../ports/http-exchange.ts';
import { encodeEvent } from '../wire/mcp/event-stream.ts';
import {
  encodeMessage,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '../wire/mcp/json-rpc.ts';
import { isNews, subscriptionKey } from '../wire/mcp/subscriptions.ts';
import type { Admission } from './enforce.ts';
import { type MaskFor, maskMembers } from './mcp-masking.ts';
import { McpOutgoing } from './mcp-outgoing.ts';
import type { McpReply } from './mcp-reply.ts';

/** Proxies cut a stream that says nothing. */
const keepAliveMs = 25_000;

/** A request of the client that has been admitted and is not answered yet. */
export interface OpenCall {
  readonly reply: McpReply;
  readonly admission: Admission;
}

interface Listener {
  readonly stream: HttpStream;
  readonly admission: Admission;
  readonly outgoing: McpOutgoing;
  stopTimer: () => void;
}

/** Where a message goes, and what it is masked under there. */
interface Place {
  readonly admission: Admission;
  readonly decision: Decision;
  readonly outgoing: McpOutgoing;
  readonly send: (masked: JsonRpcMessage) => Promise<boolean>;
}

/** A message that has its place. `told` is false when nobody got it, and rejects where it could not be recorded. */
interface Taken {
  readonly decision: Decision;
  readonly outgoing: McpOutgoing;
  readonly told: Promise<boolean>;
}

const relayed = new Set([
  'notifications/message',
  'notifications/resources/updated',
  'notifications/resources/list_changed',
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/elicitation/complete',
]);
const listsChanged = new Set([...relayed].filter((method) => method.endsWith('/list_changed')));
const utf8 = new TextEncoder();

/** Whether a notification that is about no call in particular is for the client at all. */
export function isRelayed(method: string): boolean {
  return relayed.has(method);
}

export class McpOutlet {
  readonly #clock: Clock;
  readonly #maskFor: MaskFor;
  readonly #failed: (error: unknown) => void;
  readonly #calls = new Set<OpenCall>();
  #listener: Listener | null = null;
  /** Lists that changed while nobody listened: a mark a kind, told once somebody does. */
  readonly #untold = new Set<string>();
  /** One is masked behind the other, however long a recognizer takes over the first. */
  readonly #turns = new Turns();

  /** `failed` is told why something that was relayed could not be recorded. */
  constructor(clock: Clock, maskFor: MaskFor, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#maskFor = maskFor;
    this.#failed = failed;
  }

  /** The client's GET stream. A client that comes again has lost the one before. @throws LogUnavailable */
  async listen(stream: HttpStream, admission: Admission): Promise<void> {
    this.silence();
    const listener: Listener = { stream, admission, outgoing: new McpOutgoing(), stopTimer: () => {} };
    this.#listener = listener;
    const beat = (): void => {
      listener.stopTimer = this.#clock.after(keepAliveMs, () => {
        void say();
      });
    };
    const say = async (): Promise<void> => {
      const alive = await stream.write(':\n\n');
      if (this.#listener !== listener) return;
      if (alive) beat();
      else this.silence();
    };
    void say();
    const untold = [...this.#untold];
    this.#untold.clear();
    for (const method of untold) await this.release({ kind: 'notification', method, params: {} });
  }

  /** Ends the GET stream. */
  silence(): void {
    const listener = this.#listener;
    this.#listener = null;
    if (!listener) return;
    listener.stopTimer();
    listener.stream.end();
    void listener.admission.end('ok').catch(() => {});
  }

  add(call: OpenCall): void {
    this.#calls.add(call);
  }

  remove(call: OpenCall): void {
    this.#calls.delete(call);
  }

  /**
   * On this call, else on the newest open one, else on the GET stream. False when nobody listens. `under` learns which
   * decision it was masked under before anybody can answer. INVARIANT: what could be about any of several calls is masked
   * as strictly as each of them. @throws LogUnavailable
   */
  async release(
    message: JsonRpcNotification | JsonRpcRequest,
    about?: OpenCall,
    under: (decision: Decision) => void = () => {},
  ): Promise<boolean> {
    const taken = await this.#take(message, about);
    if (!taken) return this.#untoldOf(message);
    under(taken.decision);
    return (await taken.told) || this.#untoldOf(message);
  }

  /** The same, but resolves when there is room for another, so that many share a write of the log. */
  async relay(message: JsonRpcNotification, about?: OpenCall): Promise<void> {
    const taken = await this.#take(message, about);
    if (!taken) return void this.#untoldOf(message);
    taken.told.then((isTold) => isTold || this.#untoldOf(message), this.#failed);
    await taken.outgoing.room();
  }

  /** On the GET stream, as it is: masked and on record, or words of the gate. False when nobody listens there. */
  tell(message: JsonRpcMessage): Promise<boolean> {
    return this.#listener?.stream.write(encodeEvent(encodeMessage(message))) ?? Promise.resolve(false);
  }

  #untoldOf({ method }: JsonRpcNotification | JsonRpcRequest): false {
    if (listsChanged.has(method)) this.#untold.add(method);
    return false;
  }

  /** Null when nobody listens. */
  async #take(message: JsonRpcNotification | JsonRpcRequest, about: OpenCall | undefined): Promise<Taken | null> {
    if (this.#calls.size === 0 && !this.#listener) return null;
    const mask = await this.#turns.take(() => this.#maskFor(message.params));
    // Meanwhile its call may have been answered. INVARIANT: from here to its place in the log and on its stream nothing waits,
    // so that an answer that is recorded later also leaves later.
    const place = this.#placeOf(about);
    if (!place) return null;
    const { admission, decision, outgoing, send } = place;
    const counts: Record<string, number> = {};
    const params = maskMembers(message.params, decision, mask, counts);
    const masked = { ...message, params: { ...params, ...referencesOf(message) } };
    const bytes = utf8.encode(encodeMessage(masked));
    const recorded = admission.record({ media: 'application/json', bytes }, { method: message.method, masked: counts });
    return { decision, outgoing, told: outgoing.put(recorded, bytes.length, () => send(masked)) };
  }

  #placeOf(about: OpenCall | undefined): Place | null {
    const open = [...this.#calls];
    const call = about ? open.find((each) => each === about) : open.at(-1);
    if (call) {
      const { admission, reply } = call;
      const decision = about ? admission.decision : strictest(admission.decision, open);
      return { admission, decision, outgoing: reply.outgoing, send: (masked) => reply.send(masked) };
    }
    const listener = this.#listener;
    if (!listener) return null;
    const { admission, outgoing } = listener;
    const send = (masked: JsonRpcMessage): Promise<boolean> =>
      this.#listener === listener ? this.tell(masked) : Promise.resolve(false);
    return { admission, decision: admission.decision, outgoing, send };
  }
}

/** It unmasks what each of these calls does. */
function strictest(decision: Decision, open: readonly OpenCall[]): Decision {
  const unmask = open.map((each) => each.admission.decision.obligations.unmask).reduce(intersectionOf, 'all');
  return { ...decision, obligations: { ...decision.obligations, unmask } };
}

/** Members that the client or the gate chose themselves: masked they would refer to nothing. Elsewhere they are the server's. */
const references: ReadonlyMap<string, string> = new Map([
  ['notifications/progress', 'progressToken'],
  ['notifications/cancelled', 'requestId'],
  ['notifications/subscriptions/acknowledged', 'notifications'],
]);

function referencesOf({ method, params }: JsonRpcNotification | JsonRpcRequest): JsonObject {
  const name = references.get(method) ?? '';
  const { [name]: reference, _meta: meta } = params;
  const isTold = isNews(method) || method === 'notifications/subscriptions/acknowledged';
  const subscription = isTold && isJsonObject(meta) ? meta[subscriptionKey] : undefined;
  return {
    ...(reference === undefined ? {} : { [name]: reference }),
    ...(subscription === undefined ? {} : { _meta: { [subscriptionKey]: subscription } }),
  };
}
