// The records of a gate's log, read from its journal while it runs. A journal keeps what has been written since the start for
// as long as a test lasts.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogRecord {
  readonly seq: number;
  readonly type: string;
  readonly session?: string;
  readonly request?: string;
  readonly subject?: { readonly id: string };
  readonly connection?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

const frameMagic = 'cgj1';
const frameHeaderBytes = 36;
const closingBrace = 0x7d;

/** In order; of one type where that is given. */
export async function logRecords(state: string, type?: string): Promise<LogRecord[]> {
  const names = await readdir(join(state, 'journal'));
  const segments = await Promise.all(names.toSorted().map((each) => readFile(join(state, 'journal', each))));
  return segments.flatMap((each) => [...entriesIn(each)]).filter((each) => type === undefined || each.type === type);
}

/** The journal frame of docs/reference/log-format.md. */
function* entriesIn(segment: Buffer): Generator<LogRecord> {
  let at = 0;
  while (segment.toString('latin1', at, at + 4) === frameMagic) {
    const [entry, key, blob] = [24, 28, 32].map((each) => segment.readUInt32BE(at + each));
    const start = at + frameHeaderBytes;
    at = start + (entry ?? 0) + (key ?? 0) + (blob ?? 0);
    // What is being written at this moment may be here in part. Nobody has been told of it yet.
    if (at > segment.length || segment[start + (entry ?? 0) - 1] !== closingBrace) return;
    yield JSON.parse(segment.toString('utf8', start, start + (entry ?? 0))) as LogRecord;
  }
}
