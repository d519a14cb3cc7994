// Where the tokens of a model stand in the text they were made of. Tokenizers give pieces and no offsets, and may have folded
// case and accents: the pieces are found again one behind the other. INVARIANT: a text whose letters and digits are not all
// accounted for has no alignment, since a part the model has not seen may hold anything.

/** One token as the model has named it. `label`: null = nothing. */
export interface NamedToken {
  readonly piece: string;
  readonly label: string | null;
}

/** Offsets are UTF-16 code units. */
export interface LabelledSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** How far, in letters and digits, an unknown token may reach. */
const unknownMax = 64;

/** Null = the tokens are not those of the whole text. */
export function spansOf(text: string, tokens: readonly NamedToken[]): readonly LabelledSpan[] | null {
  const { letters, starts, ends } = plain(text);
  const spans: { start: number; end: number; label: string }[] = [];
  let at = 0;
  let unknown: string | null | undefined;
  for (const { piece, label } of tokens) {
    const core = plain(piece.replace(/^(?:##|[▁Ġ]+)/, '')).letters;
    if (core === '' || isUnknown(piece)) {
      // Signs are nobody's name; what the tokenizer has no word for takes what lies up to the next known one.
      if (isUnknown(piece)) unknown = unknown ?? label;
      continue;
    }
    const found = unknown === undefined ? (letters.startsWith(core, at) ? at : -1) : letters.indexOf(core, at);
    if (found === -1 || found - at > unknownMax) return null;
    if (unknown) add(spans, starts[at] ?? 0, ends[found - 1] ?? 0, unknown);
    unknown = undefined;
    at = found + core.length;
    if (label !== null) add(spans, starts[found] ?? 0, ends[at - 1] ?? 0, label);
  }
  if (unknown !== undefined && letters.length - at <= unknownMax) {
    if (unknown) add(spans, starts[at] ?? 0, ends.at(-1) ?? 0, unknown);
    at = letters.length;
  }
  return at === letters.length ? spans : null;
}

/** Tokens of one label with no more than a sign or two between are one place. */
const gapMax = 2;

function add(spans: { start: number; end: number; label: string }[], start: number, end: number, label: string): void {
  const last = spans.at(-1);
  if (last?.label === label && start - last.end <= gapMax) last.end = Math.max(last.end, end);
  else if (end > start) spans.push({ start, end, label });
}

/** What tokenizers write for what they have no word for. */
export function isUnknown(piece: string): boolean {
  return piece === '[UNK]' || piece === '<unk>';
}

/** Letters and digits alone, case and accents folded, each with the place it comes from. */
function plain(text: string): { readonly letters: string; readonly starts: number[]; readonly ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  let letters = '';
  let at = 0;
  for (const char of text) {
    const end = at + char.length;
    for (const unit of char.normalize('NFKD').toLowerCase()) {
      if (/[\p{L}\p{N}]/u.test(unit)) {
        letters += unit;
        for (let each = 0; each < unit.length; each++) {
          starts.push(at);
          ends.push(end);
        }
      }
    }
    at = end;
  }
  return { letters, starts, ends };
}
