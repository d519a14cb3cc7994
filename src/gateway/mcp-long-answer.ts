// The answer to one tools/call that is too long to be held: its texts are masked as they come, recorded a piece at a time, and
// released; what else it says is masked when it is there. INVARIANT: a piece is on record, to the letter, before it leaves;
// an answer that breaks off says so, and is an error.

import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type Refusal, type Result, refuse } from '../core/result.ts';
import type { MaskedStream } from '../masking/stream.ts';
import type { LongReply } from '../ports/mcp-upstream.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { LongMessageReader } from '../wire/mcp/long-message.ts';
import type { Admission, Ending } from './enforce.ts';
import type { McpCall } from './mcp-call.ts';
import { objectAt } from './mcp-facts.ts';
import { type Binary, type MaskFor, type MaskJson, maskMembers } from './mcp-masking.ts';
import type { Seen } from './patients-seen.ts';

/** How texts are masked that nobody holds whole. */
export interface FlowMasking {
  /** Whether a text that begins so can be masked as it comes. */
  readonly mayFlow: (head: string) => boolean;
  /** Adds to `counts` what it masked, by class. */
  readonly stream: (counts: Record<string, number>) => MaskedStream;
}

export interface LongAnswerParts {
  readonly call: McpCall;
  readonly admission: Admission;
  readonly flow: FlowMasking;
  readonly maskFor: MaskFor;
  readonly binary: Binary;
  /** Whom these items are about, before they are masked. */
  readonly seen: (content: readonly Json[]) => Seen | null;
  readonly dressed: (masked: JsonRpcOutcome) => JsonRpcOutcome;
  /** Called once, before the first piece: nothing else may be said to this call any more. */
  readonly begins: () => Promise<void>;
}

const textMin = 65_536;
const heldMax = 8_388_608;
/** About as much is masked, recorded and released at a time. UTF-16 code units. */
const pieceChars = 65_536;
const utf8 = new TextEncoder();

export class McpLongAnswer implements LongReply {
  readonly #parts: LongAnswerParts;
  readonly #reader: LongMessageReader;
  #out = '';
  /** Of what has been masked since the last piece; the stream adds to it as well. */
  readonly #counts: Record<string, number> = {};
  /** Patients that are on record as disclosed; null = nobody has been asked about any yet. */
  #disclosed: number | null = null;
  #stream: MaskedStream | null = null;
  /** Items of the content that have been given out; of the last, where `#isItemOpen`, only its text. */
  #items = 0;
  #isItemOpen = false;
  #begun = false;
  #isOver = false;
  #fault: Refusal | null = null;
  /** What the log threw. */
  #error: unknown = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: LongAnswerParts) {
    const { mayFlow } = parts.flow;
    this.#parts = parts;
    this.#reader = new LongMessageReader({ textMin, heldMax, depthMax: limits.mcpDepthMax, mayFlow });
  }

  /** Something of it has been given out. */
  get begun(): boolean {
    return this.#begun;
  }

  push(bytes: Uint8Array): Promise<void> {
    this.#turn = this.#turn
      .then(() => this.#take(bytes))
      .catch((error: unknown) => {
        this.#error ??= error;
      });
    return this.#turn;
  }

  end(): Result<Uint8Array> {
    const rest = this.#reader.end();
    if (!this.#fault && rest.ok) return rest;
    return refuse('upstream_protocol', this.#fault?.text ?? (rest.ok ? '' : rest.error.text));
  }

  /** Says the rest, or why there is none. @throws LogUnavailable */
  async finish(outcome: Result<JsonRpcOutcome>): Promise<void> {
    this.#isOver = true;
    await this.#turn;
    if (this.#error) throw this.#error;
    const { call, admission } = this.#parts;
    if (call.reply.lost) return admission.end('canceled', { reason: 'client_gone' });
    const failure = this.#fault ?? failureOf(outcome);
    if (failure || !outcome.ok || !('result' in outcome.value)) await this.#breakOff(failure ?? unruly);
    else await this.#complete(outcome.value.result);
    await call.reply.endPieces();
  }

  async #take(bytes: Uint8Array): Promise<void> {
    if (this.#isOver || this.#fault || this.#error || this.#parts.call.reply.lost) return;
    const parts = this.#reader.push(bytes);
    if (!parts.ok) {
      this.#fault = refuse('upstream_protocol', parts.error.text).error;
      return;
    }
    for (const part of parts.value) {
      if (this.#fault) return;
      if (part.kind === 'opened') await this.#openText(part.content);
      else if (part.kind === 'text') await this.#say(part.text);
      else this.#closeText();
    }
  }

  async #openText(content: readonly Json[]): Promise<void> {
    const { call, begins, flow } = this.#parts;
    // A member named twice, of which the strict reading at the end would come too late.
    if (content.length <= this.#items) {
      this.#fault = refuse('upstream_protocol', 'The message names a member twice.').error;
      return;
    }
    if (!this.#begun) {
      this.#begun = true;
      await begins();
      this.#out = `{"jsonrpc":"2.0","id":${JSON.stringify(call.id)},"result":{"content":[`;
    }
    const before = content.slice(0, -1);
    await this.#giveItems(before, await this.#parts.maskFor(before));
    await this.#disclose(before);
    this.#out += `${this.#items === 0 ? '' : ','}{"text":"`;
    this.#items++;
    this.#isItemOpen = true;
    this.#stream = flow.stream(this.#counts);
  }

  async #say(text: string): Promise<void> {
    for (let at = 0; at < text.length; at += pieceChars) {
      const masked = this.#stream?.push(text.slice(at, at + pieceChars)) ?? null;
      if (masked === null) {
        this.#fault = refuse('upstream_protocol', 'A text turned out to be what cannot be masked in pieces.').error;
        return;
      }
      this.#out += escaped(masked);
      if (this.#out.length >= pieceChars) await this.#release();
    }
  }

  #closeText(): void {
    if (this.#stream) this.#out += `${escaped(this.#stream.end())}"`;
    this.#stream = null;
  }

  /** All items of `content` that have not been given out yet; they are complete. */
  async #giveItems(content: readonly Json[], mask: MaskJson): Promise<void> {
    const { admission, binary } = this.#parts;
    const from = this.#isItemOpen ? this.#items - 1 : this.#items;
    const left = content.slice(from).map((item, at) => (at === 0 && this.#isItemOpen ? withoutText(item) : item));
    const masked = maskMembers({ content: left }, admission.decision, mask, this.#counts, binary)['content'];
    for (const item of Array.isArray(masked) ? (masked as readonly Json[]) : []) {
      if (this.#isItemOpen) {
        this.#out += `${membersOf(isJsonObject(item) ? item : {}, ',')}}`;
        this.#isItemOpen = false;
      } else {
        this.#out += `${this.#items === 0 ? '' : ','}${JSON.stringify(item)}`;
        this.#items++;
      }
      if (this.#out.length >= pieceChars) await this.#release();
    }
  }

  async #complete(result: JsonObject): Promise<void> {
    const { admission, binary, dressed, maskFor } = this.#parts;
    const { content, ...rest } = result;
    const items = Array.isArray(content) ? (content as readonly Json[]) : [];
    const mask = await maskFor(result);
    await this.#giveItems(items, mask);
    const masked = dressed({ result: maskMembers(rest, admission.decision, mask, this.#counts, binary) });
    this.#out += `]${membersOf('result' in masked ? masked.result : {}, ',')}}}`;
    await this.#disclose(items);
    await this.#release({ status: result['isError'] === true ? 'error' : 'ok' });
  }

  async #breakOff({ code, text }: Refusal): Promise<void> {
    this.#closeText();
    const note = { type: 'text', text: `[The gate broke this answer off: ${text}]` };
    const rest = this.#parts.dressed({ result: { isError: true, _meta: { chartgate: { code } } } });
    this.#out += `${this.#isItemOpen ? ',"type":"text"}' : ''},${JSON.stringify(note)}]`;
    this.#out += `${membersOf('result' in rest ? rest.result : {}, ',')}}}`;
    await this.#release({ status: code === 'canceled' ? 'canceled' : 'error', data: { code } });
  }

  /** Puts on record whom it is about, as far as `content` says more of it than was known. */
  async #disclose(content: readonly Json[]): Promise<void> {
    const about = this.#parts.seen(content);
    if (!about || about.patients.length <= (this.#disclosed ?? -1)) return;
    this.#disclosed = about.patients.length;
    await this.#parts.admission.disclose(about, { ...this.#counts });
  }

  async #release(ending?: Ending): Promise<void> {
    const { admission, call } = this.#parts;
    const [part, masked] = [this.#out, { ...this.#counts }];
    this.#out = '';
    for (const cls of Object.keys(masked)) delete this.#counts[cls];
    const bytes = utf8.encode(JSON.stringify({ part }));
    await admission.record({ media: 'application/json', bytes }, { masked }, ending);
    await call.reply.piece(part);
  }
}

const unruly = refuse('upstream_protocol', 'The MCP server answered something else.').error;

/** Why the answer has no proper end. */
function failureOf(outcome: Result<JsonRpcOutcome>): Refusal | null {
  if (!outcome.ok) return outcome.error;
  return 'error' in outcome.value || objectAt(outcome.value, 'result')['resultType'] === 'input_required'
    ? unruly
    : null;
}

function withoutText(item: Json): Json {
  if (!isJsonObject(item)) return item;
  const { text: _, ...others } = item;
  return others;
}

/** The members of an object as they stand in its JSON, `before` each. */
function membersOf(object: JsonObject, before: string): string {
  return Object.entries(object)
    .map(([name, value]) => `${before}${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join('');
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
