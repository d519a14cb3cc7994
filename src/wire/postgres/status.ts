// What the server says of the session, asked or not: ParameterStatus, ReadyForQuery, NotificationResponse.

import { BodyReader, MessageWriter } from './body.ts';
import { malformed } from './protocol-error.ts';

/** 'S' from the server. */
export interface ParameterStatus {
  readonly name: string;
  readonly value: string;
}

export function decodeParameterStatus(body: Buffer): ParameterStatus {
  const reader = new BodyReader(body, 'ParameterStatus');
  const name = reader.cString();
  const value = reader.cString();
  reader.end();
  return { name, value };
}

export function encodeParameterStatus(message: ParameterStatus): Buffer {
  return new MessageWriter('S').cString(message.name).cString(message.value).finish();
}

/** 'Z': I idle, T in a transaction, E in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E';

export function decodeReadyForQuery(body: Buffer): TransactionStatus {
  const reader = new BodyReader(body, 'ReadyForQuery');
  const status = String.fromCharCode(reader.uint8());
  reader.end();
  return status === 'I' || status === 'T' || status === 'E' ? status : malformed('ReadyForQuery');
}

export function encodeReadyForQuery(status: TransactionStatus): Buffer {
  return new MessageWriter('Z').uint8(status.charCodeAt(0)).finish();
}

/** 'A'. */
export interface NotificationResponse {
  readonly processId: number;
  readonly channel: string;
  readonly payload: string;
}

export function decodeNotificationResponse(body: Buffer): NotificationResponse {
  const reader = new BodyReader(body, 'NotificationResponse');
  const message = { processId: reader.uint32(), channel: reader.cString(), payload: reader.cString() };
  reader.end();
  return message;
}

export function encodeNotificationResponse(message: NotificationResponse): Buffer {
  return new MessageWriter('A').uint32(message.processId).cString(message.channel).cString(message.payload).finish();
}
