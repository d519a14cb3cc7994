// Authentication: the server's requests ('R') and the client's answers ('p'), whose meaning depends on what was asked.
// A password is returned as bytes decoded to text and must never reach an error or a log.

import { BodyReader, MessageWriter } from './body.ts';
import { malformed } from './protocol-error.ts';

export type Authentication =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext' }
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'saslContinue'; readonly data: Buffer }
  | { readonly kind: 'saslFinal'; readonly data: Buffer }
  /** Kerberos V5 (2), GSS (7), GSS continue (8), SSPI (9), or a code of the future: not carried by the gate. */
  | { readonly kind: 'other'; readonly method: number; readonly data: Buffer };

const methods = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

export function decodeAuthentication(body: Buffer): Authentication {
  const reader = new BodyReader(body, 'Authentication message');
  const message = decodeRequest(reader.uint32(), reader);
  reader.end();
  return message;
}

function decodeRequest(method: number, reader: BodyReader): Authentication {
  switch (method) {
    case methods.ok:
      return { kind: 'ok' };
    case methods.cleartext:
      return { kind: 'cleartext' };
    case methods.md5:
      return { kind: 'md5', salt: reader.bytes(4) };
    case methods.sasl: {
      const mechanisms: string[] = [];
      for (let name = reader.cString(); name !== ''; name = reader.cString()) mechanisms.push(name);
      return { kind: 'sasl', mechanisms };
    }
    case methods.saslContinue:
      return { kind: 'saslContinue', data: reader.rest() };
    case methods.saslFinal:
      return { kind: 'saslFinal', data: reader.rest() };
    default:
      return { kind: 'other', method, data: reader.rest() };
  }
}

export function encodeAuthentication(message: Authentication): Buffer {
  const writer = new MessageWriter('R').uint32(message.kind === 'other' ? message.method : methods[message.kind]);
  switch (message.kind) {
    case 'md5':
      writer.bytes(message.salt);
      break;
    case 'sasl':
      for (const name of message.mechanisms) writer.cString(name);
      writer.uint8(0);
      break;
    case 'saslContinue':
    case 'saslFinal':
    case 'other':
      writer.bytes(message.data);
      break;
    case 'ok':
    case 'cleartext':
      break;
  }
  return writer.finish();
}

export function decodePasswordMessage(body: Buffer): string {
  const reader = new BodyReader(body, 'PasswordMessage');
  const password = reader.cString();
  reader.end();
  return password;
}

export function encodePasswordMessage(password: string): Buffer {
  return new MessageWriter('p').cString(password).finish();
}

export interface SaslInitialResponse {
  readonly mechanism: string;
  /** Null: the client says nothing until it is asked. */
  readonly data: Buffer | null;
}

export function decodeSaslInitialResponse(body: Buffer): SaslInitialResponse {
  const reader = new BodyReader(body, 'SASLInitialResponse');
  const mechanism = reader.cString();
  const data = reader.value();
  reader.end();
  return { mechanism, data };
}

export function encodeSaslInitialResponse(mechanism: string, data: Uint8Array | null): Buffer {
  if (mechanism === '') malformed('SASLInitialResponse');
  return new MessageWriter('p').cString(mechanism).value(data).finish();
}

/** The body of a SASLResponse is the mechanism's data as it is. */
export function encodeSaslResponse(data: Uint8Array): Buffer {
  return new MessageWriter('p').bytes(data).finish();
}
