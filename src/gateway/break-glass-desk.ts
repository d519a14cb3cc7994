// Who has broken which glass: opened, closed, reviewed, and asked for at every request. Every move goes through
// approvals/break-glass.ts, and is in the log and the store before it is in force.

import {
  type Emergency,
  type EmergencyEvent,
  type Finding,
  isLive,
  reviewDueMs,
  stepEmergency,
} from '../approvals/break-glass.ts';
import { glassFor } from '../core/decide.ts';
import type { Policy } from '../core/decision.ts';
import { errors } from '../core/errors.ts';
import type { Party, Subject } from '../core/facts.ts';
import type { RecordType } from '../core/record.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { Turns } from '../core/turns.ts';
import type { Clock } from '../ports/clock.ts';
import type { EmergencyStore } from '../ports/emergencies.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { named, payloadOf } from './approval-desk.ts';
import { recorded } from './refused-attempts.ts';

export interface BreakGlassDesk {
  /** Refused: denied, reason_required, invalid_request. @throws LogUnavailable */
  open(by: Subject, connection: string, reason: string, forMs: number): Promise<Result<Emergency>>;
  /** Refused: approval_not_found, approval_settled. */
  close(id: string, by: Subject): Promise<Result<Emergency>>;
  /** Refused: approval_not_found, approval_settled, own_request, not_a_reviewer, reason_required. */
  review(id: string, by: Subject, finding: Finding, reason: string): Promise<Result<Emergency>>;
  /** The id of the one that is live for this subject on this connection. Synchronous: asked for at every request. */
  live(subject: Pick<Party, 'id' | 'issuer'>, connection: string): string | undefined;
  /** Newest first. */
  list(): readonly Emergency[];
  /** Writes down ends and overdue reviews. */
  tick(): Promise<void>;
}

/** What has just happened, for whoever tells people. It must not throw. */
export type EmergencyMove = 'opened' | 'ended' | 'overdue' | 'reviewed';

export interface BreakGlassDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'id'>;
  readonly log: Pick<Log, 'append'>;
  readonly store: EmergencyStore;
  readonly policy: () => Policy;
  /** Whether there is such a connection. */
  readonly isConnection: (name: string) => boolean;
  /** Called when a move is in the store and in the log. */
  readonly onMove?: (emergency: Emergency, move: EmergencyMove) => void;
}

const movesToTell: Readonly<Partial<Record<RecordType, EmergencyMove>>> = {
  'break_glass.opened': 'opened',
  'break_glass.ended': 'ended',
  'break_glass.overdue': 'overdue',
  'break_glass.reviewed': 'reviewed',
};

export function createBreakGlassDesk(deps: BreakGlassDeps): BreakGlassDesk {
  const { clock, random, log, store, policy } = deps;
  const known = new Map(store.list().map((each) => [each.id, each]));
  /** Those not over yet, by whom and where: what a request asks for. */
  const running = new Map<string, Emergency>();
  const keyOf = (who: { readonly id: string; readonly issuer: string }, connection: string): string =>
    JSON.stringify([who.issuer, who.id, connection]);
  const place = (each: Emergency): void => {
    known.set(each.id, each);
    const key = keyOf(each.by, each.connection);
    if (isLive(each, clock.now())) running.set(key, each);
    else if (running.get(key)?.id === each.id) running.delete(key);
  };
  for (const each of [...known.values()].toReversed()) place(each);

  const live: BreakGlassDesk['live'] = (subject, connection) => {
    if (running.size === 0) return undefined;
    const found = running.get(keyOf(subject, connection));
    return found && isLive(found, clock.now()) ? found.id : undefined;
  };

  /** One move at a time: the state a step was made from is the state it is written over. */
  const turns = new Turns();
  const inTurn = (id: string, event: EmergencyEvent): Promise<Result<Emergency>> => turns.take(() => move(id, event));

  async function move(id: string, event: EmergencyEvent): Promise<Result<Emergency>> {
    const stepped = stepEmergency(known.get(id), event, clock.now());
    if (!stepped.ok) return stepped;
    const { state, effects } = stepped.value;
    if (effects.length === 0) return ok(state);
    // INVARIANT: what opens is on record first; what closes, closes first.
    if (event.kind === 'close') place(state);
    await Promise.all(effects.map((each) => log.append(each.record, payloadOf(each))));
    store.save(state);
    place(state);
    for (const { record } of effects) {
      const told = movesToTell[record.type];
      if (told) deps.onMove?.(state, told);
    }
    return ok(state);
  }

  return {
    async open(by, connection, reason, forMs) {
      const id = random.id('b');
      const { breakGlass, digest } = policy();
      const terms = glassFor(policy(), by, connection);
      const event = { kind: 'open', id, by: named(by), connection, reason, forMs, policy: digest, terms } as const;
      // What somebody typed is not known to be the name of anything.
      const where = breakGlass?.connections?.includes(connection) ? { connection } : {};
      const opened = deps.isConnection(connection)
        ? await turns.take(() => (live(by, connection) === undefined ? move(id, event) : null))
        : noConnection();
      return opened ? recorded(log, by, { type: 'break_glass.refused', ...where }, opened) : alreadyOpen();
    },
    close: (id, by) => inTurn(id, { kind: 'close', by: named(by) }),
    async review(id, by, finding, reason) {
      const outcome = await inTurn(id, { kind: 'review', by: named(by), finding, reason });
      return recorded(log, by, { type: 'break_glass.refused', data: { break_glass: id } }, outcome);
    },
    live,
    list: () => [...known.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1)),
    async tick() {
      const due = [...known.values()].filter((each) => isDue(each, clock.now()));
      for (const { id } of due) await inTurn(id, { kind: 'tick' });
    },
  };
}

function noConnection(): Result<never> {
  return refuse('unknown_connection', errors.unknown_connection.text);
}

function alreadyOpen(): Result<never> {
  return refuse('approval_settled', 'You have broken the glass of this connection already.', {
    next: 'See until when: chartgate break-glass ls.',
  });
}

/** Its end, or that its review is overdue, is to be written down. */
function isDue(each: Emergency, now: number): boolean {
  if (each.endedMs === null) return now >= each.untilMs;
  return !each.review && !each.overdue && now >= reviewDueMs(each);
}
