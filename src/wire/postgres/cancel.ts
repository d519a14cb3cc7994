// BackendKeyData: what a client needs to cancel. Four bytes of secret in protocol 3.0, 4 to 256 since 3.2.
// CancelRequest itself is a startup packet: see startup.ts.

import { BodyReader, MessageWriter } from './body.ts';
import { malformed } from './protocol-error.ts';

export interface BackendKeyData {
  readonly processId: number;
  readonly secretKey: Buffer;
}

export function decodeBackendKeyData(body: Buffer): BackendKeyData {
  const reader = new BodyReader(body, 'BackendKeyData');
  const processId = reader.uint32();
  const secretKey = reader.rest();
  if (secretKey.length < 4 || secretKey.length > 256) malformed('BackendKeyData');
  return { processId, secretKey };
}

export function encodeBackendKeyData(processId: number, secretKey: Uint8Array): Buffer {
  return new MessageWriter('K').uint32(processId).bytes(secretKey).finish();
}
