// Records over syslog: RFC 5424 messages with octet counting (RFC 6587 §3.4.1) over TLS (RFC 5425). The protocol has no
// acknowledgement: a batch counts as taken once this machine's TLS has sent it and the connection still stands.

import { connect, type TLSSocket } from 'node:tls';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Exported, ExportTarget } from '../../ports/export.ts';

export interface SyslogReceiver {
  readonly host: string;
  readonly port: number;
  /** PEM; null = the system's. */
  readonly ca: string | null;
}

/** Facility 13, log audit; severities 4 warning and 6 informational. */
const facility = 13 * 8;
const connectMs = 10_000;
const sendMs = 30_000;
/** What came back in this time would have been a reset. */
const settleMs = 50;

/** `hostname`: printable ASCII without spaces, as the messages name their sender. */
export function syslogTarget(receiver: SyslogReceiver, hostname: string): ExportTarget {
  return new Syslog(receiver, hostname);
}

class Syslog implements ExportTarget {
  readonly #receiver: SyslogReceiver;
  readonly #hostname: string;
  #socket: TLSSocket | null = null;

  constructor(receiver: SyslogReceiver, hostname: string) {
    this.#receiver = receiver;
    this.#hostname = hostname;
  }

  async send(batch: readonly Exported[]): Promise<Result<void>> {
    try {
      const socket = this.#socket ?? (await this.#connect());
      this.#socket = socket;
      await written(socket, Buffer.concat(batch.map((each) => framed(messageOf(each, this.#hostname)))));
      return ok(undefined);
    } catch (error) {
      this.#socket?.destroy();
      this.#socket = null;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection';
      return refuse('upstream_unavailable', `the syslog receiver does not take it (${code}).`);
    }
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.end(resolve);
      socket.once('close', () => resolve());
    });
  }

  #connect(): Promise<TLSSocket> {
    const { host, port, ca } = this.#receiver;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, ...(ca === null ? {} : { ca }), timeout: connectMs });
      const fail = (error: Error): void => {
        socket.destroy();
        reject(error);
      };
      socket.once('timeout', () => fail(new Error('no connection in time')));
      socket.once('error', fail);
      socket.once('secureConnect', () => {
        socket.setTimeout(0);
        socket.off('error', fail);
        socket.on('error', () => socket.destroy());
        // Whatever a receiver says is of no interest, but its end has to be seen.
        socket.resume();
        resolve(socket);
      });
    });
  }
}

function written(socket: TLSSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => fail(), sendMs);
    const fail = (): void => {
      clearTimeout(late);
      socket.off('close', fail);
      reject(new Error('the connection ended'));
    };
    if (socket.destroyed || !socket.writable) return fail();
    socket.once('close', fail);
    socket.write(bytes, (error) => {
      if (error) return fail();
      setTimeout(() => {
        if (socket.destroyed) return;
        clearTimeout(late);
        socket.off('close', fail);
        resolve();
      }, settleMs);
    });
  });
}

function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** RFC 5424 §6: the event is the message, without a byte order mark, so that what reads JSON reads it. */
function messageOf({ time, type, refused, event }: Exported, hostname: string): Buffer {
  const priority = facility + (refused ? 4 : 6);
  return Buffer.from(`<${priority}>1 ${time} ${hostname} chartgate - ${type} - ${JSON.stringify(event)}`);
}
