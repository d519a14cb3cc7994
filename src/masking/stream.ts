// Text that comes in pieces, masked as it comes. Holds back what a detector may still need, so that nothing is found less for
// lying across a border; a document, whose structure only its end completes, is held whole. Never lets a piece out that it
// would have masked a moment later.

import { mayBeDocument, spansIn } from './document.ts';
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
} as const;

export interface MaskedStream {
  /** What may go out by now, often nothing. Null: a document longer than `heldMax`; nothing of it has gone out. */
  push(piece: string): string | null;
  /** The rest. Empty after a refusal. */
  end(): string;
}

/**
 * `prose`: as for scanText; what is prose is judged a window at a time. What a labelled line has said of a value holds from there
 * on; in a text in one piece it holds before as well.
 */
export function maskStream(view: MaskView, counts?: Tally, prose = true): MaskedStream {
  if (view.unmask === 'all') return { push: (piece) => piece, end: () => '' };
  // What is not out yet, with the context before it: `out` is how much of it is only context.
  let held = '';
  let out = 0;
  let kind: 'unknown' | 'text' | 'document' | 'refused' = 'unknown';
  const search = { known: new KnownValues(), own: view.own ?? [] };
  const spansOf = (block: string): readonly Span[] => {
    search.known.addLabelled(block);
    return spansIn(block, prose ? 'prose' : 'value', search);
  };
  const { window, ahead, context, heldMax } = streamBounds;

  const release = (to: number, spans: readonly Span[]): string => {
    const masked = maskedPart(held, out, to, spans, view, counts);
    const from = Math.max(0, to - context);
    held = held.slice(from);
    out = to - from;
    return masked;
  };

  return {
    push(piece) {
      if (kind === 'refused') return null;
      held += piece;
      if (held.length - out < window) return '';
      if (kind === 'unknown') kind = mayBeDocument(held.slice(0, window)) ? 'document' : 'text';
      if (kind === 'document') {
        if (held.length <= heldMax) return '';
        kind = 'refused';
        held = '';
        return null;
      }
      let masked = '';
      while (held.length - out >= window) {
        const block = held.slice(0, out + window);
        const spans = spansOf(block);
        masked += release(cutBefore(block, out, block.length - ahead, spans), spans);
      }
      return masked;
    },
    end() {
      const last = kind === 'text' ? release(held.length, spansOf(held)) : scanText(held, view, counts, prose);
      held = '';
      out = 0;
      return last;
    },
  };
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
function maskedPart(
  text: string,
  from: number,
  to: number,
  spans: readonly Span[],
  view: MaskView,
  counts: Tally | undefined,
): string {
  const replace = replaceOf(view, counts);
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
