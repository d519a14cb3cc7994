// Where held acts and people's verdicts meet: every move goes through approvals/step.ts, one at a time, and is in the store
// and in the audit log before anyone is told.

import type { Approval, Party } from '../approvals/approval.ts';
import { type ApprovalEvent, type ApprovalRecord, bindingOf, statusAt, step } from '../approvals/step.ts';
import { partyOf, type Subject } from '../core/facts.ts';
import { jsonPayload, type Payload, type RecordType } from '../core/record.ts';
import { ok, type Result } from '../core/result.ts';
import { Turns } from '../core/turns.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { recorded } from './refused-attempts.ts';

/** What a held request brings with it; the desk gives the approval its id. */
export type Claim = Omit<Extract<ApprovalEvent, { kind: 'request' }>, 'kind' | 'id'>;

export interface ClaimOutcome {
  readonly kind: 'granted' | 'pending' | 'denied';
  readonly approval: string;
}

export interface ApprovalDesk {
  /**
   * Spends a live approval of exactly this act; else joins the request that is open for it, or opens one. Null, and nothing has
   * changed, where whoever asks had hung up when it was their turn. @throws LogUnavailable
   */
  claim(claim: Claim, signal: AbortSignal): Promise<ClaimOutcome | null>;
  /** Resolves when the approval has been decided, the time is up, or the signal says so. Never rejects. */
  settled(id: string, ms: number, signal: AbortSignal): Promise<void>;
  /** Refused: own_request, not_a_reviewer, approval_settled, approval_expired, reason_required, approval_not_found. */
  verdict(id: string, by: Subject, effect: 'approve' | 'deny', reason: string): Promise<Result<Approval>>;
  /** The requester takes it back. Refused: approval_not_found, approval_settled, approval_expired. */
  withdraw(id: string, by: Subject): Promise<Result<Approval>>;
  /** The requester says why. Refused: as `withdraw`, and reason_required. */
  explain(id: string, by: Subject, reason: string): Promise<Result<Approval>>;
  /** Somebody has been sent away: what they approved and nobody has used needs another reviewer. */
  recall(id: string, issuer: string | null): Promise<void>;
  /** Writes down what has run out of time, and escalates what nobody has decided; returns how many. */
  tick(): Promise<number>;
}

/** What has just happened to an approval, for whoever tells people. It must not throw. */
export type ApprovalMove = 'requested' | 'decided' | 'escalated' | 'expired';

export interface ApprovalDeskDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: ApprovalStore;
  /** Called when a move is in the store and in the log. */
  readonly onMove?: (approval: Approval, move: ApprovalMove) => void;
}

export function createApprovalDesk(deps: ApprovalDeskDeps): ApprovalDesk {
  const { clock, random, log, store } = deps;
  const waiters = new Waiters(clock);

  /** One move at a time: the state a step was made from is the state it is written over. */
  const turns = new Turns();

  async function move(id: string, event: ApprovalEvent): Promise<Result<Approval>> {
    const stepped = step(store.get(id), event, clock.now());
    if (!stepped.ok) return stepped;
    const { state, effects } = stepped.value;
    const keep = (): void => store.update(id, () => ({ next: state, result: undefined }));
    // INVARIANT: a crash between the two may waste an approval, but never leave a verdict that is not on record, nor an
    // approval that can be spent twice.
    if (event.kind === 'use') keep();
    await Promise.all(effects.map((each) => log.append(each.record, payloadOf(each))));
    if (event.kind !== 'use') keep();
    if (effects.length > 0) waiters.wake(id);
    // A verdict that is recalled leaves a request that waits again.
    const moved = effects.flatMap(({ record }) =>
      event.kind === 'recall' ? ('requested' as const) : (movesToTell[record.type] ?? []),
    );
    for (const each of moved) deps.onMove?.(state, each);
    return ok(state);
  }

  return {
    claim: (claim, signal) =>
      turns.take(async () =>
        signal.aborted ? null : claimNow({ clock, store, newId: () => random.id('a'), move }, claim),
      ),

    settled(id, ms, signal) {
      const live = store.get(id);
      if (signal.aborted || ms <= 0 || !live || statusAt(live, clock.now()) !== 'requested') return Promise.resolve();
      return waiters.wait(id, ms, signal);
    },

    async verdict(id, by, effect, reason) {
      const outcome = await turns.take(() => move(id, { kind: 'verdict', by: named(by), effect, reason }));
      return recorded(log, by, { type: 'approval.refused', approval: id, data: { effect } }, outcome);
    },
    withdraw: (id, by) => turns.take(() => move(id, { kind: 'withdraw', by: named(by) })),
    explain: (id, by, reason) => turns.take(() => move(id, { kind: 'explain', by: named(by), reason })),

    async recall(id, issuer) {
      const open = store.list().filter(({ verdicts, status }) => verdicts.length > 0 && status !== 'used');
      for (const each of open) await turns.take(() => move(each.id, { kind: 'recall', id, issuer }));
    },

    async tick() {
      const due = store.list().filter((each) => isDue(each, clock.now()));
      for (const { id } of due) await turns.take(() => move(id, { kind: 'tick' }));
      return due.length;
    },
  };
}

interface Claiming {
  readonly clock: Clock;
  readonly store: ApprovalStore;
  readonly newId: () => string;
  readonly move: (id: string, event: ApprovalEvent) => Promise<Result<Approval>>;
}

async function claimNow({ clock, store, newId, move }: Claiming, claim: Claim): Promise<ClaimOutcome> {
  const { act, rule, terms, session, request } = claim;
  const digest = bindingOf(act, rule, terms);
  const current = store.findByDigest(digest);
  const status = current && statusAt(current, clock.now());
  if (current && status === 'approved') {
    const used = await move(current.id, { kind: 'use', digest, subject: act.subject, session, request });
    if (used.ok) return { kind: 'granted', approval: current.id };
  }
  if (current && status === 'requested') return { kind: 'pending', approval: current.id };
  // A no stands as long as the yes would have.
  if (current && status === 'denied' && clock.now() < current.expiresMs)
    return { kind: 'denied', approval: current.id };
  const id = newId();
  await move(id, { kind: 'request', id, ...claim });
  return { kind: 'pending', approval: id };
}

/** Its time is up, or it is to go to others. */
function isDue(approval: Approval, now: number): boolean {
  const { status, escalation } = approval;
  if (status !== 'requested' && status !== 'approved') return false;
  return statusAt(approval, now) === 'expired' || (status === 'requested' && !!escalation && now >= escalation.atMs);
}

/** Who it is by every name, for approvals alone: facts and records know one. */
export function named(subject: Subject): Party {
  return { ...partyOf(subject), aliases: subject.aliases };
}

const movesToTell: Readonly<Partial<Record<RecordType, ApprovalMove>>> = {
  'approval.requested': 'requested',
  'approval.decided': 'decided',
  'approval.escalated': 'escalated',
  'approval.expired': 'expired',
};

/** Who waits for which approval. */
class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(id: string): void {
    for (const each of this.#waiting.get(id) ?? []) each();
  }

  /** Until woken, `ms` have passed or the signal says so. */
  wait(id: string, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting);
      const done = (): void => {
        stop();
        signal.removeEventListener('abort', done);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve();
      };
      const stop = this.#clock.after(ms, done);
      signal.addEventListener('abort', done, { once: true });
      waiting.add(done);
    });
  }
}

/** What of a record is to be encrypted. */
export function payloadOf({ payload }: ApprovalRecord): Payload | undefined {
  return payload && jsonPayload(JSON.stringify(payload));
}
