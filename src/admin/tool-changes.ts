// Changed definitions for whoever asks, by the API or by a page: which there are for them, what differs, and their verdict.
// INVARIANT: that somebody read a change is in the log before they have it.

import { objectionToJudge } from '../approvals/step.ts';
import { nameOf } from '../core/facts.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { differencesOf, pinnedPart } from '../core/tool-definition.ts';
import type { ChangedTool } from '../gateway/tool-desk.ts';
import { type Caller, isAuditor } from './access.ts';
import type { ToolChangeView, ToolVerdictInput, ToolVerdictView } from './contract.ts';
import type { AdminDeps } from './deps.ts';

export type ToolChangeDeps = Pick<AdminDeps, 'tools' | 'toolReviewersOf' | 'readers' | 'log'>;

export interface ToolChanges {
  /** Those of connections the caller reviews for; all for auditors. Without what differs. */
  list(caller: Caller): readonly ToolChangeView[];
  /** With what differs, for reviewers. Refused: approval_not_found. @throws LogUnavailable */
  look(caller: Caller, id: string): Promise<Result<ToolChangeView>>;
  /** Refused: approval_not_found, approval_settled, not_a_reviewer, reason_required. @throws LogUnavailable */
  decide(caller: Caller, id: string, verdict: ToolVerdictInput): Promise<Result<ToolVerdictView>>;
}

const missing: Refusal = {
  code: 'approval_not_found',
  text: 'There is no such change of a definition for you.',
  next: 'One that was decided, or that the server changed again, is gone. Those there are: chartgate tools pending.',
};

export function createToolChanges({ tools, toolReviewersOf, readers, log }: ToolChangeDeps): ToolChanges {
  const isReviewer = (caller: Caller, connection: string): boolean =>
    !caller.local && caller.subject.groups.some((group) => toolReviewersOf(connection).includes(group));

  const changesFor = (caller: Caller): readonly ChangedTool[] =>
    tools.changes().filter((pin) => isReviewer(caller, pin.connection) || isAuditor(caller, readers()));

  const viewFor = (caller: Caller, { connection, kind, tool, change }: ChangedTool): ToolChangeView => ({
    id: change.id,
    connection,
    kind: kind ?? 'tool',
    tool,
    status: change.status,
    seen: new Date(change.atMs).toISOString(),
    reviewers: toolReviewersOf(connection),
    yours: isReviewer(caller, connection) && objectionToJudge(caller.subject) === null,
  });

  return {
    list: (caller) => changesFor(caller).map((pin) => viewFor(caller, pin)),
    async look(caller, id) {
      const pin = changesFor(caller).find(({ change }) => change.id === id);
      if (!pin) return fail(missing);
      const { connection, accepted, change } = pin;
      const view = viewFor(caller, pin);
      if (!isReviewer(caller, connection)) return ok(view);
      const subject = nameOf(caller.subject);
      await log.append({ type: 'audit.read', subject, connection, data: { what: 'tool_change', change: id } });
      const differences = differencesOf(pinnedPart(accepted.definition), pinnedPart(change.definition));
      return ok({ ...view, differences });
    },
    async decide(caller, id, { effect, reason }) {
      if (!changesFor(caller).some(({ change }) => change.id === id)) return fail(missing);
      if (caller.local)
        return refuse('not_a_reviewer', 'The local operator reads, and never decides.', {
          next: 'Set CHARTGATE_TOKEN to the token of a reviewer.',
        });
      const objection = objectionToJudge(caller.subject);
      if (objection) return fail(objection);
      const decided = await tools.verdict(id, caller.subject, effect, reason);
      if (!decided.ok) return decided;
      const { connection, kind = 'tool', tool } = decided.value;
      return ok({ connection, kind, tool, effect });
    },
  };
}
