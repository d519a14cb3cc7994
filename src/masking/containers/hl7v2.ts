// HL7 v2 messages and batches (pipes and hats), with the encoding characters each header names: one leaf a subcomponent.

import { hl7Field, isHl7Segment } from '../packs/hl7v2.ts';
import { type Container, isDate, type Leaf } from './leaf.ts';

interface Marks {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

const header = /^(?:FHS|BHS|MSH)([^\w\s])([^\w\s]{2,5})/;
const usual: Marks = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' };

/** Also MLLP's frame, and line ends that were escaped once too often. */
// oxlint-disable-next-line no-control-regex -- MLLP's frame
const segmentEnd = /[\r\n\v\x1c\uFEFF]|(?:\\r|\\n)+(?=[A-Z][A-Z0-9]{2}[^\w\s])|$/g;

export const readHl7: Container = (text) => {
  const start = /^[\s\v\uFEFF]*([A-Z][A-Z0-9]{2})([^\w\s])/.exec(text);
  if (!start || !isMessage(text, start[1] ?? '', start[2] ?? '')) return null;
  let marks = usual;
  const leaves: Leaf[] = [];
  let from = 0;
  for (const end of text.matchAll(segmentEnd)) {
    const line = text.slice(from, end.index);
    const segment = line.trimStart();
    marks = marksOf(segment) ?? marks;
    if (segment !== '') readSegment(segment, from + line.length - segment.length, marks, leaves);
    from = end.index + end[0].length;
  }
  return leaves;
};

/** With its header, or cut out of a message: segments of the standard, one a line. */
function isMessage(text: string, first: string, separator: string): boolean {
  if (header.test(text.replace(/^[\s\v\uFEFF]+/, '').slice(0, 12))) return true;
  if (separator !== usual.field || !isHl7Segment(first)) return false;
  const lines = text
    .slice(0, 20_000)
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '');
  return lines.every((line) => /^\s*[A-Z][A-Z0-9]{2}\|/.test(line)) && (lines[0]?.split('|').length ?? 0) > 3;
}

function marksOf(segment: string): Marks | null {
  const match = header.exec(segment);
  if (!match) return null;
  const [component = '^', repetition = '~', escape = '\\', subcomponent = '&'] = match[2] ?? '';
  return { field: match[1] ?? '|', component, repetition, escape, subcomponent };
}

function readSegment(line: string, start: number, marks: Marks, leaves: Leaf[]): void {
  const segment = line.slice(0, 3);
  if (!/^[A-Z][A-Z0-9]{2}$/.test(segment) || (line.length > 3 && line.charAt(3) !== marks.field)) {
    leaves.push(leafOf(line, start, marks, undefined, 'record'));
    return;
  }
  // The first field of a header is the separator itself, the second names the others.
  const isHeader = header.test(line);
  let number = isHeader ? 1 : 0;
  const fields = pieces(line, start, marks.field).slice(1);
  // OBX-2 says what OBX-5 is.
  const valueType = segment === 'OBX' ? (fields[1]?.text ?? '') : '';
  const [code = '', called = '', system = ''] = segment === 'OBX' ? (fields[2]?.text.split(marks.component) ?? []) : [];
  const label = /^(?:LN|SCT)$/.test(system) ? '' : called || code;
  for (const field of fields) {
    number++;
    if (number === 2 && isHeader) continue;
    for (const repetition of pieces(field.text, field.start, marks.repetition)) {
      const components = pieces(repetition.text, repetition.start, marks.component);
      const values = components.map((each) => each.text);
      components.forEach((component, at) => {
        for (const { text, start: from } of pieces(component.text, component.start, marks.subcomponent)) {
          if (text.trim() === '' || text === '""') continue;
          const place = { segment, field: number, component: at + 1, values, valueType, label };
          const { cls, reads } = hl7Field(place, text);
          leaves.push(
            leafOf(text, from, marks, cls ?? (isDate(text) && text.trim().length >= 6 ? 'date' : undefined), reads),
          );
        }
      });
    }
  }
}

/** Escape sequences are decoded (HL7 v2.5.1 §2.7). */
function leafOf(raw: string, start: number, marks: Marks, cls: Leaf['cls'], reads: Leaf['reads']): Leaf {
  const end = start + raw.length;
  const encode = (replacement: string | null): string =>
    replacement === raw ? raw : escaped(replacement ?? '', marks);
  if (!raw.includes(marks.escape)) return { start, end, value: raw, offsets: null, cls, reads, encode };
  const offsets: number[] = [];
  let value = '';
  for (let at = 0; at < raw.length; ) {
    const close = raw.charAt(at) === marks.escape ? raw.indexOf(marks.escape, at + 1) : -1;
    const plain = close === -1 ? null : plainOf(raw.slice(at + 1, close), marks);
    const [char, length] = plain === null ? [raw.charAt(at), 1] : [plain, close + 1 - at];
    for (let unit = 0; unit < char.length; unit++) offsets.push(start + at);
    value += char;
    at += length;
  }
  offsets.push(end);
  return { start, end, value, offsets, cls, reads, encode };
}

function plainOf(sequence: string, marks: Marks): string | null {
  switch (sequence.charAt(0)) {
    case 'F':
      return marks.field;
    case 'S':
      return marks.component;
    case 'T':
      return marks.subcomponent;
    case 'R':
      return marks.repetition;
    case 'E':
      return marks.escape;
    case 'H':
    case 'N':
      return sequence.length === 1 ? '' : null;
    case '.':
      return /^\.(?:br|sp|sk|in|ti|fi|nf|ce)/.test(sequence) ? '\n' : null;
    case 'X': {
      const hex = sequence.slice(1);
      if (!/^(?:[0-9A-Fa-f]{2})+$/.test(hex)) return null;
      return hex.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
    }
    default:
      return null;
  }
}

function escaped(text: string, { field, component, repetition, escape, subcomponent }: Marks): string {
  const letters = new Map([
    [escape, 'E'],
    [field, 'F'],
    [component, 'S'],
    [repetition, 'R'],
    [subcomponent, 'T'],
    ['\n', '.br'],
  ]);
  return Array.from(text, (char) => (letters.has(char) ? `${escape}${letters.get(char)}${escape}` : char)).join('');
}

function pieces(text: string, start: number, separator: string): { readonly text: string; readonly start: number }[] {
  const found: { text: string; start: number }[] = [];
  let from = start;
  for (const piece of text.split(separator)) {
    found.push({ text: piece, start: from });
    from += piece.length + separator.length;
  }
  return found;
}
