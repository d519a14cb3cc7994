// The simple query protocol: Query, CommandComplete, EmptyQueryResponse, Terminate; and FunctionCall, which the gate
// only decodes to be able to refuse it.

import { BodyReader, bare, MessageWriter } from './body.ts';

/** 'Q'. */
export function decodeQuery(body: Buffer): string {
  const reader = new BodyReader(body, 'Query');
  const text = reader.cString();
  reader.end();
  return text;
}

export function encodeQuery(text: string): Buffer {
  return new MessageWriter('Q').cString(text).finish();
}

/** 'C' from the server: the command tag, e.g. `SELECT 5`. */
export function decodeCommandComplete(body: Buffer): string {
  const reader = new BodyReader(body, 'CommandComplete');
  const tag = reader.cString();
  reader.end();
  return tag;
}

export function encodeCommandComplete(tag: string): Buffer {
  return new MessageWriter('C').cString(tag).finish();
}

/** Whether a CommandComplete says what servers say: words in capitals and counts, to the NUL that ends it. */
export function isCommandTag(body: Buffer): boolean {
  const last = body.length - 1;
  for (let at = 0; at < last; at++) {
    const byte = body[at] ?? 0;
    const isLetter = byte >= 0x41 && byte <= 0x5a;
    const isDigit = byte >= 0x30 && byte <= 0x39;
    // `???` stands for a command without a tag.
    if (!isLetter && !isDigit && byte !== 0x20 && byte !== 0x3f) return false;
  }
  return body[last] === 0;
}

export function encodeEmptyQueryResponse(): Buffer {
  return bare('I');
}

export function encodeTerminate(): Buffer {
  return bare('X');
}

/** 'F'. */
export interface FunctionCall {
  readonly functionOid: number;
  readonly argumentFormats: readonly (0 | 1)[];
  readonly arguments: readonly (Buffer | null)[];
  readonly resultFormat: 0 | 1;
}

export function decodeFunctionCall(body: Buffer): FunctionCall {
  const reader = new BodyReader(body, 'FunctionCall');
  const functionOid = reader.uint32();
  const argumentFormats = reader.formats();
  const values = Array.from({ length: reader.count() }, () => reader.value());
  const resultFormat = reader.format();
  reader.end();
  return { functionOid, argumentFormats, arguments: values, resultFormat };
}

export function encodeFunctionCall(message: FunctionCall): Buffer {
  const writer = new MessageWriter('F').uint32(message.functionOid).formats(message.argumentFormats);
  writer.count(message.arguments.length);
  for (const value of message.arguments) writer.value(value);
  return writer.int16(message.resultFormat).finish();
}

/** 'V'. */
export function decodeFunctionCallResponse(body: Buffer): Buffer | null {
  const reader = new BodyReader(body, 'FunctionCallResponse');
  const value = reader.value();
  reader.end();
  return value;
}

export function encodeFunctionCallResponse(value: Uint8Array | null): Buffer {
  return new MessageWriter('V').value(value).finish();
}
