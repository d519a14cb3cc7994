// Whether a place takes connections: TCP, and TLS with its certificate verified. Nothing is sent to it.

import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectSecure } from 'node:tls';

export interface Place {
  readonly host: string;
  readonly port: number;
  /** From the first byte; `ca` is PEM, null = the authorities this machine knows. */
  readonly tls: { readonly ca: string | null } | null;
}

/** `why` is the system's or OpenSSL's code for it, such as ECONNREFUSED. */
export type Reached =
  | { readonly kind: 'open' }
  | { readonly kind: 'away'; readonly why: string }
  | { readonly kind: 'untrusted'; readonly why: string };

const answerMs = 5_000;

/** Never rejects. */
export function reach({ host, port, tls }: Place): Promise<Reached> {
  return new Promise((resolve) => {
    let connected = false;
    const address = { host: host.replace(/^\[|\]$/g, ''), port };
    const socket = tls
      ? connectSecure({
          ...address,
          ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
          ...(tls.ca === null ? {} : { ca: tls.ca }),
        })
      : connectPlain(address);
    const settle = (reached: Reached): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(answerMs, () => settle({ kind: 'away', why: 'no answer in 5 s' }));
    socket.once('connect', () => {
      connected = true;
    });
    socket.once(tls ? 'secureConnect' : 'connect', () => settle({ kind: 'open' }));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle({ kind: connected ? 'untrusted' : 'away', why: error.code ?? error.message });
    });
    socket.once('close', () => settle({ kind: 'away', why: 'it closed the connection' }));
  });
}
