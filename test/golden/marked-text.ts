// Texts in which every identifier stands as «class:value», one text a line: read into the form of the labelled files.

import { readFileSync } from 'node:fs';

export interface MarkedText {
  readonly text: string;
  /** Offsets count code points; the type is the class in capitals. */
  readonly spans: readonly {
    readonly start: number;
    readonly end: number;
    readonly type: string;
    readonly required: boolean;
  }[];
}

export function readMarked(file: string | URL): readonly MarkedText[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map(unmarked);
}

function unmarked(line: string): MarkedText {
  const spans: MarkedText['spans'][number][] = [];
  let text = '';
  let from = 0;
  for (const match of line.matchAll(/«([a-z_]+):([^»]*)»/g)) {
    const [whole, type = '', value = ''] = match;
    text += line.slice(from, match.index);
    const start = Array.from(text).length;
    text += value;
    spans.push({ start, end: Array.from(text).length, type: type.toUpperCase(), required: true });
    from = match.index + whole.length;
  }
  return { text: text + line.slice(from), spans };
}
