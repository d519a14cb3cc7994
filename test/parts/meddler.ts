// The road between a gate and its real PostgreSQL, on which what the server says can be changed, cut or added to: how
// tests meet a server that lies, breaks off, or has gone mad. Without a lie it passes every byte as it is.

import type { Socket } from 'node:net';
import { decodeParse } from '../../src/wire/postgres/extended.ts';
import { type Frame, FrameReader } from '../../src/wire/postgres/frame.ts';
import { decodeQuery } from '../../src/wire/postgres/query.ts';
import { takeStartupPacket } from '../../src/wire/postgres/startup.ts';
import { openRoad, type Road } from './road.ts';

/** What is sent instead of a message; `cut` sends that and ends both connections; null leaves it as it is. */
export type Lie = (letter: string, frame: Frame) => Uint8Array | { readonly cut: Uint8Array } | null;

export interface Meddler extends Road {
  /** Applies to connections whose latest statement ends in the marker; `at sign-in` to those that have had none. */
  lie(marker: string, lie: Lie): void;
}

const limits = { limit: () => 1 << 30 };
const ended = Buffer.alloc(0);

/** Listens on `port` and passes on to `to`, both on loopback. */
export async function meddler(port: number, to: number): Promise<Meddler> {
  const lies = new Map<string, Lie>();
  const road = await openRoad(port, to, (client, upstream) =>
    relay(client, upstream, (statement) => [...lies].find(([marker]) => statement.endsWith(marker))?.[1]),
  );
  return Object.assign(road, { lie: (marker: string, lie: Lie) => void lies.set(marker, lie) });
}

function relay(client: Socket, upstream: Socket, lieFor: (statement: string) => Lie | undefined): void {
  const asked = new FrameReader(limits);
  const answered = new FrameReader(limits);
  let startup: Buffer | null = Buffer.alloc(0);
  let lie = lieFor('at sign-in');
  client.on('drain', () => upstream.resume());
  upstream.on('drain', () => client.resume());
  client.on('data', (chunk: Buffer) => {
    if (!upstream.write(chunk)) client.pause();
    let rest = chunk;
    if (startup) {
      const taken = takeStartupPacket(Buffer.concat([startup, chunk]));
      startup = taken ? null : Buffer.concat([startup, chunk]);
      rest = taken?.rest ?? ended;
    }
    if (rest.length > 0) asked.push(rest);
    for (let frame = asked.next(); frame; frame = asked.next()) {
      const letter = String.fromCharCode(frame.type);
      if (letter === 'Q') lie = lieFor(decodeQuery(frame.body));
      if (letter === 'P') lie = lieFor(decodeParse(frame.body).text);
    }
  });
  upstream.on('data', (chunk: Buffer) => {
    answered.push(chunk);
    for (let frame = answered.next(); frame; frame = answered.next()) {
      const instead = lie?.(String.fromCharCode(frame.type), frame) ?? frame.whole;
      if (!(instead instanceof Uint8Array)) {
        client.end(instead.cut);
        upstream.destroy();
        return;
      }
      if (!client.write(instead)) upstream.pause();
    }
  });
}
