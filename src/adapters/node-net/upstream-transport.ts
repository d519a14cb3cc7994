// The way to an upstream before anybody signs in: the socket, and TLS over it as the target asks.

import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { isLoopbackPeer } from '../../core/loopback.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { UpstreamTarget } from '../../ports/postgres-upstream.ts';
import { encodeSslRequest } from '../../wire/postgres/startup.ts';
import { tlsServerEndPoint } from './end-point.ts';
import { SocketFlow } from './socket-flow.ts';

export interface Transport {
  readonly flow: SocketFlow;
  readonly encrypted: boolean;
  /** The server's certificate for channel binding; null without TLS. */
  readonly endPoint: Uint8Array | null;
  /** Nobody on the network can listen in: this machine's own loopback or a Unix-domain socket. */
  readonly local: boolean;
}

/** `opened` is told of the flow at once, so that a deadline can end it at any step. */
export async function openTransport(
  target: UpstreamTarget,
  opened: (flow: SocketFlow) => void,
): Promise<Result<Transport>> {
  const unix = target.host.startsWith('/');
  const flow = SocketFlow.connecting((options) =>
    unix
      ? connectPlain({ ...options, path: `${target.host}/.s.PGSQL.${target.port}` })
      : connectPlain({ ...options, host: target.host, port: target.port, noDelay: true, keepAlive: true }),
  );
  opened(flow);
  const { socket } = flow;
  let code = '';
  socket.once('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? '';
  });
  const connected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    flow.onClose(() => resolve(false));
  });
  if (!connected)
    return refuse('upstream_unavailable', `The upstream cannot be reached${code === '' ? '' : ` (${code})`}.`);
  const local = unix || isLoopbackPeer(socket.remoteAddress ?? '');
  if (unix || target.tls === 'disable') return ok({ flow, encrypted: false, endPoint: null, local });
  const secured = await secure(flow, target);
  if (!secured.ok) {
    flow.destroy();
    return secured;
  }
  return ok({ flow, encrypted: true, endPoint: secured.value, local });
}

async function secure(flow: SocketFlow, target: UpstreamTarget): Promise<Result<Uint8Array | null>> {
  const answer = await new Promise<Buffer | null>((resolve) => {
    flow.onClose(() => resolve(null));
    flow.onData((chunk) => {
      flow.pause();
      resolve(chunk);
    });
    flow.write(encodeSslRequest());
  });
  if (answer === null) return refuse('upstream_unavailable', 'The upstream closed the connection before TLS.');
  // INVARIANT: exactly one byte. More would have been sent in clear, by whoever sits in between (CVE-2021-23222).
  if (answer.length !== 1) return refuse('upstream_protocol', 'The upstream sent bytes before TLS was established.');
  if (answer[0] === 0x4e)
    return refuse('upstream_refused', 'The upstream does not offer TLS, which this connection requires.');
  if (answer[0] !== 0x53) return refuse('upstream_protocol', 'The upstream did not answer the request for TLS.');
  return handshake(flow, target);
}

function handshake(flow: SocketFlow, target: UpstreamTarget): Promise<Result<Uint8Array | null>> {
  return new Promise((resolve) => {
    const socket = flow.upgrade((plain) =>
      connectSecure({
        socket: plain,
        host: target.host,
        // SNI carries names only (RFC 6066 §3); the certificate is checked against `host` either way.
        ...(isIP(target.host) ? {} : { servername: target.host }),
        ...(target.ca === null ? {} : { ca: target.ca }),
        rejectUnauthorized: target.tls === 'verify-full',
        minVersion: 'TLSv1.2',
        ALPNProtocols: ['postgresql'],
      }),
    );
    let code = '';
    socket.once('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? '';
    });
    flow.onClose(() => {
      const why = code === '' ? 'the upstream closed the connection' : code;
      resolve(refuse('upstream_refused', `The TLS handshake with the upstream failed: ${why}.`));
    });
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      flow.pause();
      resolve(ok(tlsServerEndPoint(raw)));
    });
  });
}
