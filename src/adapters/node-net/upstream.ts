// Connects to a PostgreSQL server and signs in: TCP or Unix-domain socket, TLS, trust, cleartext, MD5, SCRAM-SHA-256
// and -PLUS. No error text ever holds the password, or any other text of the server's than a SQLSTATE.

import { limits } from '../../core/limits.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectUpstream, UpstreamConnection, UpstreamTarget } from '../../ports/postgres-upstream.ts';
import { ProtocolError } from '../../wire/postgres/protocol-error.ts';
import { encodeTerminate } from '../../wire/postgres/query.ts';
import { rememberedSalting } from '../../wire/postgres/scram.ts';
import { encodeCancelRequest } from '../../wire/postgres/startup.ts';
import type { SocketFlow } from './socket-flow.ts';
import { type LoginDeps, LoginFailure, type SignedIn, signIn } from './upstream-login.ts';
import { openTransport, type Transport } from './upstream-transport.ts';

export interface ConnectDeps extends LoginDeps {
  readonly clock: Clock;
  /** Nobody wants the connection any more: what is not signed in by then is given up. */
  readonly over?: AbortSignal | undefined;
}

export function upstreamConnector(deps: ConnectDeps): ConnectUpstream {
  const remembering = { ...deps, saltPassword: rememberedSalting() };
  return (target, startup) => connectUpstream(target, startup, remembering);
}

/** See `ConnectUpstream` for how it fails. The whole of it takes `limits.upstreamConnectMs` at most. */
export async function connectUpstream(
  target: UpstreamTarget,
  startup: Readonly<Record<string, string>>,
  deps: ConnectDeps,
): Promise<Result<UpstreamConnection>> {
  const deadline = new Deadline(deps.clock, deps.over);
  try {
    const transport = await openTransport(target, (flow) => deadline.watch(flow));
    if (!transport.ok) return transport;
    const signedIn = await signIn(transport.value, target, startup, deps);
    return ok(connectionOf(transport.value, signedIn, target, deps));
  } catch (error) {
    deadline.destroy();
    if (error instanceof LoginFailure && !deadline.passed) return refuse(error.code, error.message);
    if (error instanceof ProtocolError) return refuse('upstream_protocol', error.message);
    if (error instanceof LoginFailure) return refuse('upstream_unavailable', 'The upstream did not answer in time.');
    throw error;
  } finally {
    deadline.clear();
  }
}

/** Asks the server to cancel what the connection with this key is running. The server says nothing either way. */
async function cancelUpstream(
  target: UpstreamTarget,
  key: { readonly processId: number; readonly secretKey: Uint8Array },
  deps: Pick<ConnectDeps, 'clock'>,
): Promise<Result<void>> {
  const deadline = new Deadline(deps.clock);
  try {
    const transport = await openTransport(target, (flow) => deadline.watch(flow));
    if (!transport.ok) return transport;
    const { flow } = transport.value;
    const closed = new Promise<void>((resolve) => flow.onClose(resolve));
    flow.onData(() => {});
    flow.write(encodeCancelRequest(key.processId, key.secretKey));
    // The server closes once it has dealt with the request; hanging up earlier could lose it.
    flow.onEnd(() => flow.end());
    await closed;
    return ok(undefined);
  } finally {
    deadline.clear();
  }
}

/** Destroys what it watches when the time is up, or nobody wants it any more. */
class Deadline {
  readonly #cancel: () => void;
  readonly #over: AbortSignal | undefined;
  readonly #giveUp = (): void => this.destroy();
  #flow: SocketFlow | null = null;
  passed = false;

  constructor(clock: Clock, over?: AbortSignal) {
    this.#cancel = clock.after(limits.upstreamConnectMs, () => {
      this.passed = true;
      this.destroy();
    });
    this.#over = over;
    over?.addEventListener('abort', this.#giveUp);
  }

  watch(flow: SocketFlow): void {
    this.#flow = flow;
    if (this.#over?.aborted) this.destroy();
  }

  clear(): void {
    this.#cancel();
    this.#over?.removeEventListener('abort', this.#giveUp);
  }

  destroy(): void {
    this.#flow?.destroy();
  }
}

function connectionOf(
  { flow, encrypted }: Transport,
  { parameters, processId, secretKey }: SignedIn,
  target: UpstreamTarget,
  deps: ConnectDeps,
): UpstreamConnection {
  return {
    parameters,
    processId,
    secretKey,
    encrypted,
    write: (bytes) => flow.write(bytes),
    onData: (listener) => flow.onData(listener),
    onDrain: (listener) => flow.onDrain(listener),
    onEnd: (listener) => flow.onEnd(listener),
    onClose: (listener) => flow.onClose(listener),
    pause: () => flow.pause(),
    resume: () => flow.resume(),
    end: (bytes) => flow.end(bytes),
    destroy: () => flow.destroy(),
    terminate: () => flow.end(encodeTerminate()),
    cancel: () => cancelUpstream(target, { processId, secretKey }, deps),
  };
}
