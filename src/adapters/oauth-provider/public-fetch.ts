// Talks to whom a stranger named: metadata and keys of clients, authorization servers of MCP servers. INVARIANT: it connects to public addresses only, checked on
// the very address it connects to, so that a name that changes its mind gains nothing (SSRF). It follows no redirect.

import { lookup } from 'node:dns';
import { request } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';

/** Special-purpose addresses (IANA registries, RFC 6890), besides all of IPv6 that is not global unicast. */
const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const) {
  special.addSubnet(network, prefix, 'ipv6');
}
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** `address` is an IP address as text. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  return family === 6 && globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/** @param privateHosts names that may be anywhere: the operator's own */
export function publicFetch(privateHosts: readonly string[]): typeof fetch {
  return async (input, options = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const trusted = privateHosts.includes(url.hostname);
    if (url.protocol !== 'https:') throw new TypeError('only https is fetched');
    if (isIP(host) !== 0 && !trusted && !isPublicAddress(host)) throw new TypeError('the address is not public');
    return exchange(url, options, trusted ? undefined : lookupPublic);
  };
}

const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    // One address that is not public spoils them all: such a name is not for strangers.
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address)))
      return callback(new Error('the name leads to an address that is not public'), []);
    const [first] = addresses;
    if (options.all) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family);
  });
};

function exchange(
  url: URL,
  { method, headers, body, signal }: RequestInit,
  lookup: LookupFunction | undefined,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: method ?? 'GET',
        headers: Object.fromEntries(new Headers(headers)),
        agent: false,
        ...(signal ? { signal } : {}),
        ...(lookup ? { lookup } : {}),
      },
      (incoming) => {
        const status = incoming.statusCode ?? 0;
        const bodyless = status < 200 || status === 204 || status === 205 || status === 304;
        if (bodyless) incoming.resume();
        const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values]) =>
          (values ?? []).map((value): [string, string] => [name, value]),
        );
        const body = bodyless ? null : (Readable.toWeb(incoming) as ReadableStream);
        resolve(new Response(body, { status: status < 200 ? 502 : status, headers }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'string' || body instanceof URLSearchParams ? body.toString() : undefined);
  });
}
