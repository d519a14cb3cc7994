// News of a server for one session: of lists that changed and of resources. A client without sessions listens in a request that
// stays open (`subscriptions/listen`), one with a session subscribes; the server is asked in its own way. INVARIANT: a resource is
// told of only to whom policy lets subscribe to it; what is told is masked and recorded like any answer.

import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { JsonRpcNotification } from '../wire/mcp/json-rpc.ts';
import {
  filterJson,
  filterOf,
  honored,
  marked,
  offeredLists,
  type SubscriptionFilter,
  wants,
} from '../wire/mcp/subscriptions.ts';
import type { Admission } from './enforce.ts';
import type { McpCall } from './mcp-call.ts';
import type { McpExchange } from './mcp-exchange.ts';
import type { McpIntents } from './mcp-intents.ts';
import type { McpLink } from './mcp-link.ts';
import type { McpOutlet } from './mcp-outlet.ts';
import { isAmbiguous, otherReadings } from './mcp-pointers.ts';

const urisMax = 256;
const lastingMs = 86_400_000;
const listenAgainMs = 5_000;
/** Proxies cut a stream that says nothing. */
const beatMs = 25_000;
const timerMsMax = 2_147_483_647;

export interface McpSubscriptionsParts {
  readonly clock: Clock;
  readonly link: McpLink;
  readonly exchange: McpExchange;
  readonly intents: McpIntents;
  readonly outlet: McpOutlet;
}

interface Listener {
  readonly call: McpCall;
  filter: SubscriptionFilter;
}

export class McpSubscriptions {
  readonly #parts: McpSubscriptionsParts;
  readonly #listeners = new Set<Listener>();
  /** Of a client with a session. */
  #lists: readonly string[] = [];
  readonly #uris = new Set<string>();
  /** What a server with sessions has been asked to tell. */
  readonly #subscribed = new Set<string>();
  /** The request that is open at a server without. */
  #open: { readonly id: number; readonly what: string } | null = null;
  #stopTimer: () => void = () => {};
  #over = false;

  constructor(parts: McpSubscriptionsParts) {
    this.#parts = parts;
  }

  /** For a client with a session, which is told of every list unasked. */
  start(capabilities: JsonObject): void {
    if (!this.#parts.link.stateless) return;
    this.#lists = offeredLists(capabilities);
    this.#ask();
  }

  /** For a client with a session in front of a server without: it has been decided. */
  set(uri: string, subscribed: boolean): void {
    if (subscribed) this.#uris.add(uri);
    else this.#uris.delete(uri);
    this.#ask();
  }

  close(): void {
    this.#over = true;
    this.#stopTimer();
  }

  /** `subscriptions/listen`. @throws LogUnavailable */
  async answer(call: McpCall, capabilities: JsonObject): Promise<void> {
    const { exchange, intents } = this.#parts;
    const { method, params } = call;
    const asked = filterOf(params);
    if (!asked || asked.uris.length > urisMax || asked.uris.some(isAmbiguous)) {
      const refusal = refuse('invalid_params', `The params name what to be told of, and ${urisMax} resources at most.`);
      return exchange.refused(call, refusal.error, { method });
    }
    const filter = honored(asked, capabilities);
    const content = { method, notifications: filterJson(filter) };
    const [first, ...also] = filter.uris
      .flatMap((each) => [each, ...otherReadings(each)])
      .map((uri) => intents.facts({ method: 'resources/subscribe', resource: { uri } }, []));
    const intent = first
      ? { facts: first, also, content, data: { method } }
      : intents.builtin('builtin:subscriptions', method, content);
    await exchange.submitted(call, intent, (admission) => this.#listen(call, admission, filter));
  }

  async #listen(call: McpCall, admission: Admission, filter: SubscriptionFilter): Promise<void> {
    const { exchange, outlet, clock } = this.#parts;
    const listener: Listener = { call, filter };
    this.#listeners.add(listener);
    try {
      if (!this.#parts.link.stateless) listener.filter = { ...filter, uris: await this.#subscribe(filter.uris) };
      else this.#ask();
      const method = 'notifications/subscriptions/acknowledged';
      const params = marked({ notifications: filterJson(listener.filter) }, call.id);
      await outlet.release({ kind: 'notification', method, params }, call.open);
      if (listener.filter.lists.length + listener.filter.uris.length > 0) await this.#untilOver(call, clock);
    } finally {
      this.#listeners.delete(listener);
      if (this.#parts.link.stateless) this.#ask();
      else await this.#unsubscribe();
    }
    await exchange.dismiss(call, { result: marked({}, call.id) });
    await admission.end('ok');
  }

  /** Until the client hangs up, its token ends, or the session. */
  async #untilOver(call: McpCall, clock: Clock): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const until = call.carried?.expiresMs;
    const ms = until === undefined ? timerMsMax : Math.min(Math.max(until - clock.now(), 0), timerMsMax);
    const stopExpiry = clock.after(ms, resolve);
    let stopBeat = (): void => {};
    const beat = (): void => {
      stopBeat = clock.after(beatMs, () => {
        void call.reply.beat();
        beat();
      });
    };
    beat();
    call.signal.addEventListener('abort', () => resolve(), { once: true });
    if (call.signal.aborted) resolve();
    await promise;
    stopExpiry();
    stopBeat();
  }

  /** What a server told, to those who listen for it. */
  async tell(message: JsonRpcNotification): Promise<void> {
    const { method, params } = message;
    for (const { call, filter } of this.#listeners) {
      if (!wants(filter, method, params)) continue;
      await this.#parts.outlet.relay({ ...message, params: marked(params, call.id) }, call.open);
    }
  }

  /** Those of them that the server, one with sessions, will tell of. */
  async #subscribe(uris: readonly string[]): Promise<readonly string[]> {
    const told: string[] = [];
    for (const uri of uris) {
      if (!this.#subscribed.has(uri)) {
        const { outcome } = this.#parts.link.request('resources/subscribe', { uri }, limits.mcpUpstreamStartMs);
        const answer = await outcome;
        if (!answer.ok || 'error' in answer.value) continue;
        this.#subscribed.add(uri);
      }
      told.push(uri);
    }
    return told;
  }

  async #unsubscribe(): Promise<void> {
    const wanted = new Set([...this.#listeners].flatMap(({ filter }) => filter.uris));
    for (const uri of this.#subscribed) {
      if (wanted.has(uri)) continue;
      this.#subscribed.delete(uri);
      await this.#parts.link.request('resources/unsubscribe', { uri }, limits.mcpUpstreamStartMs).outcome;
    }
  }

  /** Asks a server without sessions for all that is wanted now, in one request that stays open. */
  #ask(): void {
    const { link, clock } = this.#parts;
    const filters = [
      { lists: this.#lists, uris: [...this.#uris] },
      ...[...this.#listeners].map(({ filter }) => filter),
    ];
    const lists = [...new Set(filters.flatMap((each) => each.lists))].toSorted();
    const uris = [...new Set(filters.flatMap((each) => each.uris))].toSorted();
    const notifications = filterJson({ lists, uris });
    const what = JSON.stringify(notifications);
    const before = this.#open;
    if (this.#over || before?.what === what) return;
    this.#stopTimer();
    this.#open = null;
    if (lists.length + uris.length > 0) {
      const sent = link.request('subscriptions/listen', { notifications }, lastingMs, { lasting: true });
      const open = { id: sent.id, what };
      this.#open = open;
      void sent.outcome.then((outcome) => {
        // A server that answers with an error has no news to tell.
        if (this.#open !== open || (outcome.ok && 'error' in outcome.value)) return;
        this.#open = null;
        this.#stopTimer = clock.after(listenAgainMs, () => this.#ask());
      });
    }
    if (before) link.cancel(before.id);
  }
}
