// Records in the midst of other text, as tools and people hand them over: in code fences, after a sentence, one below the
// other. What lies between is prose.

import { hasPackedRun, holdsSegments, isPackedText, wordMin, x12Segment } from './encoded.ts';
import { asWritten, type Container, type Leaf } from './leaf.ts';

/** Where a record lies, or what may be one. */
export interface Block {
  readonly start: number;
  readonly end: number;
}

type Add = (block: Block) => void;
/** Whether lines that have the same separators are more than that. */
type IsTable = (lines: string) => boolean;

const fence = /^[ \t]*(```|~~~)[^\n]*\n([\s\S]*?)(?:^[ \t]*\1[ \t]*$|(?![\s\S]))/gm;
/** Where a record may begin: at a line's start, or after a word and a colon. */
const beginning =
  /^[ \t>]*(?:[^\n{}[\]<>]{0,120}[:=][ \t]*)?(?=[{[][\s"'{[]|<[?!A-Za-z][^\n]*>|(?:MSH|FHS|BHS)[^\w\s][^\w\s]{2}|ISA[^\w\s])/gm;
/** Lines of base64, as mail carries what is no ASCII (RFC 2045 §6.8). */
const packed =
  /^(?:[A-Za-z0-9+/]{40,}={0,2}\r?\n){1,10000}[A-Za-z0-9+/]{1,200}={0,2}[ \t]*$|^[A-Za-z0-9+/]{60,}={0,2}[ \t]*$/gm;
/** The same within a sentence, and the data of a URI (RFC 2397). */
const inline = /(?<![\w+/-]|(?<!\w)=)(?:data:[\w.+;=/-]{0,100};base64,)?[A-Za-z0-9+/]{40,}={0,6}(?![\w+/=-])/g;
/** Shorter, or in the signs of base64url, base58 and hexadecimal: a block where it says something. */
const word = /(?<![\w+/-]|(?<!\w)=)[\w+/-]{20,2000}={0,2}(?![\w+/=-])/g;
/** A segment that says who somebody is, behind a line's time and source. */
const segments = /^[^\n|]{1,200}?(?=\b(?:PID|NK1|PV1|PD1|GT1|IN1|MRG|OBX|ORC|OBR)\|[^\n]{0,40}\|)/gm;
/** The same of X12, with those behind it. */
const elements = new RegExp(String.raw`${x12Segment.source}(?:[ \t]*[A-Z][A-Z0-9]{1,2}\*[^~\n]{1,300}(?:~|$))*`, 'gm');
/** Whether a text may hold blocks that only its end completes. */
export function mayHoldBlocks(head: string): boolean {
  beginning.lastIndex = 0;
  return /^[ \t]*(?:```|~~~)/m.test(head) || beginning.test(head);
}

export const readMixed: Container = (text) => {
  // A block that is all of the text is no record within another.
  const bare = text.trim().length;
  const others = candidates(text, () => true).filter(({ start, end }) => text.slice(start, end).trim().length < bare);
  return others.length === 0 ? null : leavesOf(text, apart(others));
};

/** In order, and without overlap. */
export function blocksIn(text: string, isTable: IsTable): readonly Block[] {
  return apart(candidates(text, isTable));
}

function apart(blocks: readonly Block[]): readonly Block[] {
  let at = 0;
  return blocks
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start, end }) => {
      if (start < at) return false;
      at = end;
      return true;
    });
}

function candidates(text: string, isTable: IsTable): readonly Block[] {
  const hasRun = hasPackedRun(text);
  const isPacked = hasRun && inline.test(text);
  inline.lastIndex = 0;
  const words = hasPackedRun(text, wordMin)
    ? Array.from(text.matchAll(word)).filter(([each]) => isPackedText(each))
    : [];
  const mayBeRecord = /[{[<|:=,\t;`]/.test(text) && /\n|[:=][ \t]*[{[<]/.test(text);
  if (!isPacked && words.length === 0 && !mayBeRecord && !holdsSegments(text)) return [];
  const blocks: Block[] = [];
  const isTaken = new Uint8Array(text.length);
  const add: Add = (block) => {
    blocks.push(block);
    isTaken.fill(1, block.start, block.end);
  };
  const isFree = (at: number): boolean => isTaken[at] !== 1;
  for (const match of text.matchAll(fence)) {
    const end = match.index + match[0].length - (/[ \t]*(?:```|~~~)[ \t]*$/.exec(match[0])?.[0].length ?? 0);
    add({ start: match.index + match[0].indexOf('\n') + 1, end });
  }
  for (const { 0: run, index } of hasRun ? [...text.matchAll(packed), ...text.matchAll(inline)] : [])
    if (isFree(index)) add({ start: index, end: index + run.trimEnd().length });
  for (const { 0: run, index } of words) if (isFree(index)) add({ start: index, end: index + run.length });
  for (const match of text.matchAll(segments)) {
    const start = match.index + match[0].length;
    if (isFree(start)) add({ start, end: segmentsEnd(text, start) });
  }
  for (const { 0: run, index } of text.includes('~') ? text.matchAll(elements) : [])
    if (isFree(index)) add({ start: index, end: index + run.length });
  addRecords(text, add, isFree);
  addStatements(text, add, isFree);
  addTables(text, add, isFree, isTable);
  return blocks;
}

function addRecords(text: string, add: Add, isFree: (at: number) => boolean): void {
  beginning.lastIndex = 0;
  for (let match = beginning.exec(text); match; match = beginning.exec(text)) {
    const start = match.index + match[0].length;
    const end = isFree(start) ? endOf(text, start) : start;
    if (end > start) add({ start, end });
    beginning.lastIndex = Math.max(end, match.index + match[0].length + 1);
  }
}

function endOf(text: string, start: number): number {
  const char = text.charAt(start);
  if (char === '{' || char === '[') return bracketEnd(text, start);
  if (char === '<') return markupEnd(text, start);
  if (text.startsWith('ISA', start)) {
    const last = text.lastIndexOf('IEA');
    return last > start ? lineEnd(text, last) : text.length;
  }
  return segmentsEnd(text, start);
}

/** After the bracket that closes the first one, strings aside; the end of the text, where none does. */
function bracketEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') {
      at++;
      while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
    } else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

/** After the last closing tag of the first element; a tag that is never closed is no record. */
function markupEnd(text: string, start: number): number {
  const name = /<([A-Za-z_][\w:.-]*)/.exec(text.slice(start, start + 2000))?.[1];
  if (name === undefined) return start;
  const close = `</${name}>`;
  const last = text.lastIndexOf(close);
  return last < start ? start : last + close.length;
}

/** After the last line that is a segment of HL7 v2. */
function segmentsEnd(text: string, start: number): number {
  let end = start;
  for (const line of text.slice(start).matchAll(/[^\r\n]*(?:\r\n?|\n|$)/g)) {
    if (!/^[A-Z][A-Z0-9]{2}[^\w\s]/.test(line[0])) break;
    end = start + line.index + line[0].length;
  }
  return end;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

/** From its first word to the semicolon that ends it. */
function addStatements(text: string, add: Add, isFree: (at: number) => boolean): void {
  for (const { 0: statement, index } of text.matchAll(
    /^[ \t]*(?:INSERT|REPLACE)\s+INTO\b[\s\S]*?(?:;[ \t]*$|(?![\s\S]))/gim,
  ))
    if (isFree(index)) add({ start: index, end: index + statement.length });
}

/** Lines that all have the same separators, two or more, below a header; what they are is read when they are. */
function addTables(text: string, add: Add, isFree: (at: number) => boolean, isTable: IsTable): void {
  let [start, end, lines] = [0, 0, 0];
  const flush = (): void => {
    if (lines >= 2 && isFree(start) && isTable(text.slice(start, end))) add({ start, end });
    lines = 0;
  };
  for (const { 0: line, index } of text.matchAll(/[^\n]*\n?/g)) {
    const isRow =
      line.length < 20_000 && /[|│\t;]|,[^\s]|\+-{3}|\S {2,}\S.* {2,}\S/.test(line) && !/[.!?]\s*$/.test(line);
    if (!isRow) flush();
    else {
      if (lines === 0) start = index;
      end = index + line.length;
      lines++;
    }
  }
  flush();
}

function leavesOf(text: string, blocks: readonly Block[]): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let at = 0;
  const add = (start: number, end: number): void => {
    const value = text.slice(start, end);
    if (/\S/.test(value))
      leaves.push({ start, end, value, offsets: null, cls: undefined, reads: 'prose', encode: asWritten });
  };
  for (const { start, end } of blocks) {
    add(at, start);
    add(start, end);
    at = end;
  }
  add(at, text.length);
  return leaves;
}
