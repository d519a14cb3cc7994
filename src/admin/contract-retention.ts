// The part of the admin API's contract that is about retention: legal holds and shredding.

import { z } from 'zod';
import { patientIdentifier } from './contract-who-saw.ts';

const kind: z.ZodType<'session' | 'subject' | 'patient'> = z.enum(['session', 'subject', 'patient']);

export interface HoldView {
  readonly id: string;
  readonly kind: 'session' | 'subject' | 'patient';
  /** Of a patient: a keyed digest, never the number. */
  readonly target: string;
  /**
   * Of a patient: by which kinds of identifiers the hold tells sessions apart. None = it keeps every session. Else it keeps those
   * in which the patient was seen, and those of which the index cannot say whom they saw.
   */
  readonly kinds: readonly string[];
  readonly by: { readonly id: string; readonly issuer: string };
  readonly reason: string;
  readonly since: string;
}

export const holdView: z.ZodType<HoldView> = z.object({
  id: z.string(),
  kind,
  target: z.string(),
  kinds: z.array(z.string()),
  by: z.object({ id: z.string(), issuer: z.string() }),
  reason: z.string(),
  since: z.string(),
});

export interface HoldInput extends Pick<HoldView, 'kind' | 'reason'> {
  /** A session's or a subject's id, or the identifiers of one patient, each best with its kind: `mrn:4711`. */
  readonly target: string | readonly string[];
}

export const holdInput: z.ZodType<HoldInput> = z
  .strictObject({ kind, target: z.union([z.string(), z.array(z.string())]), reason: z.string() })
  .refine(
    (hold) => hold.kind !== 'patient' || z.array(patientIdentifier).safeParse([hold.target].flat()).success,
    'one of the identifiers of the patient is empty',
  );

export const releaseInput: z.ZodType<{ readonly reason: string }> = z.strictObject({ reason: z.string() });

export const shredInput: z.ZodType<{ readonly dry_run: boolean }> = z.strictObject({
  dry_run: z.boolean().default(false),
});

export interface ShredView {
  readonly dry_run: boolean;
  /** Payloads before this time are past theirs. */
  readonly before: string;
  /** Sessions that were shredded, or would be. */
  readonly sessions: readonly string[];
  /** Groups of up to 256 entries of which the payloads that belong to no session go. */
  readonly packs: number;
  /** Sessions past their time that are held, or not over. */
  readonly kept: number;
  /** Wrapped keys that were destroyed. */
  readonly keys: number;
}

export const shredView: z.ZodType<ShredView> = z.object({
  dry_run: z.boolean(),
  before: z.string(),
  sessions: z.array(z.string()),
  packs: z.int(),
  kept: z.int(),
  keys: z.int(),
});
