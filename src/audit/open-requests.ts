// Which sessions and requests have begun and not ended: what a crash leaves without an outcome.
// The writer keeps it with every checkpoint, so that recovery never has to read the log from its beginning.

import { canonicalJson, type JsonObject } from '../core/json.ts';
import type { Entry, RecordInput } from '../core/record.ts';

export class OpenRequests {
  /** Entries seen. */
  #size = 0;
  readonly #sessions = new Set<string>();
  /** Request → its session, or "" for none. */
  readonly #requests = new Map<string, string>();

  get size(): number {
    return this.#size;
  }

  /** Entries come in order; one already seen is passed over. */
  see(entry: Pick<Entry, 'type' | 'session' | 'request'>, seq: number): void {
    if (seq < this.#size) return;
    this.#size = seq + 1;
    if (entry.session !== undefined && entry.type === 'session.start') this.#sessions.add(entry.session);
    if (entry.session !== undefined && entry.type === 'session.end') this.#sessions.delete(entry.session);
    if (entry.request === undefined) return;
    if (entry.type === 'request') this.#requests.set(entry.request, entry.session ?? '');
    if (entry.type === 'request.end' || entry.type === 'outcome_unknown') this.#requests.delete(entry.request);
  }

  /** What has to be written after a crash: an unknown outcome for each open request, then an end for each open session. */
  closingRecords(): RecordInput[] {
    return [
      ...[...this.#requests].map(
        ([request, session]): RecordInput => ({
          type: 'outcome_unknown',
          request,
          ...(session === '' ? {} : { session }),
          data: { reason: 'crash' },
        }),
      ),
      ...[...this.#sessions].map(
        (session): RecordInput => ({ type: 'session.end', session, data: { reason: 'crash' } }),
      ),
    ];
  }

  encode(): string {
    const requests: JsonObject = Object.fromEntries(this.#requests);
    return canonicalJson({ v: 1, size: this.#size, sessions: [...this.#sessions], requests });
  }

  /** Undefined unless `text` came from {@link encode}. */
  static decode(text: string): OpenRequests | undefined {
    try {
      const { v, size, sessions, requests } = JSON.parse(text);
      if (v !== 1 || !Number.isSafeInteger(size)) return undefined;
      const open = new OpenRequests();
      open.#size = size;
      for (const session of sessions) open.#sessions.add(String(session));
      for (const [request, session] of Object.entries(requests)) open.#requests.set(request, String(session));
      return open.encode() === text ? open : undefined;
    } catch {
      return undefined;
    }
  }
}
