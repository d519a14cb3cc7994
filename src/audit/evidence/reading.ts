// Files of an evidence package as its verifier reads them: long ones piece by piece. It judges nothing.

import { createHash } from 'node:crypto';
import { type Json, parseJson } from '../../core/json.ts';
import { type ReadOnlyFiles, Unreadable } from '../verify-sources.ts';

const chunkBytes = 1 << 20;

async function* chunksOf(files: ReadOnlyFiles, path: string): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; offset += chunkBytes) {
    const chunk = await files.readAt(path, offset, chunkBytes);
    if (!chunk || chunk.length === 0) return;
    yield chunk;
    if (chunk.length < chunkBytes) return;
  }
}

export async function digestOf(files: ReadOnlyFiles, path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunksOf(files, path)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Each with its line feed taken off. @throws Unreadable where the last has none */
export async function* linesOf(files: ReadOnlyFiles, path: string): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of chunksOf(files, path)) {
    const bytes = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) throw new Unreadable(path, 'its last line does not end');
}

export async function textOf(files: ReadOnlyFiles, path: string): Promise<string> {
  return Buffer.from((await files.read(path)) ?? '').toString();
}

export function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
