// The two connections of a PostgreSQL session as the gateway sees them: bytes in, bytes out, and their ends.

import type { Result } from '../core/result.ts';

/**
 * A connection. Each `on…` takes one listener; a later one takes the place of the earlier. Nothing is read before there is
 * an `onData` listener, and nothing that came is lost when it changes.
 */
export interface ByteFlow {
  /** Returns false when the peer is slow: wait for `onDrain` before more is produced. After the end it does nothing. */
  write(bytes: Uint8Array): boolean;
  /** Begins reading, also after a `pause`. The chunk becomes the listener's. */
  onData(listener: (chunk: Buffer) => void): void;
  onDrain(listener: () => void): void;
  /** The peer will send no more (half-close). */
  onEnd(listener: () => void): void;
  /** The connection is gone, for whatever reason; called at once when it already is. */
  onClose(listener: () => void): void;
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(bytes?: Uint8Array): void;
  destroy(): void;
}

/** The client's side. */
export interface ByteStream extends ByteFlow {
  /** Address of the peer, without the port. */
  readonly remote: string;
  readonly loopback: boolean;
  readonly encrypted: boolean;
  /** Whether `startTls` can be called: there is a certificate and the connection is not encrypted yet. */
  readonly tlsOffered: boolean;
  /** tls-server-end-point of our certificate (RFC 5929 §4); null without TLS, or for a certificate it is not defined for. */
  readonly endPoint: Uint8Array | null;
  /**
   * Becomes TLS, as the server: call it in the same turn in which `S` was written. Listeners stay.
   * Fails with `malformed` when the handshake does, and the stream is closed.
   */
  startTls(): Promise<Result<void>>;
}

/** Where an upstream is, with its secret resolved. */
export interface UpstreamTarget {
  /** A name or address; a directory (starts with `/`) for a Unix-domain socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string | null;
  readonly tls: 'disable' | 'require' | 'verify-full';
  /** PEM text of the CA certificates to believe; null = the system's. */
  readonly ca: string | null;
}

/** A connection that has signed in and is ready for its first query. */
export interface UpstreamConnection extends ByteFlow {
  /** What the server reported during sign-in (ParameterStatus). */
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  /** What a CancelRequest for this connection needs; never shown to a client. */
  readonly secretKey: Uint8Array;
  readonly encrypted: boolean;
  /** Says Terminate, then closes. */
  terminate(): void;
  /** Asks the server to cancel what runs on this connection, over a connection of its own. Resolves when it was asked. */
  cancel(): Promise<Result<void>>;
}

/**
 * `startup` are further StartupMessage parameters (`client_encoding`, `application_name`, …).
 * Fails with `upstream_unavailable`, `upstream_refused` or `upstream_protocol`; no text holds the password.
 */
export type ConnectUpstream = (
  target: UpstreamTarget,
  startup: Readonly<Record<string, string>>,
) => Promise<Result<UpstreamConnection>>;
