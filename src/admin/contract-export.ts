// The contract of POST /export: a stretch of the log in the words of a format, page by page.

import { z } from 'zod';
import type { FormatName } from '../gateway/export-events.ts';

export interface ExportInput {
  readonly format: FormatName;
  /** Entries from this time on, and before that one. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** What was said, decrypted: needs a reason. */
  readonly payloads: boolean;
  readonly reason?: string | undefined;
  /** Of the page before: `next`, and the `end` all pages share. */
  readonly next?: number | undefined;
  readonly end?: number | undefined;
}

export const exportInput: z.ZodType<ExportInput> = z.strictObject({
  format: z.enum(['ocsf', 'fhir', 'ndjson']),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  payloads: z.boolean().default(false),
  reason: z.string().optional(),
  next: z.int().min(0).optional(),
  end: z.int().min(0).optional(),
});

export interface ExportView {
  readonly events: readonly unknown[];
  readonly next: number | null;
  readonly end: number;
}

export const exportView: z.ZodType<ExportView> = z.object({
  events: z.array(z.unknown()),
  next: z.int().nullable(),
  end: z.int(),
});
