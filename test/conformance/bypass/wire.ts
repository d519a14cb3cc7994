// One connection to the gate's PostgreSQL door, spoken in raw frames. It keeps every backend message for the search.

import { encodePasswordMessage } from '../../../src/wire/postgres/authentication.ts';
import { decodeNoticeFields } from '../../../src/wire/postgres/error-fields.ts';
import {
  encodeBind,
  encodeDescribe,
  encodeExecute,
  encodeParse,
  encodeSync,
} from '../../../src/wire/postgres/extended.ts';
import type { Frame } from '../../../src/wire/postgres/frame.ts';
import { encodeQuery } from '../../../src/wire/postgres/query.ts';
import { encodeStartupMessage } from '../../../src/wire/postgres/startup.ts';
import { type Peer, scriptedClient } from '../../parts/scripted-postgres.ts';

const answerMs = 30_000;
/** A busy machine is slow to start a backend; nothing is attacked by waiting. */
const signInMs = 30_000;

export class Wire {
  /** Every message since sign-in began. */
  readonly frames: Frame[] = [];
  /** How often the gate said nothing for as long as a whole answer may take. */
  silences = 0;
  readonly #peer: Peer;
  #next: Promise<Frame | null> | null = null;

  private constructor(peer: Peer) {
    this.#peer = peer;
  }

  static async signIn(
    port: number,
    user: string,
    token: string,
    parameters: readonly (readonly [string, string])[] = [],
    database = 'ehr',
  ): Promise<Wire> {
    const wire = new Wire(await scriptedClient(port));
    wire.send(encodeStartupMessage([['user', user], ['database', database], ...parameters]));
    await wire.until('R', signInMs);
    wire.send(encodePasswordMessage(token));
    const answer = await wire.until('Z', signInMs);
    // Who never came in finds nothing, and that would prove nothing.
    if (answer.at(-1)?.type !== 'Z'.charCodeAt(0)) throw new Error(`no session: ${errorIn(answer) ?? 'no answer'}`);
    return wire;
  }

  send(...messages: readonly Uint8Array[]): void {
    this.#peer.send(...messages);
  }

  /** Messages up to the first of these types (letters); fewer when the gate ends the connection or says nothing for a while. */
  async until(last: string, waitMs: number = answerMs): Promise<Frame[]> {
    const got: Frame[] = [];
    for (;;) {
      const silence = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => silence.resolve(undefined), waitMs);
      // What nobody waited for any more is still the next message.
      this.#next ??= this.#peer.receive().catch(() => null);
      const frame = await Promise.race([this.#next, silence.promise]);
      clearTimeout(timer);
      if (frame === undefined) {
        if (waitMs === answerMs) this.silences++;
        return got;
      }
      this.#next = null;
      if (frame === null) return got;
      got.push(frame);
      this.frames.push(frame);
      if (last.includes(String.fromCharCode(frame.type))) return got;
    }
  }

  query(sql: string): Promise<Frame[]> {
    this.send(encodeQuery(sql));
    return this.until('Z');
  }

  /** Parse, Describe, Bind, Execute, Sync; all results in binary. */
  extended(sql: string): Promise<Frame[]> {
    this.send(
      parse(sql),
      encodeDescribe({ kind: 'statement', name: '' }),
      encodeBind({ portal: '', statement: '', parameterFormats: [], parameters: [], resultFormats: [1] }),
      execute(),
      encodeSync(),
    );
    return this.until('Z');
  }

  close(): void {
    this.#peer.close();
  }
}

export function parse(text: string, name = '', parameterTypes: readonly number[] = []): Buffer {
  return encodeParse({ name, text, parameterTypes });
}

export function bind(
  statement = '',
  portal = '',
  more: { readonly parameters?: readonly (string | null)[]; readonly formats?: readonly (0 | 1)[] } = {},
): Buffer {
  const parameters = (more.parameters ?? []).map((each) => (each === null ? null : Buffer.from(each)));
  return encodeBind({ portal, statement, parameterFormats: [], parameters, resultFormats: more.formats ?? [] });
}

export function execute(portal = '', rowsMax = 0): Buffer {
  return encodeExecute({ portal, rowsMax });
}

/** The SQLSTATE of the last error among these messages. */
export function errorIn(frames: readonly Frame[]): string | null {
  const error = frames.findLast((each) => each.type === 'E'.charCodeAt(0));
  return error ? (decodeNoticeFields(error.body).get('C') ?? '') : null;
}
