// Both decoders, message by message: what the fuzzers of the codecs and their quick versions in the suite stand on.
// The transcripts were recorded between real clients and a real PostgreSQL, with made-up rows.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { AbridgedMessage } from '../../src/wire/postgres/abridgement.ts';
import {
  decodeAuthentication,
  decodePasswordMessage,
  decodeSaslInitialResponse,
  encodeAuthentication,
  encodePasswordMessage,
  encodeSaslInitialResponse,
} from '../../src/wire/postgres/authentication.ts';
import { bare } from '../../src/wire/postgres/body.ts';
import { decodeBackendKeyData, encodeBackendKeyData } from '../../src/wire/postgres/cancel.ts';
import {
  decodeCopyFail,
  decodeCopyResponse,
  encodeCopyData,
  encodeCopyFail,
  encodeCopyResponse,
} from '../../src/wire/postgres/copy.ts';
import { type RowPlan, rewriteDataRow, type ValueRewriter } from '../../src/wire/postgres/data-row.ts';
import { decodeNoticeFields, encodeErrorResponse, encodeNoticeResponse } from '../../src/wire/postgres/error-fields.ts';
import {
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeExecute,
  decodeParameterDescription,
  decodeParse,
  encodeBind,
  encodeClose,
  encodeDescribe,
  encodeExecute,
  encodeParameterDescription,
  encodeParse,
} from '../../src/wire/postgres/extended.ts';
import { type Frame, type FrameLimits, FrameReader } from '../../src/wire/postgres/frame.ts';
import { messages } from '../../src/wire/postgres/messages.ts';
import { NoticeAbridgement } from '../../src/wire/postgres/notice-abridgement.ts';
import { ProtocolError } from '../../src/wire/postgres/protocol-error.ts';
import {
  decodeCommandComplete,
  decodeFunctionCall,
  decodeFunctionCallResponse,
  decodeQuery,
  encodeCommandComplete,
  encodeFunctionCall,
  encodeFunctionCallResponse,
  encodeQuery,
} from '../../src/wire/postgres/query.ts';
import { RowAbridgement } from '../../src/wire/postgres/row-abridgement.ts';
import {
  decodeDataRow,
  decodeRowDescription,
  encodeDataRow,
  encodeRowDescription,
} from '../../src/wire/postgres/rows.ts';
import {
  decodeNegotiateProtocolVersion,
  encodeNegotiateProtocolVersion,
  encodeStartupMessage,
  takeStartupPacket,
} from '../../src/wire/postgres/startup.ts';
import {
  decodeNotificationResponse,
  decodeParameterStatus,
  decodeReadyForQuery,
  encodeNotificationResponse,
  encodeParameterStatus,
  encodeReadyForQuery,
} from '../../src/wire/postgres/status.ts';

export type Side = 'client' | 'server';

export interface Transcript {
  readonly name: string;
  readonly client: Buffer;
  readonly server: Buffer;
}

const directory = new URL('./transcripts/', import.meta.url);

export const transcripts: readonly Transcript[] = readdirSync(directory).map((file) => {
  const [client = '', server = ''] = readFileSync(new URL(file, directory), 'utf8')
    .replace('client\n', '')
    .split('server\n');
  return { name: file, client: Buffer.from(client, 'base64'), server: Buffer.from(server, 'base64') };
});

/** Decodes a body and encodes what was understood. */
type Again = (body: Buffer) => Buffer;

function empty(letter: string): Again {
  return (body) => Buffer.concat([bare(letter), body]);
}

const again: Readonly<Record<Side, Readonly<Record<string, Again>>>> = {
  client: {
    Q: (body) => encodeQuery(decodeQuery(body)),
    P: (body) => encodeParse(decodeParse(body)),
    B: (body) => encodeBind(decodeBind(body)),
    D: (body) => encodeDescribe(decodeDescribe(body)),
    C: (body) => encodeClose(decodeClose(body)),
    E: (body) => encodeExecute(decodeExecute(body)),
    F: (body) => encodeFunctionCall(decodeFunctionCall(body)),
    f: (body) => encodeCopyFail(decodeCopyFail(body)),
    d: (body) => encodeCopyData(body),
    // Which of its meanings a password message has, the exchange says; here the first that fits.
    p: (body) => {
      const initial = body.toString('latin1').startsWith('SCRAM');
      if (!initial) return body.at(-1) === 0 ? encodePasswordMessage(decodePasswordMessage(body)) : asItIs('p', body);
      const { mechanism, data } = decodeSaslInitialResponse(body);
      return encodeSaslInitialResponse(mechanism, data);
    },
    S: empty('S'),
    H: empty('H'),
    X: empty('X'),
    c: empty('c'),
  },
  server: {
    R: (body) => encodeAuthentication(decodeAuthentication(body)),
    v: (body) => encodeNegotiateProtocolVersion(decodeNegotiateProtocolVersion(body)),
    K: (body) => {
      const { processId, secretKey } = decodeBackendKeyData(body);
      return encodeBackendKeyData(processId, secretKey);
    },
    S: (body) => encodeParameterStatus(decodeParameterStatus(body)),
    Z: (body) => encodeReadyForQuery(decodeReadyForQuery(body)),
    E: (body) => encodeErrorResponse(decodeNoticeFields(body)),
    N: (body) => encodeNoticeResponse(decodeNoticeFields(body)),
    A: (body) => encodeNotificationResponse(decodeNotificationResponse(body)),
    t: (body) => encodeParameterDescription(decodeParameterDescription(body)),
    T: (body) => encodeRowDescription(decodeRowDescription(body)),
    D: (body) => {
      const values = decodeDataRow(body);
      const rewritten = rewriteDataRow(
        body,
        values.map(() => (value) => value),
      );
      assert.deepEqual(rewritten, encodeDataRow(values), 'the two readers of a row understand the same');
      return rewritten;
    },
    C: (body) => encodeCommandComplete(decodeCommandComplete(body)),
    V: (body) => encodeFunctionCallResponse(decodeFunctionCallResponse(body)),
    G: (body) => encodeCopyResponse('G', decodeCopyResponse(body)),
    H: (body) => encodeCopyResponse('H', decodeCopyResponse(body)),
    W: (body) => encodeCopyResponse('W', decodeCopyResponse(body)),
    d: (body) => encodeCopyData(body),
    '1': empty('1'),
    '2': empty('2'),
    '3': empty('3'),
    n: empty('n'),
    s: empty('s'),
    I: empty('I'),
    c: empty('c'),
  },
};

function asItIs(letter: string, body: Buffer): Buffer {
  const message = Buffer.concat([bare(letter), body]);
  message.writeUInt32BE(4 + body.length, 1);
  return message;
}

/** Every letter of the table has a decoder here, so that none is left out of the fuzz. */
export function undecoded(): string[] {
  return messages
    .filter(({ sender, letter }) => !again[sender][letter])
    .map(({ sender, letter }) => `${sender} ${letter}`);
}

/** Every phase at once: the streams hold a whole connection. */
export function limitsFor(side: Side): FrameLimits {
  const byLetter = new Map(
    messages.filter(({ sender }) => sender === side).map((kind) => [kind.letter, kind.bytesMax]),
  );
  return { limit: (type) => byLetter.get(String.fromCharCode(type)) ?? 0 };
}

/** Where the first message with a type byte begins. @throws ProtocolError */
export function afterStartup(stream: Buffer): Buffer {
  const taken = takeStartupPacket(stream);
  if (!taken) return Buffer.alloc(0);
  const { packet, rest } = taken;
  if (packet.kind === 'startup') {
    const size = stream.length - rest.length;
    const encoded = encodeStartupMessage([...packet.parameters], packet.minor, [...packet.options]);
    assert.equal(encoded.length, size, 'a startup packet is as long as before');
  }
  return rest;
}

/** Pushes the stream in these pieces; every whole message is decoded, encoded and handed on. @throws ProtocolError */
export function decodeAll(
  side: Side,
  pieces: Iterable<Buffer>,
  each: (frame: Frame, encoded: Buffer | null) => void,
): void {
  const reader = new FrameReader(limitsFor(side));
  for (const piece of pieces) {
    reader.push(piece);
    for (let frame = reader.next(); frame; frame = reader.next()) {
      each(frame, again[side][String.fromCharCode(frame.type)]?.(frame.body) ?? null);
    }
  }
}

function piecesOf(stream: Buffer, bytes: number): Buffer[] {
  return Array.from({ length: Math.ceil(stream.length / bytes) }, (_each, index) =>
    stream.subarray(index * bytes, (index + 1) * bytes),
  );
}

/** Decodes bytes of unknown worth: anything but understanding them or a ProtocolError is a defect. */
export function attempt(side: Side, stream: Buffer, piece: number): 'understood' | 'refused' {
  try {
    decodeAll(side, piecesOf(stream, piece), () => {});
    return 'understood';
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused';
    throw error;
  }
}

const letters = { dataRow: 0x44, rowDescription: 0x54, errorResponse: 0x45, noticeResponse: 0x4e };

const masked: ValueRewriter = Object.assign((value: Uint8Array | null) => value && Buffer.from('[MASKED]'), {
  standIn: () => ({ push: () => {}, end: () => new Uint8Array() }),
});

/** More than any row of the transcripts has once it is cut down. */
const abridgedBytesMax = 10_000;

/** The rows of a server's stream, most columns of them masked; messages of more bytes are cut down. @throws ProtocolError */
function maskedRows(pieces: Iterable<Buffer>, bytesMax: number): Buffer[] {
  let plan: RowPlan = [];
  const rows: Buffer[] = [];
  const limits = limitsFor('server');
  const isShort = new Set<number>([letters.dataRow, letters.errorResponse, letters.noticeResponse]);
  const limit = (type: number): number => (isShort.has(type) ? bytesMax : limits.limit(type));
  const reader = new FrameReader({ limit }, (type) => {
    if (type === letters.dataRow) return new RowAbridgement(new AbridgedMessage('D', abridgedBytesMax), plan);
    if (type === letters.errorResponse) return new NoticeAbridgement('E', abridgedBytesMax);
    return type === letters.noticeResponse ? new NoticeAbridgement('N', abridgedBytesMax) : null;
  });
  for (const piece of pieces) {
    reader.push(piece);
    reader.each((buffer, type, start, end) => {
      const body = buffer.subarray(start + 5, end);
      if (type === letters.rowDescription)
        plan = decodeRowDescription(body).map((_, at) => (at % 4 === 3 ? null : masked));
      else if (type === letters.dataRow) rows.push(rewriteDataRow(body, plan));
      else if (type === letters.errorResponse || type === letters.noticeResponse) decodeNoticeFields(body);
      return true;
    });
  }
  return rows;
}

/** What is understood of mutated rows that are longer than a limit is what they say; anything else is a defect. */
export function fuzzLong(seed: number): 'understood' | 'refused' {
  const random = randomFrom(seed);
  const transcript = transcripts[Math.floor(random() * transcripts.length)];
  assert.ok(transcript);
  const stream = random() < 0.2 ? transcript.server : mutated(transcript.server, random);
  const piece = 1 + Math.floor(random() * random() * 4000);
  const bytesMax = 16 + Math.floor(random() * random() * 500);
  let rows: Buffer[];
  try {
    rows = maskedRows(piecesOf(stream, piece), bytesMax);
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused';
    throw error;
  }
  assert.deepEqual(rows, maskedRows([stream], Number.POSITIVE_INFINITY));
  return 'understood';
}

/** Mulberry32: small, seeded, good enough to vary inputs. */
export function randomFrom(state: number): () => number {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A copy with some bytes changed to what hurts, cut, or repeated. */
export function mutated(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const at = (): number => Math.floor(random() * copy.length);
  for (let times = 1 + Math.floor(random() * 4); times > 0 && copy.length > 0; times--) {
    const kind = random();
    if (kind < 0.4) copy[at()] = Math.floor(random() * 256);
    else if (kind < 0.6) copy[at()] = [0, 1, 0x7f, 0x80, 0xff][Math.floor(random() * 5)] ?? 0;
    else if (kind < 0.8) copy[at()] = (copy[at()] ?? 0) ^ (1 << Math.floor(random() * 8));
    else if (copy.length >= 4)
      copy.writeInt32BE([-1, 0, 4, 0x7fffffff][Math.floor(random() * 4)] ?? 0, Math.min(at(), copy.length - 4));
  }
  const cut = random();
  if (cut < 0.1) return copy.subarray(0, at());
  return cut < 0.2 ? Buffer.concat([copy.subarray(at()), copy]) : copy;
}

/** One mutated stream of one of the transcripts, taken in pieces of some size. */
export function fuzzOnce(seed: number): 'understood' | 'refused' {
  const random = randomFrom(seed);
  const transcript = transcripts[Math.floor(random() * transcripts.length)];
  assert.ok(transcript);
  const side = random() < 0.5 ? 'client' : 'server';
  const piece = 1 + Math.floor(random() * random() * 4000);
  const stream = mutated(side === 'client' ? afterStartup(transcript.client) : transcript.server, random);
  return attempt(side, stream, piece);
}
