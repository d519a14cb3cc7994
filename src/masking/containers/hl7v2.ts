// HL7 v2 messages (pipes and hats), with the message's own encoding characters: one leaf a subcomponent.

import { hl7Field } from '../packs/hl7v2.ts';
import { asWritten, type Container, type Leaf } from './leaf.ts';

export const readHl7: Container = (text) => {
  const header = /^[\s\v]*(?:FHS|BHS|MSH)([^\w\s])([^\w\s]{2,5})/.exec(text);
  if (!header) return null;
  const field = header[1] ?? '|';
  const [component = '^', repetition = '~', , subcomponent = '&'] = header[2] ?? '';
  const leaves: Leaf[] = [];
  // oxlint-disable-next-line no-control-regex -- MLLP's frame
  for (const line of text.matchAll(/[^\r\n\v\x1c]+/g)) {
    const segment = line[0].trimStart().slice(0, 3);
    if (!/^[A-Z][A-Z0-9]{2}$/.test(segment)) {
      leaves.push(leaf(line[0], line.index, undefined, true));
      continue;
    }
    // MSH-1 is the separator itself.
    let number = /^[MFB][SH][HS]$/.test(segment) ? 1 : 0;
    for (const part of pieces(line[0], line.index, field).slice(1)) {
      number++;
      if (number === 2 && segment === 'MSH') continue;
      for (const one of pieces(part.text, part.start, repetition)) {
        pieces(one.text, one.start, component).forEach((each, at) => {
          for (const { text: value, start } of pieces(each.text, each.start, subcomponent)) {
            if (value.trim() === '' || value === '""') continue;
            const cls = hl7Field(segment, number, at + 1, value);
            leaves.push(leaf(value, start, cls, cls === undefined && value.length > 40));
          }
        });
      }
    }
  }
  return leaves;
};

function leaf(value: string, start: number, cls: Leaf['cls'], prose: boolean): Leaf {
  return { start, end: start + value.length, value, offsets: null, cls, prose, encode: asWritten };
}

function pieces(text: string, start: number, separator: string): { readonly text: string; readonly start: number }[] {
  const found: { text: string; start: number }[] = [];
  let from = start;
  for (const piece of text.split(separator)) {
    found.push({ text: piece, start: from });
    from += piece.length + 1;
  }
  return found;
}
