// Text that comes in pieces, masked as it comes. Holds back what a detector may still need, so that nothing is found less for
// lying across a border; a document, whose structure only its end completes, is held whole, and so is a record in the midst of
// other text. Never lets a piece out that it would have masked a moment later.

import { type Block, blocksIn } from './containers/mixed.ts';
import type { Find } from './detectors/detector.ts';
import { maskKnowing, mayBeDocument, type Replace, spansIn } from './document.ts';
import { KnownValues } from './known-values.ts';
import type { MaskView, Span } from './mask.ts';
import { replaceOf, scanText, type Tally } from './text.ts';

/** All in UTF-16 code units. Where the text is cut depends on the text alone, not on the pieces it comes in. */
export const streamBounds = {
  /** So much is looked at at once; a text up to this long is masked as it would be in one piece. */
  window: 8192,
  /** Of it, so much at the end is looked at again with what follows. No detector finds anything longer (a URL: 2,048). */
  ahead: 2560,
  /** What has been let out stays in sight this far, as context for what follows. */
  context: 512,
  /** A document longer than this is refused. */
  heldMax: 8_388_608,
  /** So is a record in the midst of other text: to mask one takes a millisecond a kilobyte, which all others wait for. */
  recordMax: 131_072,
} as const;

export interface MaskedStream {
  /** What may go out by now, often nothing. Null: a document longer than `heldMax`, or a record longer than `recordMax`; nothing of it has gone out. */
  push(piece: string): string | null;
  /** The rest. Empty after a refusal. */
  end(): string;
}

/**
 * `prose`: as for scanText; what is prose is judged a window at a time. What a labelled line has said of a value holds from there
 * on; in a text in one piece it holds before as well.
 */
export function maskStream(view: MaskView, counts?: Tally, prose = true): MaskedStream {
  return view.unmask === 'all' ? { push: (piece) => piece, end: () => '' } : new TextStream(view, counts, prose);
}

class TextStream implements MaskedStream {
  readonly #view: MaskView;
  readonly #counts: Tally | undefined;
  readonly #prose: boolean;
  readonly #replace: Replace;
  readonly #search: { readonly known: KnownValues; readonly own: readonly Find[] };
  /** What is not out yet, with the context before it: `out` is how much of it is only context. */
  #held = '';
  #out = 0;
  /** More than a window where a record takes more. */
  #needed: number = streamBounds.window;
  #kind: 'unknown' | 'text' | 'document' | 'refused' = 'unknown';

  constructor(view: MaskView, counts: Tally | undefined, prose: boolean) {
    this.#view = view;
    this.#counts = counts;
    this.#prose = prose;
    this.#replace = replaceOf(view, counts);
    this.#search = { known: new KnownValues(), own: view.own ?? [] };
  }

  push(piece: string): string | null {
    const { window, ahead, heldMax, recordMax } = streamBounds;
    if (this.#kind === 'refused') return null;
    this.#held += piece;
    if (this.#held.length - this.#out < this.#needed) return '';
    if (this.#kind === 'unknown') this.#kind = mayBeDocument(this.#held.slice(0, window)) ? 'document' : 'text';
    if (this.#kind === 'document') return this.#held.length <= heldMax ? '' : this.#refuse();
    let masked = '';
    while (this.#held.length - this.#out >= this.#needed) {
      const block = this.#held.slice(0, this.#out + this.#needed);
      const released = this.#release(block, block.length - ahead);
      if (released === null && this.#needed >= recordMax) return this.#refuse();
      this.#needed = released === null ? this.#needed * 2 : window;
      masked += released ?? '';
    }
    return masked;
  }

  end(): string {
    const last =
      this.#kind === 'text'
        ? this.#release(this.#held, this.#held.length)
        : scanText(this.#held, this.#view, this.#counts, this.#prose);
    this.#held = '';
    this.#out = 0;
    return last ?? '';
  }

  #refuse(): null {
    this.#kind = 'refused';
    this.#held = '';
    this.#out = 0;
    return null;
  }

  /** The text up to about `limit`, its records as what they are. Null: a record begins it that goes on beyond. */
  #release(block: string, limit: number): string | null {
    const out = this.#out;
    const records = recordsIn(block, out, limit);
    const open = records.find(({ end }) => end > limit);
    if (open && open.start <= out) return null;
    let masked = '';
    let at = out;
    let from = 0;
    for (const { start, end } of open ? records.slice(0, records.indexOf(open)) : records) {
      masked += this.#proseOf(block.slice(from, start), at - from, start - from).masked;
      masked += maskKnowing(block.slice(start, end), this.#replace, this.#prose, this.#search).text;
      at = end;
      from = end;
    }
    const rest = this.#proseOf(block.slice(from, open?.start), at - from, (open?.start ?? limit) - from);
    const kept = Math.max(from, from + rest.end - streamBounds.context);
    this.#held = this.#held.slice(kept);
    this.#out = from + rest.end - kept;
    return masked + rest.masked;
  }

  /** What stands between records, of which `start` units have gone out, up to about `limit`, or to its own end. */
  #proseOf(text: string, start: number, limit: number): { readonly masked: string; readonly end: number } {
    this.#search.known.addLabelled(text);
    const spans = spansIn(text, this.#prose ? 'prose' : 'value', this.#search);
    const end = limit < text.length ? cutBefore(text, start, limit, spans) : text.length;
    return { masked: maskedPart(text, start, end, spans, this.#replace), end };
  }
}

/** Those that have not gone out. What goes on beyond `limit` from the first of it is one only if it may be a document. */
function recordsIn(block: string, out: number, limit: number): readonly Block[] {
  return blocksIn(block.slice(out), mayBeDocument)
    .map(({ start, end }) => ({ start: out + start, end: out + end }))
    .filter(({ start, end }) => end <= limit || start > out || mayBeDocument(block.slice(start, end)));
}

/** Where the text may be cut: at a blank or at least between characters, and never within something found. */
function cutBefore(text: string, floor: number, limit: number, spans: readonly Span[]): number {
  const isLow = (text.charCodeAt(limit) & 0xfc00) === 0xdc00;
  const blank = Math.max(text.lastIndexOf(' ', limit), text.lastIndexOf('\n', limit));
  const cut = blank >= limit - blankWithin ? blank : limit - Number(isLow);
  const across = spans.find((span) => span.start < cut && span.end > cut);
  if (!across) return cut;
  // What is longer than all that may wait is masked in two.
  return across.start > floor ? across.start : across.end;
}

const blankWithin = 256;

/** The text from `from` to `to` with what was found there masked; what began before `from` has gone out as its token. */
function maskedPart(text: string, from: number, to: number, spans: readonly Span[], replace: Replace): string {
  let masked = '';
  let at = from;
  for (const span of spans) {
    if (span.end <= from || span.start >= to) continue;
    const [start, end] = [Math.max(span.start, at), Math.min(span.end, to)];
    masked += text.slice(at, start) + (replace(text.slice(start, end), span.type) ?? '');
    at = end;
  }
  return masked + text.slice(at, to);
}
