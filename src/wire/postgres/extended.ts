// The extended query protocol: Parse, Bind, Describe, Execute, Close, Sync, Flush and what answers them. Names of
// statements and portals are decoded as the server keeps them: see `BodyReader.name`.

import { BodyReader, bare, MessageWriter } from './body.ts';
import { malformed } from './protocol-error.ts';

/** 'P'. */
export interface ParseMessage {
  /** '' = the unnamed statement. */
  readonly name: string;
  readonly text: string;
  /** 0 = left to the server. May be fewer than the statement has parameters. */
  readonly parameterTypes: readonly number[];
}

export function decodeParse(body: Buffer): ParseMessage {
  const reader = new BodyReader(body, 'Parse');
  const name = reader.name();
  const text = reader.cString();
  const parameterTypes = reader.list(() => reader.uint32());
  reader.end();
  return { name, text, parameterTypes };
}

export function encodeParse(message: ParseMessage): Buffer {
  const writer = new MessageWriter('P').cString(message.name).cString(message.text);
  writer.count(message.parameterTypes.length);
  for (const oid of message.parameterTypes) writer.uint32(oid);
  return writer.finish();
}

/** 'B'. Of formats: none = all text, one = for all, else one each. */
export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  readonly parameterFormats: readonly (0 | 1)[];
  readonly parameters: readonly (Buffer | null)[];
  readonly resultFormats: readonly (0 | 1)[];
}

export function decodeBind(body: Buffer): BindMessage {
  const reader = new BodyReader(body, 'Bind');
  const portal = reader.name();
  const statement = reader.name();
  const parameterFormats = reader.formats();
  const parameters = reader.list(() => reader.value());
  if (parameterFormats.length > 1 && parameterFormats.length !== parameters.length) malformed('Bind');
  const resultFormats = reader.formats();
  reader.end();
  return { portal, statement, parameterFormats, parameters, resultFormats };
}

export function encodeBind(message: BindMessage): Buffer {
  const writer = new MessageWriter('B').cString(message.portal).cString(message.statement);
  writer.formats(message.parameterFormats).count(message.parameters.length);
  for (const value of message.parameters) writer.value(value);
  return writer.formats(message.resultFormats).finish();
}

/** What Describe ('D') and Close ('C') speak of. */
export interface Target {
  readonly kind: 'statement' | 'portal';
  readonly name: string;
}

export function decodeDescribe(body: Buffer): Target {
  return decodeTarget(body, 'Describe');
}

export function encodeDescribe(target: Target): Buffer {
  return encodeTarget('D', target);
}

export function decodeClose(body: Buffer): Target {
  return decodeTarget(body, 'Close');
}

export function encodeClose(target: Target): Buffer {
  return encodeTarget('C', target);
}

function decodeTarget(body: Buffer, what: string): Target {
  const reader = new BodyReader(body, what);
  const letter = String.fromCharCode(reader.uint8());
  const name = reader.name();
  reader.end();
  if (letter === 'S') return { kind: 'statement', name };
  return letter === 'P' ? { kind: 'portal', name } : malformed(what);
}

function encodeTarget(type: string, target: Target): Buffer {
  const letter = target.kind === 'statement' ? 'S' : 'P';
  return new MessageWriter(type).uint8(letter.charCodeAt(0)).cString(target.name).finish();
}

/** 'E'. `rowsMax` 0 = no limit. */
export interface ExecuteMessage {
  readonly portal: string;
  readonly rowsMax: number;
}

export function decodeExecute(body: Buffer): ExecuteMessage {
  const reader = new BodyReader(body, 'Execute');
  const portal = reader.name();
  const rowsMax = reader.int32();
  reader.end();
  // The server takes a negative number for no limit.
  return { portal, rowsMax: Math.max(0, rowsMax) };
}

export function encodeExecute(message: ExecuteMessage): Buffer {
  return new MessageWriter('E').cString(message.portal).int32(message.rowsMax).finish();
}

export function encodeSync(): Buffer {
  return bare('S');
}

export function encodeFlush(): Buffer {
  return bare('H');
}

export function encodeParseComplete(): Buffer {
  return bare('1');
}

export function encodeBindComplete(): Buffer {
  return bare('2');
}

export function encodeCloseComplete(): Buffer {
  return bare('3');
}

export function encodeNoData(): Buffer {
  return bare('n');
}

export function encodePortalSuspended(): Buffer {
  return bare('s');
}

/** 't': the OIDs of a statement's parameter types. */
export function decodeParameterDescription(body: Buffer): number[] {
  const reader = new BodyReader(body, 'ParameterDescription');
  const oids = reader.list(() => reader.uint32());
  reader.end();
  return oids;
}

export function encodeParameterDescription(oids: readonly number[]): Buffer {
  const writer = new MessageWriter('t').count(oids.length);
  for (const oid of oids) writer.uint32(oid);
  return writer.finish();
}
