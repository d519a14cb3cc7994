// A whole text as somebody hands it over: structure first, where it has one; then what structure has named, wherever it
// recurs; then the detectors. Never decides how something is masked.

import type { PhiClass } from '../core/phi.ts';
import { besideNames } from './beside-names.ts';
import { readContentLines } from './containers/content-lines.ts';
import { readDelimited } from './containers/delimited.ts';
import { innerText, isFile, mayBePacked, percentDecoded } from './containers/encoded.ts';
import { readFhirXml } from './containers/fhir-xml.ts';
import { readForm } from './containers/form.ts';
import { readHl7 } from './containers/hl7v2.ts';
import { readJson, readLooseJson } from './containers/json.ts';
import { readJsonTail } from './containers/json-tail.ts';
import { readKeyedLines } from './containers/keyed-lines.ts';
import { readLdif } from './containers/ldif.ts';
import { asWritten, type Container, type Leaf, placeOf, type Reading } from './containers/leaf.ts';
import { mayHoldBlocks, readMixed } from './containers/mixed.ts';
import { readRtf } from './containers/rtf.ts';
import { readSqlRows } from './containers/sql-rows.ts';
import { readX12 } from './containers/x12.ts';
import { readXml } from './containers/xml.ts';
import { isCutNumber } from './cut-number.ts';
import { detect, isSorted } from './detect.ts';
import type { Find } from './detectors/detector.ts';
import { KnownValues } from './known-values.ts';
import type { Span } from './mask.ts';
import { isMaskToken } from './operators.ts';
import { partedNames } from './parted-names.ts';
import { placedIds } from './placed-ids.ts';
import { reversedIds } from './reversed-ids.ts';
import { spelledText } from './spelled-text.ts';
import { unlistedWords } from './unlisted-words.ts';

/** Something to mask: where it lies in the text, what it says, and how its replacement is written there. */
export interface Found extends Span {
  readonly value: string;
  readonly encode: (replacement: string | null) => string;
  /** As of the leaf it lies in. */
  readonly keyOf: number | undefined;
}

/** `replacement`: what stands there instead; null = nothing does. */
export type Replace = (value: string, cls: PhiClass) => string | null;

export interface Masked {
  readonly text: string;
  readonly found: readonly Found[];
  /** It was read, and written again, as JSON. */
  readonly isJson: boolean;
}

const containers: readonly Container[] = [
  readJson,
  readLooseJson,
  readFhirXml,
  readRtf,
  readXml,
  readHl7,
  readX12,
  readSqlRows,
  readContentLines,
  readForm,
  readLdif,
  readDelimited,
  readKeyedLines,
  readJsonTail,
  readMixed,
];
/** Texts within texts, no deeper. */
const nestingMax = 6;

/** Idempotent for tokens. `prose`: as for detect, for a text without structure. `beside`: what says more of its values. */
export function maskDocument(
  text: string,
  replace: Replace,
  prose = true,
  own: readonly Find[] = [],
  beside: readonly string[] = [],
): Masked {
  const known = new KnownValues();
  // Below the first text a label is known by itself.
  for (const each of beside) read(each, known, false, 1);
  return maskKnowing(text, replace, prose, { known, own });
}

/** The same, with what other texts have said of values; it learns what this one says. */
export function maskKnowing(
  text: string,
  replace: Replace,
  prose: boolean,
  { known, own }: Pick<Search, 'known' | 'own'>,
): Masked {
  const document = read(text, known, false, 0) ?? readPacked(text, prose, known);
  const search: Search = { replace, known, own, spans: new Map() };
  if (!document) return maskText(text, searched(text, prose ? 'prose' : 'value', search), search);
  learn(document, search);
  return maskLeaves(text, document, search);
}

/** Whole names that the detectors find in one place hold in all others of a record. */
function learn(document: Document, search: Search): void {
  for (const [text, spans] of places(document, search)) {
    for (const { start, end, type } of spans) {
      const name = type === 'name' ? text.slice(start, end) : '';
      if (wholeName.test(name)) search.known.add(name, 'name');
    }
  }
  for (const leaves of leavesWithin(document)) {
    for (const name of partedNames(leaves, search.own)) search.known.add(name, 'name');
    findParted(leaves, search);
  }
}

/** Of the document, and of each within it. */
function* leavesWithin({ leaves, inner }: Document): Generator<readonly Leaf[]> {
  yield leaves;
  for (const { document } of inner.values()) if (document) yield* leavesWithin(document);
}

/** A number whose parts stand in places one behind the other, as markup has them: each part is found by what they are together. */
function findParted(leaves: readonly Leaf[], search: Search): void {
  const read = leaves.filter(({ cls, keyOf }) => keyOf === undefined && (cls === undefined || cls === 'note'));
  for (let at = 1; at < read.length; at++) {
    if (!isCutNumber(read[at - 1]?.value ?? '', read[at]?.value ?? '')) continue;
    const from = at - 1;
    while (
      at + 1 < read.length &&
      at - from < partsMax &&
      isCutNumber(read[at]?.value ?? '', read[at + 1]?.value ?? '')
    )
      at++;
    const parts = read.slice(from, at + 1);
    const spans = detect(parts.map(({ value }) => value).join(''), false, search.own);
    let start = 0;
    for (const leaf of parts) {
      const end = start + leaf.value.length;
      const own = spans
        .filter((span) => span.start < end && span.end > start)
        .map((span) => ({
          start: Math.max(span.start, start) - start,
          end: Math.min(span.end, end) - start,
          type: span.type,
        }));
      const known = search.spans.get(leaf);
      if (known && own.length > 0) search.spans.set(leaf, merged([...known, ...own]));
      start = end;
    }
  }
}

const partsMax = 12;

const wholeName = /^\p{Lu}[\p{L}.'’-]*(?:,? \p{Lu}[\p{L}.'’-]*){1,3}$/u;

/** What is searched in each place, and what is found there. */
function* places(document: Document, search: Search): Generator<readonly [string, readonly Span[]]> {
  for (const leaf of document.leaves) {
    if (leaf.cls !== undefined && leaf.cls !== 'note') continue;
    const inner = document.inner.get(leaf);
    if (inner?.document) yield* places(inner.document, search);
    else if (inner) yield [inner.text, searchedOnce(inner, inner.text, innerReading(leaf), search)];
    else if (!isWhole(leaf)) {
      const { value } = percentDecoded(leaf) ?? leaf;
      yield [value, searchedOnce(leaf, value, leaf.reads, search)];
    }
  }
}

function innerReading({ reads }: Leaf): Reading {
  return reads === 'encoded' ? 'record' : reads;
}

/** A file that is no text is masked as it is. */
function isWhole({ reads, value }: Leaf): boolean {
  return reads === 'encoded' || isFile(value);
}

/** How one text as a whole is searched. */
interface Search {
  readonly replace: Replace;
  readonly known: KnownValues;
  readonly own: readonly Find[];
  /** What was found in a leaf, or in what it holds. */
  readonly spans: Map<object, readonly Span[]>;
}

/** A text that has been read, with those inside of its leaves. */
interface Document {
  readonly leaves: readonly Leaf[];
  readonly isJson: boolean;
  readonly inner: ReadonlyMap<Leaf, Inner>;
}

interface Inner {
  readonly text: string;
  readonly encode: (text: string) => string;
  readonly document: Document | null;
}

/** INVARIANT: every text is read before the first is masked, so that what one place says of a value holds in all others. */
function read(text: string, known: KnownValues, isRecord: boolean, depth: number): Document | null {
  if (depth >= nestingMax) return null;
  for (const container of containers) {
    const found = container(text);
    if (!found) continue;
    const leaves = isRecord ? found.map(asRecord) : found;
    const inner = new Map<Leaf, Inner>();
    for (const leaf of leaves) {
      const { cls, value, reads } = leaf;
      if (leaf.isTerm) known.addTerm(value);
      if (cls !== undefined && cls !== 'clear' && cls !== 'note') known.add(value, cls);
      if (cls !== undefined && cls !== 'note') continue;
      const packed = leaf.packed ?? innerText(value, reads);
      const document = packed && read(packed.text, known, reads === 'record' || reads === 'encoded', depth + 1);
      if (packed && (document || !packed.isPlain)) inner.set(leaf, { ...packed, document });
      else if (cls === undefined) known.addLabelled(value);
    }
    return { leaves, isJson: container === readJson, inner };
  }
  if (depth > 0) known.addLabelled(text);
  return null;
}

/** A text that stands in another writing as a whole, or is a file: that of what nobody writes in (`prose`) stays. */
function readPacked(text: string, prose: boolean, known: KnownValues): Document | null {
  if (!longWord.test(text) && !text.includes('%')) return null;
  const leaf = wholeLeaf(text, prose ? 'prose' : 'value');
  const packed = innerText(text, leaf.reads);
  const inner = new Map<Leaf, Inner>();
  if (packed && !packed.isPlain) inner.set(leaf, { ...packed, document: read(packed.text, known, false, 1) });
  else if (!(prose && isFile(text)) && !percentDecoded(leaf)) return null;
  return { leaves: [leaf], isJson: false, inner };
}

/** What every other writing begins with. */
const longWord = /^\s*(?:\S{16}|begin )/;

function wholeLeaf(text: string, reads: Reading): Leaf {
  return { start: 0, end: text.length, value: text, offsets: null, cls: undefined, reads, encode: asWritten };
}

function asRecord(leaf: Leaf): Leaf {
  return leaf.reads === 'prose' ? { ...leaf, reads: 'record' } : leaf;
}

const documentStart =
  /^\s*(?:[[{]|<[?!A-Za-z]|MSH\W|FHS\W|BHS\W|ISA\W|(?:INSERT|insert|REPLACE|replace)\s+(?:INTO|into)\b)/;

/** Whether the text that begins so may be a document, which only its end can tell. */
export function mayBeDocument(head: string): boolean {
  const lines = head.slice(0, head.lastIndexOf('\n') + 1);
  return (
    documentStart.test(head) ||
    mayHoldBlocks(head) ||
    mayBePacked(head) ||
    [readSqlRows, readDelimited, readKeyedLines].some((reads) => reads(lines) !== null)
  );
}

function maskLeaves(text: string, document: Document, search: Search): Masked {
  const found = document.leaves.flatMap((leaf) => foundIn(leaf, document.inner.get(leaf), search));
  return { text: rewritten(text, found, search.replace), found, isJson: document.isJson };
}

function maskText(text: string, spans: readonly Span[], search: Search): Masked {
  const found = merged([...search.known.find(text), ...spans]).map((span) => ({
    ...span,
    value: text.slice(span.start, span.end),
    encode: asWritten,
    keyOf: undefined,
  }));
  return { text: rewritten(text, found, search.replace), found, isJson: false };
}

/** What is found in a text without structure, sorted, without overlap. */
export function spansIn(text: string, reads: Reading, search: Pick<Search, 'known' | 'own'>): readonly Span[] {
  const leaf = wholeLeaf(text, reads);
  const plain = percentDecoded(leaf) ?? leaf;
  const spans = merged([...search.known.find(plain.value), ...searched(plain.value, reads, search)]);
  return spans.map(({ start, end, type }) => ({ start: placeOf(plain, start), end: placeOf(plain, end), type }));
}

/** The same but for what is known already; what its labels say of values becomes known. */
function searched(text: string, reads: Reading, { known, own }: Pick<Search, 'known' | 'own'>): readonly Span[] {
  const isProse = reads === 'prose' || reads === 'record';
  const labelled = known.addLabelled(text);
  const spans = [
    ...labelled,
    ...placedIds(text),
    ...reversedIds(text),
    ...detect(text, isProse, own),
    ...spelledIn(text, known, own),
  ];
  const all = [...spans, ...besideNames(text, spans)];
  return merged(reads === 'record' ? [...all, ...unlistedWords(text, known.terms)] : all);
}

/** What is written as the numbers of its characters goes as a whole. */
function spelledIn(text: string, known: KnownValues, own: readonly Find[]): readonly Span[] {
  return spelledText(text).flatMap(({ start, end, text: spelled }) => {
    const [first] = [...known.find(spelled), ...detect(spelled, false, own)];
    return first ? [{ start, end, type: first.type }] : [];
  });
}

/** `place`: a leaf, or what it holds. */
function searchedOnce(place: object, text: string, reads: Reading, search: Search): readonly Span[] {
  const known = search.spans.get(place);
  if (known) return known;
  const spans = searched(text, reads, search);
  search.spans.set(place, spans);
  return spans;
}

function foundIn(leaf: Leaf, inner: Inner | undefined, search: Search): readonly Found[] {
  const { start, end, value, cls, encode, reads, keyOf } = leaf;
  if (cls === 'clear') {
    // A number that is somebody's is so within a code, too, and a name within a key.
    const isSomebodys = (span: Span): boolean =>
      leaf.keyOf !== undefined || /\d/.test(value.slice(span.start, span.end));
    return marked(leaf, merged(search.known.find(value).filter(isSomebodys)));
  }
  if (cls !== undefined && cls !== 'note')
    return /[\p{L}\p{N}]/u.test(value) && !isToken(value) && !typeName.test(value)
      ? [{ start, end, type: cls, value, encode, keyOf }]
      : [];
  if (inner) {
    const masked = inner.document
      ? maskLeaves(inner.text, inner.document, search)
      : maskText(inner.text, searchedOnce(inner, inner.text, innerReading(leaf), search), search);
    if (masked.found.length === 0) return [];
    const [first] = masked.found;
    // What was found lies inside of an encoding: the whole place is written anew.
    const type = first?.type ?? 'other_id';
    return [{ start, end, type, value, encode: () => encode(inner.encode(masked.text)), keyOf }];
  }
  // What has been searched is none.
  if (!search.spans.has(leaf) && isWhole(leaf))
    return /[\p{L}\p{N}]/u.test(value) ? [{ start, end, type: 'note', value, encode, keyOf }] : [];
  const plain = percentDecoded(leaf) ?? leaf;
  const spans = searchedOnce(leaf, plain.value, reads, search);
  return marked(plain, merged([...search.known.find(plain.value), ...spans]));
}

/** What stands in the place of a value where only its type is told. */
const typeName = /^(?:string|integer|boolean|number|object|array|null|undefined|varchar|uuid)$/;

/** What another door has redacted stays, whatever it was taken for there. */
function isToken(value: string): boolean {
  return value.startsWith('[') && isMaskToken(value);
}

function marked(leaf: Leaf, spans: readonly Span[]): readonly Found[] {
  return spans.map((span) => ({
    start: placeOf(leaf, span.start),
    end: placeOf(leaf, span.end),
    type: span.type,
    value: leaf.value.slice(span.start, span.end),
    encode: leaf.encode,
    keyOf: leaf.keyOf,
  }));
}

/** Overlapping spans become one; the first names the class. */
function merged(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans;
  const result: { start: number; end: number; type: PhiClass }[] = [];
  const inOrder = (a: Span, b: Span): number => a.start - b.start || b.end - a.end;
  for (const span of isSorted(spans, inOrder) ? spans : spans.toSorted(inOrder)) {
    const last = result.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else result.push({ ...span });
  }
  return result;
}

function rewritten(text: string, found: readonly Found[], replace: Replace): string {
  let masked = '';
  let from = 0;
  let keys: Map<string, number> | null = null;
  for (const each of found) {
    let replacement = each.encode(replace(each.value, each.type));
    if (each.keyOf !== undefined) replacement = unique(each.keyOf, replacement, (keys ??= new Map()));
    masked += text.slice(from, each.start) + replacement;
    from = each.end;
  }
  return masked + text.slice(from);
}

/** INVARIANT: no two keys of an object become the same, so that no member is lost. */
function unique(object: number, replacement: string, used: Map<string, number>): string {
  const name = `${object} ${replacement}`;
  const count = used.get(name) ?? 0;
  used.set(name, count + 1);
  return count === 0 ? replacement : `${replacement} ${count}`;
}
