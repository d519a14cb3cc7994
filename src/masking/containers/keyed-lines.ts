// A key and a value a line, as YAML, properties and psql's expanded output have them. Keys are one word: what people write
// is no such text.

import { fieldClass } from '../packs/generic.ts';
import { areOfPerson, classOfPerson } from '../packs/header.ts';
import { asWritten, type Container, isDate, type Leaf } from './leaf.ts';

const keyed = /^[ \t]*(?:- +)?["']?([\p{L}_][\p{L}\p{N}_.-]{0,48})["']?[ \t]*[:=|](?:[ \t]+|$)(.*)$/u;
const linesMin = 3;
/** Of the lines, so many must be such. */
const share = 0.8;

export const readKeyedLines: Container = (text) => {
  const lines: {
    readonly start: number;
    readonly line: string;
    readonly key: string | null;
    readonly value: string;
  }[] = [];
  let others = 0;
  let linesLeft = 0;
  for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
    if (/^[\s.+=#-]*$|^-\[ RECORD \d+ \]|^\s*\[{1,2}[\w. "'-]{1,80}\]{1,2}\s*$/.test(line)) continue;
    const match = line.length > 4000 ? null : keyed.exec(line);
    if (match) linesLeft++;
    else if (++others > 4 && others > linesLeft) return null;
    lines.push({ start: index, line, key: match?.[1] ?? null, value: match?.[2] ?? '' });
  }
  if (linesLeft < linesMin || linesLeft < lines.length * share) return null;
  const isPerson = areOfPerson(lines.flatMap(({ key }) => key ?? []));
  const classOf = isPerson ? classOfPerson : fieldClass;
  if (!lines.some(({ key }) => key !== null && classOf(key) !== undefined)) return null;
  return lines.flatMap(({ start, line, key, value }) => {
    const named: Leaf[] = key === null ? [] : [keyLeaf(key, start + line.indexOf(key), classOf(key) !== undefined)];
    const [bare, quote] = unquoted(key === null ? line : value);
    const from = start + line.length - (key === null ? line : value).length + quote.length;
    if (bare === '') return named;
    const said = key === null ? undefined : classOf(key);
    const cls =
      said === 'age' && Number(bare) < 90 ? 'clear' : (said ?? (isDate(bare) && bare.length > 6 ? 'date' : undefined));
    const leaf: Leaf = {
      start: from,
      end: from + bare.length,
      value: bare,
      offsets: null,
      cls,
      reads: isPerson ? 'record' : 'prose',
      encode: asWritten,
    };
    return [...named, leaf];
  });
};

/** A key may be somebody's name, too. */
function keyLeaf(value: string, start: number, isField: boolean): Leaf {
  const cls = isField ? 'clear' : undefined;
  return { start, end: start + value.length, value, offsets: null, cls, reads: 'value', encode: asWritten };
}

/** The value without its quotes and trailing blanks, and the quote. */
function unquoted(value: string): readonly [string, string] {
  const trimmed = value.trimEnd().replace(/,$/, '');
  const quote = /^["']/.exec(trimmed)?.[0] ?? '';
  const isQuoted = quote !== '' && trimmed.length > 1 && trimmed.endsWith(quote);
  return isQuoted ? [trimmed.slice(1, -1), quote] : [trimmed, ''];
}
