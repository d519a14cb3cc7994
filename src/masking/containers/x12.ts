// X12 interchanges (837, 835, 270/271, 276/277, 278, 834), one after the other, each with the separators its own ISA segment
// names: one leaf an element, or a component where only part of it is somebody's.

import { type X12Said, x12Element } from '../packs/x12.ts';
import { asWritten, type Container, type Leaf } from './leaf.ts';

interface Marks {
  readonly element: string;
  readonly component: string;
  readonly terminator: string;
}

/** An interchange, or a piece of one that begins with a segment about somebody. */
const beginning =
  /^[\s\uFEFF]*(?=ISA[^\w\s]|(?:GS|ST)\*|(?:NM1|N[134]|DMG|REF|CLM|SBR|PAT|DTP|INS|TRN|HL|BHT|PER|CLP|HD|EQ|EB)\*[^~\n]{1,300}~)/;

export const readX12: Container = (text) => {
  const start = beginning.exec(text);
  if (!start) return null;
  const leaves: Leaf[] = [];
  let at = start[0].length;
  let marks: Marks = { element: '*', component: ':', terminator: '~' };
  while (at < text.length) {
    const lead = /^[\s\uFEFF]*/.exec(text.slice(at, at + 100))?.[0].length ?? 0;
    at += lead;
    if (/^ISA[^\w\s]/.test(text.slice(at, at + 4))) marks = marksOf(text, at) ?? marks;
    const close = text.indexOf(marks.terminator, at);
    const end = close === -1 ? text.length : close;
    readSegment(text.slice(at, end), at, marks, leaves);
    if (close === -1) break;
    at = end + 1;
  }
  return leaves;
};

/** After ISA's sixteenth separator: the one of components, then what ends a segment (X12.5; fixed widths or not). */
function marksOf(text: string, start: number): Marks | null {
  const element = text.charAt(start + 3);
  let at = start + 2;
  for (let count = 0; count < 16; count++) {
    at = text.indexOf(element, at + 1);
    if (at === -1 || at > start + 300) return null;
  }
  const component = text.charAt(at + 1);
  const terminator = text.charAt(at + 2);
  return /^[^\w]$/.test(component) && /^[^\w ]$/.test(terminator) ? { element, component, terminator } : null;
}

function readSegment(segment: string, start: number, marks: Marks, leaves: Leaf[]): void {
  const elements = segment.split(marks.element);
  const [name = ''] = elements;
  if (!/^[A-Z][A-Z0-9]{1,2}$/.test(name.trim())) {
    if (/\S/.test(segment)) leaves.push(leafOf(segment, start, undefined));
    return;
  }
  let position = start + name.length + 1;
  elements.slice(1).forEach((value, index) => {
    if (value.trim() !== '') {
      const said = x12Element(name.trim(), index + 1, elements);
      if (said === 'components') addComponents(value, position, marks.component, leaves);
      else if (said === 'codes') addCodes(value, position, marks.component, leaves);
      else leaves.push(leafOf(value, position, said));
    }
    position += value.length + 1;
  });
}

/** The first component is a qualifier, the rest is what it qualifies. */
function addComponents(value: string, start: number, separator: string, leaves: Leaf[]): void {
  let position = start;
  value.split(separator).forEach((part, at) => {
    if (part.trim() !== '') leaves.push(leafOf(part, position, at === 0 ? 'clear' : 'other_id'));
    position += part.length + 1;
  });
}

/** `BH:11:D8:20200101`: what follows a date's format is one. */
function addCodes(value: string, start: number, separator: string, leaves: Leaf[]): void {
  let position = start;
  const parts = value.split(separator);
  parts.forEach((part, at) => {
    const isDay = /^(?:D[6-8]|DT|RD8|TM)$/.test(parts[at - 1] ?? '');
    if (part.trim() !== '') leaves.push(leafOf(part, position, isDay ? 'date' : 'clear'));
    position += part.length + 1;
  });
}

function leafOf(value: string, start: number, cls: Exclude<X12Said, 'components' | 'codes'>): Leaf {
  return { start, end: start + value.length, value, offsets: null, cls, reads: 'record', encode: asWritten };
}
