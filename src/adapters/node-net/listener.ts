// The TCP door: accepts connections and hands each over as a ByteStream, after TLS where the client begins with it
// (direct negotiation, PostgreSQL 17: ALPN `postgresql` is then required, against cross-protocol attacks).

import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { limits } from '../../core/limits.ts';
import { isLoopbackPeer } from '../../core/loopback.ts';
import { assert, ok, type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ByteStream } from '../../ports/postgres-upstream.ts';
import { tlsServerEndPoint } from './end-point.ts';
import { SocketFlow } from './socket-flow.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** PEM texts; null = no TLS on this door. */
  readonly tls: Pem | null;
  readonly clock: Clock;
  /** Called once for each connection that has begun to speak. */
  readonly onStream: (stream: ByteStream) => void;
}

interface Pem {
  readonly cert: string;
  readonly key: string;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** For connections from now on; the others keep the one they were made with. @throws where the two do not belong together */
  useCertificate(pem: Pem): void;
  /** Stops accepting. Resolves once every connection is gone; `destroyAll` makes that now. */
  close(): Promise<void>;
  destroyAll(): void;
}

interface Certificate {
  readonly context: SecureContext;
  readonly endPoint: Buffer | null;
}

/** Fails with `port_unavailable` or `config_invalid` (the certificate or key cannot be used). */
export function listen(options: ListenOptions): Promise<Result<Listener>> {
  let certificate: Certificate | null = null;
  try {
    certificate = options.tls && certificateOf(options.tls);
  } catch {
    return Promise.resolve(refuse('config_invalid', 'The TLS certificate and key cannot be used together.'));
  }
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    greet(new SocketStream(socket, certificate, options.clock), certificate, options);
  });
  server.maxConnections = limits.sessionsMax;
  return new Promise((resolve) => {
    server.once('error', ({ code = 'unknown error' }: NodeJS.ErrnoException) => {
      resolve(refuse('port_unavailable', `Cannot listen on ${options.host}:${options.port} for PostgreSQL (${code}).`));
    });
    const useCertificate = (pem: Pem): void => {
      certificate = certificateOf(pem);
    };
    server.listen(options.port, options.host, () => resolve(ok({ ...listenerOf(server, sockets), useCertificate })));
  });
}

function certificateOf(pem: Pem): Certificate {
  return {
    context: createSecureContext({ ...pem, minVersion: 'TLSv1.2' }),
    endPoint: tlsServerEndPoint(pem.cert),
  };
}

function listenerOf(server: Server, sockets: ReadonlySet<Socket>): Omit<Listener, 'useCertificate'> {
  const bound = server.address();
  assert(bound !== null && typeof bound === 'object', 'a TCP server that listens has an address');
  const { address, port } = bound;
  return {
    host: address,
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
    destroyAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const tlsHandshake = 0x16;

/** Waits for the first byte, which tells TLS from PostgreSQL. */
function greet(stream: SocketStream, certificate: Certificate | null, options: ListenOptions): void {
  const giveUp = options.clock.after(limits.authenticationMs, () => stream.destroy());
  stream.onClose(giveUp);
  stream.onEnd(() => stream.destroy());
  stream.onData((first) => {
    giveUp();
    stream.unread(first);
    if (first[0] !== tlsHandshake) return options.onStream(stream);
    if (!certificate) return stream.destroy();
    void secureFirst(stream, options);
  });
}

async function secureFirst(stream: SocketStream, options: ListenOptions): Promise<void> {
  const secured = await stream.startTls('postgresql');
  if (secured.ok) options.onStream(stream);
}

class SocketStream extends SocketFlow implements ByteStream {
  readonly remote: string;
  readonly loopback: boolean;
  readonly #certificate: Certificate | null;
  readonly #clock: Clock;
  #encrypted = false;

  constructor(socket: Socket, certificate: Certificate | null, clock: Clock) {
    super(socket);
    this.remote = socket.remoteAddress ?? '';
    this.loopback = isLoopbackPeer(this.remote);
    this.#certificate = certificate;
    this.#clock = clock;
  }

  get encrypted(): boolean {
    return this.#encrypted;
  }

  get tlsOffered(): boolean {
    return this.#certificate !== null && !this.#encrypted;
  }

  get endPoint(): Uint8Array | null {
    return this.#encrypted ? (this.#certificate?.endPoint ?? null) : null;
  }

  /** With `alpn` the client has to have asked for exactly that protocol. */
  startTls(alpn: string | null = null): Promise<Result<void>> {
    const { context } = this.#certificate ?? {};
    if (!context || this.#encrypted)
      return Promise.resolve(refuse('unsupported', 'This connection does not turn into TLS.'));
    return new Promise((resolve) => {
      const fail = (): void => {
        giveUp();
        this.destroy();
        resolve(refuse('malformed', 'The TLS handshake failed.'));
      };
      const giveUp = this.#clock.after(limits.authenticationMs, () => fail());
      const socket = this.upgrade(
        (plain) => new TLSSocket(plain, { isServer: true, secureContext: context, ALPNProtocols: ['postgresql'] }),
      );
      socket.once('_tlsError', fail);
      socket.once('close', fail);
      socket.once('secure', () => {
        giveUp();
        if (alpn !== null && socket.alpnProtocol !== alpn) return fail();
        this.#encrypted = true;
        resolve(ok(undefined));
      });
    });
  }
}
