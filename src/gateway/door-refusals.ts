// Callers a door turned away before they had a session, in the log: who they were taken for and why, and nothing they said.
// INVARIANT: a flood of them fills no log: beyond some in a minute they are counted, and the count is recorded.

import type { ErrorCode } from '../core/errors.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

const windowMs = 60_000;
const recordedMax = 120;

export interface TurnedAway {
  readonly code: ErrorCode;
  /** Peer address, where the door knows it. */
  readonly address?: string;
  /** Once proven. */
  readonly subject?: Subject;
  /** One that there is. */
  readonly connection?: string;
  /** What else there is to say: a configured provider, an error by its name in the protocol. */
  readonly more?: Readonly<Record<string, string>>;
}

export class DoorRefusals {
  readonly #clock: Clock;
  readonly #log: Pick<Log, 'append'>;
  readonly #door: string;
  #sinceMs = 0;
  #recorded = 0;
  #counted = 0;

  constructor(clock: Clock, log: Pick<Log, 'append'>, door: string) {
    this.#clock = clock;
    this.#log = log;
    this.#door = door;
  }

  /** Resolves when it is durable, or counted. @throws LogUnavailable */
  async record({ code, address, subject, connection, more }: TurnedAway): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#sinceMs >= windowMs) {
      this.#sinceMs = now;
      this.#recorded = 0;
    }
    if (++this.#recorded > recordedMax) {
      this.#counted += 1;
      return;
    }
    const before = this.#counted > 0 ? { not_recorded_before: this.#counted } : {};
    this.#counted = 0;
    await this.#log.append({
      type: 'auth.refused',
      ...(subject ? { subject: nameOf(subject) } : {}),
      ...(connection === undefined ? {} : { connection }),
      data: { ...more, door: this.#door, code, ...(address === undefined ? {} : { address }), ...before },
    });
  }
}
