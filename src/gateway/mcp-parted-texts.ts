// Texts of one answer that say something only together: a table or a JSON text over several items, a label in one and its value
// in the next, a number that is cut. Pure.

import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { isCutNumber } from '../masking/cut-number.ts';

export interface JoinedTexts {
  /** Items whose numbers go on in the next have become one; the next is empty. */
  readonly members: JsonObject;
  /** What the items are together, read for what it says of their values. */
  readonly beside: readonly string[];
}

/** Members of a result whose items follow one another (MCP 2025-11-25, schema). */
const lists = ['content', 'contents', 'messages'] as const;
const charactersMax = 1_048_576;
const documentStart = /^\s*[[{<]/;

export function joinedTexts(members: JsonObject): JoinedTexts {
  let whole = members;
  const beside: string[] = [];
  for (const list of lists) {
    const items = whole[list] ?? null;
    if (!isJsonArray(items) || items.length < 2) continue;
    const texts = items.map(textOf);
    const some = texts.filter((text) => text !== null);
    const [first = ''] = some;
    if (some.length < 2 || some.reduce((sum, { length }) => sum + length, 0) > charactersMax) continue;
    beside.push(some.map((text) => (/:\s*$/.test(text) ? `${text.trimEnd()} ` : `${text}\n`)).join(''));
    if (documentStart.test(first)) beside.push(some.join(''));
    const far = farNumbers(some);
    if (far !== '') beside.push(far);
    const mended = mendedNumbers(texts);
    if (mended) whole = { ...whole, [list]: items.map((item, at) => withText(item, mended[at] ?? null)) };
  }
  return { members: whole, beside };
}

/** Numbers that are an item each, below an item that is nothing but a label, with a few words between: a line for each. */
function farNumbers(texts: readonly string[]): string {
  let lines = '';
  let label = '';
  let left = 0;
  for (const text of texts) {
    if (label !== '' && left > 0 && numberAlone.test(text)) lines += `${label} ${text.trim()}\n`;
    left = labelAlone.test(text) ? betweenMax + 1 : /\d/.test(text) ? 0 : left - 1;
    if (left === betweenMax + 1) label = text.trim();
  }
  return lines;
}

const betweenMax = 3;
const labelAlone = /^\s*[A-Za-z][^\n:\d]{1,40}:\s*$/;
const numberAlone = /^\s*[A-Z]{0,3}\d[\d -]{4,18}\d\s*$/;

/** Null where none is cut. */
function mendedNumbers(texts: readonly (string | null)[]): readonly (string | null)[] | null {
  const mended = [...texts];
  let isCut = false;
  let head = 0;
  for (let at = 1; at < mended.length; at++) {
    const [before, text] = [mended[head] ?? null, mended[at] ?? null];
    if (before === null || text === null || !goesOn(before, text)) {
      head = at;
      continue;
    }
    isCut = true;
    mended[head] = before + text;
    mended[at] = '';
  }
  return isCut ? mended : null;
}

/** Of texts that follow one another, a number goes on too that has its label and is too short yet. */
function goesOn(before: string, text: string): boolean {
  return isCutNumber(before, text) || (/\d$/.test(before) && /^\d/.test(text) && begun.test(before.slice(-60)));
}

const begun = /\b(?:ssn|social security|mrn|medical record|phone|fax|account)\b[^\d\n]{0,24}\d[\d -]{0,8}$/i;

function textOf(item: Json): string | null {
  const holder = isJsonObject(item) && isJsonObject(item['content']) ? item['content'] : item;
  const text = isJsonObject(holder) ? holder['text'] : null;
  return typeof text === 'string' ? text : null;
}

function withText(item: Json, text: string | null): Json {
  if (!isJsonObject(item) || text === null) return item;
  const { content } = item;
  return isJsonObject(content) ? { ...item, content: { ...content, text } } : { ...item, text };
}
