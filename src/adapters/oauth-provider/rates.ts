// How often strangers may ask for what is kept or guessed, by their address: registrations, device codes, user codes.

import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../ports/clock.ts';

interface Rate {
  readonly methods: readonly string[];
  readonly perMinute: number;
}

/**
 * From one address (RFC 8628 §5.1: a user code must not be found by trying). A sign-in that is begun is kept until it is
 * finished or over; many people may begin theirs behind one address.
 */
const rates: ReadonlyMap<string, Rate> = new Map([
  ['/oauth/register', { methods: ['POST'], perMinute: 60 }],
  ['/oauth/device', { methods: ['POST'], perMinute: 120 }],
  ['/device', { methods: ['POST'], perMinute: 60 }],
  ['/oauth/authorize', { methods: ['GET', 'HEAD', 'POST'], perMinute: 600 }],
]);
const addressesMax = 10_000;

/** True for a request that is one too many. */
export function createRates(clock: Clock): (request: IncomingMessage) => boolean {
  let minute = 0;
  let counts = new Map<string, number>();
  return ({ method = '', url = '', socket }) => {
    // As the router reads a path: whatever its case, with a slash at the end or without.
    const path = (/^[^?#]*/.exec(url)?.[0] ?? '').toLowerCase().replace(/(?<=.)\/+$/, '');
    const rate = rates.get(path);
    if (!rate?.methods.includes(method)) return false;
    const now = Math.floor(clock.now() / 60_000);
    if (now !== minute) counts = new Map();
    minute = now;
    const known = `${path} ${socket.remoteAddress ?? ''}`;
    // So many addresses at once are one stranger.
    const key = counts.has(known) || counts.size < addressesMax ? known : path;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count > rate.perMinute;
  };
}
