// The admin API's contract about break-glass: what goes over the wire. Times are RFC 3339 in UTC.

import { z } from 'zod';
import { type PartyView, partyView } from './contract.ts';

export interface BreakGlassView {
  readonly id: string;
  readonly subject: PartyView;
  readonly connection: string;
  readonly status: 'open' | 'to review' | 'overdue' | 'justified' | 'unjustified';
  readonly opened: string;
  /** When it ends or has ended. */
  readonly until: string;
  readonly reviewers: readonly string[];
  readonly review_due: string;
  /** Whether the caller may review it, once it is over. */
  readonly yours: boolean;
  /** Only for its reviewers and who opened it. */
  readonly reason?: string;
  readonly review?: {
    readonly by: { readonly id: string; readonly issuer: string };
    readonly reason: string;
    readonly at: string;
  };
}

export const breakGlassView: z.ZodType<BreakGlassView> = z.object({
  id: z.string(),
  subject: partyView,
  connection: z.string(),
  status: z.enum(['open', 'to review', 'overdue', 'justified', 'unjustified']),
  opened: z.string(),
  until: z.string(),
  reviewers: z.array(z.string()),
  review_due: z.string(),
  yours: z.boolean(),
  reason: z.string().exactOptional(),
  review: z
    .object({ by: z.object({ id: z.string(), issuer: z.string() }), reason: z.string(), at: z.string() })
    .exactOptional(),
});

export interface BreakGlassInput {
  readonly connection: string;
  readonly reason: string;
  readonly seconds: number;
}

export const breakGlassInput: z.ZodType<BreakGlassInput> = z.strictObject({
  connection: z.string(),
  reason: z.string(),
  seconds: z.int().positive(),
});

export interface ReviewInput {
  readonly finding: 'justified' | 'unjustified';
  readonly reason: string;
}

export const reviewInput: z.ZodType<ReviewInput> = z.strictObject({
  finding: z.enum(['justified', 'unjustified']),
  reason: z.string(),
});
