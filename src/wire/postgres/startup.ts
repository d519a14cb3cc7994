// What a client says first, before messages have types: SSLRequest, GSSENCRequest, CancelRequest, StartupMessage; and
// the server's NegotiateProtocolVersion (PostgreSQL protocol, "Message Formats"; 3.0 to 3.2).

import { limits } from '../../core/limits.ts';
import { BodyReader, MessageWriter } from './body.ts';
import { malformed, ProtocolError } from './protocol-error.ts';

export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secretKey: Buffer }
  | StartupMessage;

export interface StartupMessage {
  readonly kind: 'startup';
  /** Minor version of protocol 3. A server answers one it does not know with NegotiateProtocolVersion. */
  readonly minor: number;
  readonly parameters: ReadonlyMap<string, string>;
  /** Protocol options (`_pq_.…`), by full name. */
  readonly options: ReadonlyMap<string, string>;
}

/** The newest minor version spoken here. */
export const newestMinor = 2;

const sslRequest = (1234 << 16) | 5679;
const gssEncRequest = (1234 << 16) | 5680;
const cancelRequest = (1234 << 16) | 5678;

/**
 * The packet at the beginning of `bytes` and what follows it, or undefined while it is not whole.
 * INVARIANT: after `ssl` and `gss` the rest has to be empty, else plain bytes would count as encrypted (CVE-2021-23222).
 * @throws ProtocolError
 */
export function takeStartupPacket(
  bytes: Buffer,
  bytesMax: number = limits.startupBytesMax,
): { readonly packet: StartupPacket; readonly rest: Buffer } | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length < 8) malformed('startup packet');
  if (length > bytesMax) throw new ProtocolError('too_large', 'The startup packet is larger than the gate accepts.');
  if (bytes.length < length) return undefined;
  const packet = decodeStartupPacket(bytes.subarray(4, length));
  const rest = bytes.subarray(length);
  if (rest.length > 0 && (packet.kind === 'ssl' || packet.kind === 'gss'))
    malformed('startup: bytes after the request');
  return { packet, rest };
}

/** `body` is the packet without its length. @throws ProtocolError */
export function decodeStartupPacket(body: Buffer): StartupPacket {
  const reader = new BodyReader(body, 'startup packet');
  const code = reader.uint32();
  switch (code) {
    case sslRequest:
      reader.end();
      return { kind: 'ssl' };
    case gssEncRequest:
      reader.end();
      return { kind: 'gss' };
    case cancelRequest: {
      const processId = reader.uint32();
      const secretKey = reader.rest();
      if (secretKey.length < 4 || secretKey.length > 256) malformed('CancelRequest');
      return { kind: 'cancel', processId, secretKey };
    }
    default:
      return decodeStartupMessage(code, reader);
  }
}

function decodeStartupMessage(version: number, reader: BodyReader): StartupMessage {
  if (version >>> 16 !== 3)
    throw new ProtocolError('unsupported', 'Only version 3 of the PostgreSQL protocol is spoken.');
  const parameters = new Map<string, string>();
  const options = new Map<string, string>();
  for (let name = reader.cString(); name !== ''; name = reader.cString()) {
    const into = name.startsWith('_pq_.') ? options : parameters;
    // Said twice, two readers could believe two different things.
    if (into.has(name)) malformed('StartupMessage');
    into.set(name, reader.cString());
  }
  reader.end();
  return { kind: 'startup', minor: version & 0xffff, parameters, options };
}

export function encodeSslRequest(): Buffer {
  return new MessageWriter(null).uint32(sslRequest).finish();
}

export function encodeGssEncRequest(): Buffer {
  return new MessageWriter(null).uint32(gssEncRequest).finish();
}

export function encodeCancelRequest(processId: number, secretKey: Uint8Array): Buffer {
  return new MessageWriter(null).uint32(cancelRequest).uint32(processId).bytes(secretKey).finish();
}

export function encodeStartupMessage(
  parameters: Iterable<readonly [string, string]>,
  minor = 0,
  options: Iterable<readonly [string, string]> = [],
): Buffer {
  const writer = new MessageWriter(null).uint32((3 << 16) | minor);
  for (const [name, value] of [...parameters, ...options]) {
    if (name === '') malformed('StartupMessage');
    writer.cString(name).cString(value);
  }
  return writer.uint8(0).finish();
}

/** 'v': the newest minor version the server speaks, and the `_pq_.` options it does not know. */
export interface NegotiateProtocolVersion {
  readonly minor: number;
  readonly unknownOptions: readonly string[];
}

export function decodeNegotiateProtocolVersion(body: Buffer): NegotiateProtocolVersion {
  const reader = new BodyReader(body, 'NegotiateProtocolVersion');
  const version = reader.uint32();
  // PostgreSQL before 18 may give the minor version alone.
  if (version >>> 16 !== 3 && version >>> 16 !== 0) malformed('NegotiateProtocolVersion');
  const count = reader.uint32();
  if (count > reader.left) malformed('NegotiateProtocolVersion');
  const unknownOptions = Array.from({ length: count }, () => reader.cString());
  reader.end();
  return { minor: version & 0xffff, unknownOptions };
}

export function encodeNegotiateProtocolVersion(message: NegotiateProtocolVersion): Buffer {
  const writer = new MessageWriter('v').uint32((3 << 16) | message.minor).uint32(message.unknownOptions.length);
  for (const name of message.unknownOptions) writer.cString(name);
  return writer.finish();
}
