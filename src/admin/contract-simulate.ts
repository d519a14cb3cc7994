// The admin API's contract about simulating a policy: what goes over the wire. Times are RFC 3339 in UTC.

import { z } from 'zod';
import { type ClassSet, phiClasses } from '../core/phi.ts';
import type { Outcome, SimulatedChange, SimulationReport } from '../policy/simulate.ts';

export interface SimulateInput {
  /** The `policy` section of a configuration, as JSON. */
  readonly policy?: unknown;
  readonly since: string;
  readonly reason: string;
}

export const simulateInput: z.ZodType<SimulateInput> = z.strictObject({
  policy: z.unknown(),
  since: z.iso.datetime({ offset: true }),
  reason: z.string().trim().min(1).max(2000),
});

export interface SimulationView extends SimulationReport {
  /** Digest of the policy that was tried. */
  readonly policy: string;
  /** Requests whose facts cannot be read any more. */
  readonly unreadable: number;
  /** False: time ran out, and the report covers requests from `since` to `until` only. */
  readonly complete: boolean;
  readonly since: string;
  readonly until: string | null;
}

const classes: z.ZodType<ClassSet> = z.union([z.literal('all'), z.array(z.enum(phiClasses))]);

const outcome: z.ZodType<Outcome> = z.object({
  effect: z.enum(['allow', 'hold', 'deny']),
  rule: z.string(),
  unmask: classes,
  filter: classes,
  lookup: z.partialRecord(z.enum(phiClasses), z.object({ times: z.int(), perMs: z.int() })),
  rows: z.int().nullable(),
  approval: z.object({ reviewers: z.array(z.string()), quorum: z.int() }).nullable(),
});

const change: z.ZodType<SimulatedChange> = z.object({
  was: outcome,
  is: outcome,
  direction: z.enum(['looser', 'stricter', 'mixed', 'reason']),
  count: z.int(),
  examples: z.array(
    z.object({
      session: z.string(),
      request: z.string(),
      time: z.string(),
      subject: z.string(),
      connection: z.string(),
      what: z.string(),
    }),
  ),
});

export const simulationView: z.ZodType<SimulationView> = z.object({
  policy: z.string(),
  requests: z.int(),
  unchanged: z.int(),
  changes: z.array(change),
  unused: z.array(z.string()),
  unreadable: z.int(),
  complete: z.boolean(),
  since: z.string(),
  until: z.string().nullable(),
});
