// The contract of signing people out: what is asked, what is answered.

import { z } from 'zod';

export interface RevokeInput {
  /** The subject's id, as the log has it. */
  readonly subject: string;
  /** Where two issuers know the same id. */
  readonly issuer?: string | undefined;
  readonly reason: string;
}

export const revokeInput: z.ZodType<RevokeInput> = z.strictObject({
  subject: z.string().min(1).max(1000),
  issuer: z.string().min(1).max(1000).optional(),
  reason: z.string().min(1).max(1000),
});

export interface RevokeView {
  readonly subject: string;
  /** Sign-ins that were ended. */
  readonly sign_ins: number;
}

export const revokeView: z.ZodType<RevokeView> = z.object({ subject: z.string(), sign_ins: z.int() });
