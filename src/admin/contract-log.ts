// The part of the admin API's contract that is about the log itself: its keys, and evidence made of it.

import { z } from 'zod';

const overlapMsMax = 366 * 86_400_000;

/** `overlap_ms`: how long the old key goes on signing beside the new one. */
export const rotateInput: z.ZodType<{ readonly overlap_ms: number }> = z.strictObject({
  overlap_ms: z.int().min(0).max(overlapMsMax),
});

export interface RotatedView {
  /** The new key. */
  readonly vkey: string;
  readonly previous: string;
  /** Until when both sign. */
  readonly until: string;
}

export const rotatedView: z.ZodType<RotatedView> = z.object({
  vkey: z.string(),
  previous: z.string(),
  until: z.string(),
});

export interface EvidenceInput {
  readonly from: string;
  readonly to: string;
  readonly seed?: string | undefined;
}

/** The period of an evidence package, and what its sample is drawn by. */
export const evidenceInput: z.ZodType<EvidenceInput> = z.strictObject({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  seed: z
    .string()
    .regex(/^[\w.+/=-]{1,64}$/)
    .optional(),
});

export interface EvidenceView {
  readonly origin: string;
  /** Number of the `evidence.exported` record, which a checkpoint covers by now. */
  readonly seq: number;
}

export const evidenceView: z.ZodType<EvidenceView> = z.object({ origin: z.string(), seq: z.int().min(0) });

export interface LogReviewInput {
  readonly from: string;
  readonly to: string;
  readonly outcome: 'in_order' | 'concern';
  readonly note: string;
  readonly manifest?: string | undefined;
}

/** What was reviewed and found. `note`: recorded encrypted. `manifest`: SHA-256 (hex) of the manifest of the package that was read. */
export const logReviewInput: z.ZodType<LogReviewInput> = z.strictObject({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  outcome: z.enum(['in_order', 'concern']),
  note: z.string().max(2_000),
  manifest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export interface LogReviewView {
  readonly origin: string;
  /** Number of the `audit.reviewed` record, which a checkpoint covers by now. */
  readonly seq: number;
}

export const logReviewView: z.ZodType<LogReviewView> = z.object({ origin: z.string(), seq: z.int().min(0) });
