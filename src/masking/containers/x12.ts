// X12 interchanges (837, 835, 270/271, 276/277, 834): one leaf an element, with the separators the ISA segment names.

import { x12Element } from '../packs/x12.ts';
import { asWritten, type Container, type Leaf } from './leaf.ts';

export const readX12: Container = (text) => {
  const start = /^\s*ISA[^\w\s]/.exec(text);
  if (!start) return null;
  const from = start[0].length - 4;
  const separator = text.charAt(from + 3);
  // ISA has fixed widths: 106 characters with its terminator. A text whose ISA is not like that is read by its own.
  const terminator = /[^\w\s]/.test(text.charAt(from + 105)) ? text.charAt(from + 105) : '~';
  const leaves: Leaf[] = [];
  let at = from;
  for (const segment of text.slice(from).split(terminator)) {
    const lead = /^\s*/.exec(segment)?.[0].length ?? 0;
    const elements = segment.slice(lead).split(separator);
    const [name = ''] = elements;
    let position = at + lead + name.length + 1;
    elements.slice(1).forEach((value, index) => {
      if (value.trim() !== '') {
        const cls = x12Element(name, index + 1, elements);
        leaves.push({
          start: position,
          end: position + value.length,
          value,
          offsets: null,
          cls,
          prose: name === 'NTE',
          encode: asWritten,
        });
      }
      position += value.length + 1;
    });
    at += segment.length + 1;
  }
  return leaves;
};
