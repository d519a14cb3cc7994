// Every message of protocol 3.0 to 3.2 that has a type byte: its letter, who sends it, in which phase of a connection, and
// how large it may be (PostgreSQL protocol, "Message Formats"). A message that is not here, not now, or larger is refused
// as soon as its header is there, unless it is cut down (abridgement.ts). docs/reference/postgres-protocol.md is the same
// table with reasons.

import { limits } from '../../core/limits.ts';
import type { FrameLimits } from './frame.ts';

/** `sign-in`: after the startup packet, up to AuthenticationOk of a client, or the first ReadyForQuery of a server. */
export type Phase = 'sign-in' | 'session';

export interface MessageKind {
  /** As the specification writes it. Letters that mean several messages by what was asked before name them all. */
  readonly name: string;
  readonly letter: string;
  readonly sender: 'client' | 'server';
  readonly phases: readonly Phase[];
  /** Header included. */
  readonly bytesMax: number;
}

const headerBytes = 5;
/** PostgreSQL takes no more than this for whatever carries no data (PQ_SMALL_MESSAGE_LIMIT). */
const smallBytesMax = 10_000;
const { statementBytesMax, passwordBytesMax, backendMessageBytesMax, rowDescriptionBytesMax } = limits;

const session: readonly Phase[] = ['session'];
const signIn: readonly Phase[] = ['sign-in'];
const always: readonly Phase[] = ['sign-in', 'session'];

function client(letter: string, name: string, bytesMax: number, phases = session): MessageKind {
  return { name, letter, sender: 'client', phases, bytesMax };
}

function server(letter: string, name: string, bytesMax: number, phases = session): MessageKind {
  return { name, letter, sender: 'server', phases, bytesMax };
}

export const messages: readonly MessageKind[] = [
  client('p', 'PasswordMessage, SASLInitialResponse, SASLResponse, GSSResponse', passwordBytesMax, signIn),
  client('Q', 'Query', statementBytesMax),
  client('P', 'Parse', statementBytesMax),
  client('B', 'Bind', statementBytesMax),
  client('D', 'Describe', smallBytesMax),
  client('E', 'Execute', smallBytesMax),
  client('C', 'Close', smallBytesMax),
  client('S', 'Sync', headerBytes),
  client('H', 'Flush', headerBytes),
  client('F', 'FunctionCall', statementBytesMax),
  client('f', 'CopyFail', smallBytesMax),
  client('X', 'Terminate', headerBytes),

  client('d', 'CopyData', statementBytesMax),
  client('c', 'CopyDone', headerBytes),

  server('R', 'Authentication*', passwordBytesMax, signIn),
  server('v', 'NegotiateProtocolVersion', smallBytesMax, signIn),
  server('K', 'BackendKeyData', headerBytes + 4 + 256, signIn),
  server('S', 'ParameterStatus', passwordBytesMax, always),
  server('Z', 'ReadyForQuery', headerBytes + 1, always),
  server('E', 'ErrorResponse', backendMessageBytesMax, always),
  server('N', 'NoticeResponse', backendMessageBytesMax, always),
  server('A', 'NotificationResponse', smallBytesMax),
  server('1', 'ParseComplete', headerBytes),
  server('2', 'BindComplete', headerBytes),
  server('3', 'CloseComplete', headerBytes),
  // 65,535 parameters of four bytes.
  server('t', 'ParameterDescription', headerBytes + 2 + 4 * 65_535),
  server('T', 'RowDescription', rowDescriptionBytesMax),
  server('n', 'NoData', headerBytes),
  server('D', 'DataRow', backendMessageBytesMax),
  server('C', 'CommandComplete', smallBytesMax),
  server('I', 'EmptyQueryResponse', headerBytes),
  server('s', 'PortalSuspended', headerBytes),
  server('V', 'FunctionCallResponse', backendMessageBytesMax),
  server('G', 'CopyInResponse', smallBytesMax),
  server('H', 'CopyOutResponse', smallBytesMax),
  server('W', 'CopyBothResponse', smallBytesMax),
  server('d', 'CopyData', backendMessageBytesMax),
  server('c', 'CopyDone', headerBytes),
];

function limitsOf(sender: 'client' | 'server', phase: Phase): FrameLimits {
  const byType = new Uint32Array(256);
  for (const kind of messages) {
    if (kind.sender === sender && kind.phases.includes(phase)) byType[kind.letter.charCodeAt(0)] = kind.bytesMax;
  }
  return { limit: (type) => byType[type] ?? 0 };
}

/** What a client may send before it is let in, and after. */
export const frontendSignIn: FrameLimits = limitsOf('client', 'sign-in');
export const frontendSession: FrameLimits = limitsOf('client', 'session');
/** What a server may send to its first ReadyForQuery, and after. */
export const backendSignIn: FrameLimits = limitsOf('server', 'sign-in');
export const backendSession: FrameLimits = limitsOf('server', 'session');
