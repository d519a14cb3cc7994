// The answer to one request that is too long to be held: its texts are masked as they come, recorded a piece at a time, and
// released; what else it says is masked when it is there. INVARIANT: a piece is on record, to the letter, before it leaves;
// an answer that breaks off says so, and is an error where its method knows any.

import { isJsonObject, type Json, type JsonObject, listOf, objectOf } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { MaskedStream } from '../masking/stream.ts';
import type { LongReply } from '../ports/mcp-upstream.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { type ItemList, LongMessageReader, type LongString } from '../wire/mcp/long-message.ts';
import type { Admission, Ending } from './enforce.ts';
import { type AnswerMasking, maskWherever } from './masked-answer.ts';
import type { McpCall } from './mcp-call.ts';
import { objectAt } from './mcp-facts.ts';
import type { Holding } from './mcp-held-bytes.ts';
import { lessAtATime, tooMuchHeld } from './mcp-held-reply.ts';
import { type Binary, isOpaque } from './mcp-masking.ts';
import type { Seen } from './patients-seen.ts';

/** How texts are masked that nobody holds whole. */
export interface FlowMasking {
  /** Whether a text that begins so can be masked as it comes. */
  readonly mayFlow: (head: string) => boolean;
  /** Adds to `counts` what it masked, by class. */
  readonly stream: (counts: Record<string, number>) => MaskedStream;
}

export interface LongAnswerParts {
  /** The gate's id of the request. */
  readonly id: number;
  /** Whose texts flow. */
  readonly list: ItemList;
  readonly call: McpCall;
  readonly admission: Admission;
  readonly holding: Holding;
  readonly flow: FlowMasking;
  readonly maskFor: AnswerMasking;
  readonly binary: Binary;
  /** Whom these items are about, before they are masked; null where nobody has said how that is told. */
  readonly seen: ((items: readonly Json[]) => Seen | null) | null;
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
  /** Items that have been given out; of the last, where it is open, only its text. */
  #items = 0;
  /** The items up to the one that is open, and where in that its text is. */
  #open: { readonly items: readonly Json[]; readonly path: readonly string[] } | null = null;
  #begun = false;
  #isOver = false;
  #fault: Refusal | null = null;
  /** What the log threw. */
  #error: unknown = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: LongAnswerParts) {
    this.#parts = parts;
    this.#reader = new LongMessageReader({
      list: parts.list,
      textMin,
      heldMax,
      depthMax: limits.mcpDepthMax,
      valuesMax: limits.mcpValuesMax,
      fate: (head, name, holder) => fateOf(parts, head, name, holder),
    });
  }

  get begun(): number | null {
    return this.#begun ? this.#parts.id : null;
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
    if (this.#fault) return fail(this.#fault);
    return rest.ok ? rest : refuse('upstream_protocol', rest.error.text);
  }

  /** Says the rest, or why there is none. @throws LogUnavailable */
  async finish(outcome: Result<JsonRpcOutcome>): Promise<void> {
    this.#isOver = true;
    // What is under way may wait to hold more, and need not.
    if (!outcome.ok) this.#parts.holding.release();
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
      this.#fault = refuse('upstream_protocol', parts.error.text, lessAtATime).error;
      return;
    }
    const mayGoOn = await this.#parts.holding.add(this.#reader.grown());
    if (!mayGoOn) this.#fault ??= tooMuchHeld.error;
    for (const part of parts.value) {
      if (this.#fault) return;
      if (part.kind === 'opened') await this.#openText(part.items, part.path);
      else if (part.kind === 'text') await this.#say(part.text);
      else this.#closeText();
    }
  }

  async #openText(items: readonly Json[], path: readonly string[]): Promise<void> {
    const { call, begins, flow, list } = this.#parts;
    // A member named twice, of which the strict reading at the end would come too late.
    if (items.length <= this.#items) {
      this.#fault = refuse('upstream_protocol', 'The message names a member twice.').error;
      return;
    }
    if (!this.#begun) {
      this.#begun = true;
      await begins();
      this.#out = `{"jsonrpc":"2.0","id":${JSON.stringify(call.id)},"result":{"${list}":[`;
    }
    const before = items.slice(0, -1);
    this.#fault = await this.#giveItems(before);
    if (this.#fault) return;
    await this.#disclose(before);
    this.#out += `${this.#items === 0 ? '' : ','}${path.map((name) => `{${JSON.stringify(name)}:`).join('')}"`;
    this.#items++;
    this.#open = { items, path };
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

  /** All of these items that have not been given out yet; they are complete. Why not, where they cannot be masked. */
  async #giveItems(items: readonly Json[]): Promise<Refusal | null> {
    const { list } = this.#parts;
    const { path } = this.#open ?? {};
    const from = path ? this.#items - 1 : this.#items;
    const left = items.slice(from).map((item, at) => (at === 0 && path ? without(item, path) : item));
    const masked = await this.#masked({ [list]: left }, null);
    if (!masked.ok) return masked.error;
    for (const item of listOf(masked.value[list])) {
      if (this.#open) {
        this.#out += closingOf(item, this.#open.path);
        this.#open = null;
      } else {
        this.#out += `${this.#items === 0 ? '' : ','}${JSON.stringify(item)}`;
        this.#items++;
      }
      if (this.#out.length >= pieceChars) await this.#release();
    }
    return null;
  }

  async #masked(members: JsonObject, outputSchema: JsonObject | null): Promise<Result<JsonObject>> {
    const { admission, binary, call, maskFor } = this.#parts;
    const terms = { decision: admission.decision, binary, listed: null, outputSchema };
    const masked = await maskWherever({ result: members }, terms, maskFor, call);
    if (!masked.ok) return masked;
    const { outcome, counts } = masked.value;
    for (const [cls, count] of Object.entries(counts)) this.#counts[cls] = (this.#counts[cls] ?? 0) + count;
    return ok('result' in outcome ? outcome.result : {});
  }

  async #complete(result: JsonObject): Promise<void> {
    const { call, dressed, list } = this.#parts;
    const { [list]: given, ...rest } = result;
    const items = listOf(given);
    const fault = await this.#giveItems(items);
    if (fault) return this.#breakOff(fault);
    const masked = await this.#masked(rest, call.outputSchema);
    if (!masked.ok) return this.#breakOff(masked.error);
    const fitted = dressed({ result: masked.value });
    // Why there is no structuredContent, as another item.
    const { [list]: said, ...others } = 'result' in fitted ? fitted.result : {};
    for (const item of listOf(said)) this.#out += `,${JSON.stringify(item)}`;
    this.#out += `]${membersOf(others)}}}`;
    await this.#disclose(items);
    await this.#release({ status: result['isError'] === true ? 'error' : 'ok' });
  }

  async #breakOff({ code, text }: Refusal): Promise<void> {
    const { dressed, list } = this.#parts;
    const words = `[The gate broke this answer off: ${text}]`;
    const isError = list === 'content';
    // Where nothing else says that it is no whole text, the text does.
    if (this.#stream) this.#out += isError ? '' : escaped(`${this.#stream.end()}\n${words}`);
    this.#closeText();
    if (this.#open) {
      const { items, path } = this.#open;
      const bare = bareItem(list, path);
      const fault = await this.#giveItems([...items.slice(0, -1), { ...bare, ...objectOf(items.at(-1)) }]);
      // What else the open item says could not be masked: it ends as if it said nothing else.
      if (fault) this.#out += closingOf(bare, path);
      this.#open = null;
    }
    this.#out += `${this.#items === 0 ? '' : ','}${JSON.stringify(noteOf(list, words))}]`;
    const meta = { _meta: { chartgate: { code } } };
    const rest = dressed({ result: isError ? { isError, ...meta } : meta });
    this.#out += `${membersOf('result' in rest ? rest.result : {})}}}`;
    await this.#release({ status: code === 'canceled' ? 'canceled' : 'error', data: { code } });
  }

  /** Puts on record whom it is about, as far as these items say more of it than was known. */
  async #disclose(items: readonly Json[]): Promise<void> {
    const about = this.#parts.seen?.(items);
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

/** What becomes of a long string: what cannot be masked as it comes is kept, and of what will be withheld nothing is. */
function fateOf(
  { flow, binary, admission, seen }: LongAnswerParts,
  head: string,
  name: string,
  holder: () => JsonObject | null,
): LongString {
  // Where patients are counted, what may be a document is read as one.
  if (name === 'text') return flow.mayFlow(head) && !(seen && /^\s*[[{]/.test(head)) ? 'flow' : 'keep';
  if (binary === 'pass' || admission.decision.obligations.unmask === 'all') return 'keep';
  if (name === 'blob') return isOpaque(head) ? 'skip' : 'keep';
  const type = holder()?.['type'];
  return type === 'image' || type === 'audio' ? 'skip' : 'keep';
}

/** An item without the member at `path`. */
function without(item: Json, path: readonly string[]): Json {
  const [name = '', ...deeper] = path;
  if (!isJsonObject(item)) return item;
  const { [name]: inner = null, ...others } = item;
  return deeper.length === 0 ? others : { ...others, [name]: without(inner, deeper) };
}

/** What follows the text of an item that lies at `path`, up to its end. */
function closingOf(item: Json, path: readonly string[]): string {
  const [name = '', ...deeper] = path;
  const { [name]: inner = null, ...others } = objectOf(item);
  return `${deeper.length === 0 ? '' : closingOf(inner, deeper)}${membersOf(others)}}`;
}

/** What the protocol wants of an item of which nothing but its text has come. */
function bareItem(list: ItemList, path: readonly string[]): JsonObject {
  if (list === 'contents') return { uri: '' };
  const content = path.includes('resource') ? { type: 'resource', resource: { uri: '' } } : { type: 'text' };
  return list === 'content' ? content : { role: 'user', content };
}

function noteOf(list: ItemList, text: string): JsonObject {
  if (list === 'contents') return { uri: 'chartgate:note', mimeType: 'text/plain', text };
  const content = { type: 'text', text };
  return list === 'content' ? content : { role: 'user', content };
}

/** The members of an object as they stand in its JSON, a comma before each. */
function membersOf(object: JsonObject): string {
  return Object.entries(object)
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join('');
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
