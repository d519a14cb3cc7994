// COPY: CopyData, CopyDone, CopyFail, and the server's CopyIn-, CopyOut- and CopyBothResponse.

import { BodyReader, bare, MessageWriter } from './body.ts';

/** 'd', either direction. The body is the data as it is. */
export function encodeCopyData(data: Uint8Array): Buffer {
  return new MessageWriter('d').bytes(data).finish();
}

/** 'c', either direction. */
export function encodeCopyDone(): Buffer {
  return bare('c');
}

/** 'f': the client gives up, and why. */
export function decodeCopyFail(body: Buffer): string {
  const reader = new BodyReader(body, 'CopyFail');
  const reason = reader.cString();
  reader.end();
  return reason;
}

export function encodeCopyFail(reason: string): Buffer {
  return new MessageWriter('f').cString(reason).finish();
}

/** 'G' in, 'H' out, 'W' both (replication). */
export interface CopyResponse {
  readonly format: 0 | 1;
  /** One a column. */
  readonly columnFormats: readonly (0 | 1)[];
}

export function decodeCopyResponse(body: Buffer): CopyResponse {
  const reader = new BodyReader(body, 'CopyResponse');
  const format = reader.uint8() === 0 ? 0 : 1;
  const columnFormats = reader.formats();
  reader.end();
  return { format, columnFormats };
}

export function encodeCopyResponse(type: 'G' | 'H' | 'W', message: CopyResponse): Buffer {
  return new MessageWriter(type).uint8(message.format).formats(message.columnFormats).finish();
}
