// What stands in for the gate's log, its approval desk and the audited session before them: decisions are real, and records are kept
// in memory, where tests see what was confirmed, and when.

import { systemRandom } from '../../src/adapters/system/random.ts';
import { decide } from '../../src/core/decide.ts';
import type { Decision, Obligations, Policy } from '../../src/core/decision.ts';
import type { Subject } from '../../src/core/facts.ts';
import { canonicalJson } from '../../src/core/json.ts';
import { ok, type Result, refuse } from '../../src/core/result.ts';
import type { Admission, AuditedSession, Intent } from '../../src/gateway/enforce.ts';
import { LogUnavailable } from '../../src/ports/log.ts';

export interface Recorded {
  readonly session: string;
  readonly type: 'start' | 'request' | 'response' | 'end' | 'refused' | 'session.end' | 'tool' | 'auth';
  readonly request?: string;
  readonly rule?: string;
  readonly status?: string;
  readonly code?: string;
  readonly text?: string;
}

/** Stands in for the gate's log and approval desk. */
export class Ledger {
  readonly records: Recorded[] = [];
  readonly approved: Set<string> = new Set();
  readonly spent: string[] = [];
  readonly stderr: string[] = [];
  /** From now on nothing can be recorded. */
  broken = false;
  /** Confirming takes this long, ms. */
  delayMs = 0;
  /** What is held waits this long for a decision, ms. */
  patienceMs = 400;
  /** Held requests that were canceled. */
  canceled = 0;
  #wake: (() => void)[] = [];

  approve(content: string): void {
    this.approved.add(content);
    for (const wake of this.#wake.splice(0)) wake();
  }

  settled(signal: AbortSignal, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#wake.push(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  async write(record: Recorded): Promise<void> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.broken) throw new LogUnavailable('broken by the test');
    this.records.push(record);
  }

  of(type: Recorded['type']): Recorded[] {
    return this.records.filter((each) => each.type === type);
  }

  /** How many calls of this tool have come; a client may ask for other things around them. */
  calls(tool: string): number {
    return this.of('request').filter(({ text }) => text?.includes(`"tool":"${tool}"`)).length;
  }
}

/** What is let through here shows nothing. */
export const granted: Obligations = { unmask: [], filter: [], rowsMax: null };

/** A session of an MCP door that decides by the policy and keeps its records there. */
export function sessionOn(ledger: Ledger, subject: Subject, connection: string, policy: Policy): AuditedSession {
  const session = systemRandom.id('s');
  const decisionOf = (intent: Intent): Decision =>
    intent.builtin
      ? {
          effect: 'allow',
          reasons: [{ rule: intent.builtin, code: 'allowed', text: 'Builtin.' }],
          obligations: granted,
          hold: null,
          policy: policy.digest,
        }
      : intent.continued
        ? { ...intent.continued, effect: 'allow', hold: null }
        : decide(intent.facts, policy);
  const admit = (request: string, decision: Decision): Admission => ({
    request,
    decision,
    record: async (chunk, _data, ending) => {
      await ledger.write({ session, type: 'response', request, text: new TextDecoder().decode(chunk.bytes) });
      if (ending) await ledger.write({ session, type: 'end', request, status: ending.status });
    },
    disclose: () => Promise.resolve(),
    end: (status) => ledger.write({ session, type: 'end', request, status }),
  });
  return {
    id: session,
    subject,
    connection,
    provenAnew: () => {},
    async submit(intent): Promise<Result<Admission>> {
      const request = systemRandom.id('r');
      const decision = decisionOf(intent);
      const [reason] = decision.reasons;
      const act = canonicalJson(intent.content);
      await ledger.write({ session, type: 'request', request, rule: reason.rule, text: act });
      if (decision.effect === 'deny') {
        return refuse(reason.code === 'allowed' ? 'internal' : reason.code, reason.text, { rule: reason.rule });
      }
      if (decision.hold) {
        const approval = 'a_1';
        if (!ledger.approved.has(act)) {
          intent.onHold?.({
            approval,
            link: 'http://gate/approvals/a_1',
            waitMs: decision.hold.waitMs,
            rule: reason.rule,
          });
          await ledger.settled(intent.signal, intent.holdMs ?? ledger.patienceMs);
        }
        if (intent.signal.aborted) {
          ledger.canceled++;
          return refuse('canceled', 'Canceled while held.');
        }
        if (!ledger.approved.delete(act)) {
          return refuse('approval_required', `Held as ${approval}.`, {
            rule: reason.rule,
            approval,
            next: 'Ask http://gate/approvals/a_1.',
          });
        }
        ledger.spent.push(act);
      }
      return ok(admit(request, decision));
    },
    refused: (refusal) => ledger.write({ session, type: 'refused', code: refusal.code }),
    end: (reason) => ledger.write({ session, type: 'session.end', text: reason }),
  };
}
