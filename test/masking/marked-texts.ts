// Texts of other authors, kept as they wrote them: one ends with a line `==`; what must be gone stands between « and »; ␍ is a carriage
// return. JSON stands for the structured content of an answer.

import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { text } from '../mcp/masked.ts';

export interface Marked {
  readonly message: JsonObject;
  readonly gone: readonly string[];
}

/** `path`: of the file, from here and without its ending. */
export function markedTexts(path: string): readonly Marked[] {
  const file = readFileSync(new URL(`${path}.txt`, import.meta.url), 'utf8');
  return file.trimEnd().split('\n==\n').map(marked);
}

function marked(shape: string): Marked {
  const plain = shape.replaceAll('␍', '\r').replace(/[«»]/g, '');
  const gone = Array.from(shape.matchAll(/«([^»]+)»/g), ([, place = '']) => place);
  return { message: messageOf(plain), gone };
}

function messageOf(plain: string): JsonObject {
  try {
    const value: Json = JSON.parse(plain);
    return typeof value === 'object' ? { content: [], structuredContent: value } : text(plain);
  } catch {
    return text(plain);
  }
}
