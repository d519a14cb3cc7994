// Records over syslog: RFC 5424 messages with octet counting (RFC 6587 §3.4.1) over TLS (RFC 5425). The protocol has no
// acknowledgement: a batch counts as taken once this machine's TLS has sent it and the connection still stands; what had been sent
// shortly before a connection broke is sent again on the next one, and by the next gate where this one does not live to do it.

import { connect, type TLSSocket } from 'node:tls';
import type { JsonObject } from '../../core/json.ts';
import type { Weight } from '../../core/record.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Exported, ExportTarget } from '../../ports/export.ts';

export interface SyslogReceiver {
  readonly host: string;
  readonly port: number;
  /** PEM; null = the system's. */
  readonly ca: string | null;
}

/** Log audit (RFC 5424 §6.2.1). */
const facility = 13 * 8;
/** The same section: warning, normal but significant, informational. */
const severities: Readonly<Record<Weight, number>> = { warning: 4, notice: 5, info: 6 };
const connectMs = 10_000;
const sendMs = 30_000;
/** A receiver that does not end the connection with us keeps nobody waiting for longer. */
const closeMs = 2_000;
/** What came back in this time would have been a reset. */
const settleMs = 50;
/** What was sent longer ago has left the buffers of both sides; what is more than so many is not kept for this. */
const recentMs = 60_000;
const recentMax = 2_000;

/** `hostname`: printable ASCII without spaces, as the messages name their sender. */
export function syslogTarget(receiver: SyslogReceiver, hostname: string): ExportTarget {
  return new Syslog(receiver, hostname);
}

interface SentBatch {
  /** Ms since the epoch. */
  readonly at: number;
  /** The number of its first entry. */
  readonly first: number;
  readonly messages: readonly Buffer[];
}

class Syslog implements ExportTarget {
  readonly #receiver: SyslogReceiver;
  readonly #hostname: string;
  #socket: TLSSocket | null = null;
  /** On its way to become that. */
  #opening: TLSSocket | null = null;
  #closed = false;
  /** Sent on this connection, or on the one that broke, in order. */
  #recent: readonly SentBatch[] = [];

  constructor(receiver: SyslogReceiver, hostname: string) {
    this.#receiver = receiver;
    this.#hostname = hostname;
  }

  async send(batch: readonly Exported[], now: number): Promise<Result<void>> {
    const messages = batch.map((each) => framed(messageOf(each, this.#hostname)));
    try {
      if (this.#closed) throw new Error('it is closed');
      const again = this.#socket ? [] : this.#recent;
      this.#socket ??= await this.#connect();
      await written(this.#socket, Buffer.concat([...again.flatMap((each) => each.messages), ...messages]));
      if (again.length > 0) this.#recent = again.map((each) => ({ ...each, at: now }));
      this.#keep({ at: now, first: batch[0]?.seq ?? 0, messages });
      return ok(undefined);
    } catch (error) {
      this.#socket?.destroy();
      this.#socket = null;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection';
      return refuse('upstream_unavailable', `the syslog receiver does not take it (${code}).`);
    }
  }

  doubtful(now: number): number | null {
    if (this.#socket && !this.#socket.destroyed) this.#recent = this.#recent.filter(({ at }) => at >= now - recentMs);
    return this.#recent[0]?.first ?? null;
  }

  #keep(sent: SentBatch): void {
    const kept = [...this.#recent, sent].filter(({ at }) => at >= sent.at - recentMs);
    let count = kept.reduce((sum, each) => sum + each.messages.length, 0);
    while (count > recentMax && kept.length > 1) count -= kept.shift()?.messages.length ?? 0;
    this.#recent = kept;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#opening?.destroy(new Error('it is closed'));
    const socket = this.#socket;
    this.#socket = null;
    if (!socket || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => socket.destroy(), closeMs);
      // It has read to the end.
      socket.once('end', () => {
        this.#recent = [];
      });
      socket.once('close', () => {
        clearTimeout(late);
        resolve();
      });
      socket.end();
    });
  }

  #connect(): Promise<TLSSocket> {
    const { host, port, ca } = this.#receiver;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, ...(ca === null ? {} : { ca }), timeout: connectMs });
      this.#opening = socket;
      socket.once('close', () => {
        if (this.#opening === socket) this.#opening = null;
      });
      const fail = (error: Error): void => {
        socket.destroy();
        reject(error);
      };
      socket.once('timeout', () => fail(new Error('no connection in time')));
      socket.once('error', fail);
      socket.once('secureConnect', () => {
        this.#opening = null;
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

/**
 * RFC 5424 §6: the event is the message. In ASCII, as UTF-8 would have to begin with a byte order mark (§6.4), which readers of JSON
 * do not take.
 */
function messageOf({ time, type, weight, event }: Exported, hostname: string): Buffer {
  const priority = facility + severities[weight];
  return Buffer.from(`<${priority}>1 ${time} ${hostname} chartgate - ${type} - ${asciiJson(event)}`);
}

function asciiJson(event: JsonObject): string {
  return JSON.stringify(event).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
