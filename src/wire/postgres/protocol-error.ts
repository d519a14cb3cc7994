// The one exception of the codecs: a Result for every message would cost on the hot path, so decoders throw this, and
// the edge of the session catches it. It never carries a value from the message.

import type { ErrorCode } from '../../core/errors.ts';

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: Extract<ErrorCode, 'malformed' | 'too_large' | 'unsupported'>;

  constructor(code: ProtocolError['code'], text: string) {
    super(text);
    this.code = code;
  }
}

/** @throws ProtocolError always */
export function malformed(what: string): never {
  throw new ProtocolError('malformed', `The ${what} does not follow the PostgreSQL protocol.`);
}
