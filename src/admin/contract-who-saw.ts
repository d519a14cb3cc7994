// The contract of POST /who-saw. In a body: an address with a patient's number in it would stand in many a log.

import { z } from 'zod';

export interface WhoSawInput {
  /** Identifiers of one patient: `12345`, or `mrn:12345` where only that kind is meant. */
  readonly patients: readonly string[];
  readonly reason: string;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Older than this disclosure: the next page. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Of one patient, as people write it. A kind without a number, from a variable nobody has set, is nobody. */
export const patientIdentifier: z.ZodType<string> = z
  .string()
  .max(200)
  .regex(/^(?!\s*[A-Za-z][A-Za-z0-9_]{0,31}\s*:\s*$)\s*\S/);

export const whoSawInput: z.ZodType<WhoSawInput> = z.strictObject({
  patients: z.array(patientIdentifier).min(1).max(20),
  reason: z.string(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  before: z.int().optional(),
  limit: z.int().min(1).max(1000).default(1000),
});

export interface DisclosureView {
  readonly seq: number;
  readonly time: string;
  readonly recipient: {
    readonly id: string;
    readonly issuer: string;
    readonly kind: 'person' | 'workload';
    readonly agent?: string;
  };
  readonly connection: string;
  readonly door: string;
  readonly client: string;
  readonly session: string;
  readonly request: string;
  /** `row`: the patient stands in the answer; `asked`: the question named them, and there was an answer. */
  readonly by: 'row' | 'asked';
  /** What was asked of: tables, or an MCP tool or method. */
  readonly what: readonly string[];
  /** PHI classes the question was about, by whether this recipient's rule shows them as they are. */
  readonly shown: readonly string[];
  readonly masked: readonly string[];
  readonly rule: string;
  /** As the requester stated it; null = nothing was stated, or it has been shredded. */
  readonly purpose: string | null;
}

export interface WhoSawView {
  readonly label: string;
  readonly disclosures: readonly DisclosureView[];
  /** Answers of that time about patients that did not say which: this patient may be in them. */
  readonly unnamed: number;
  /** Answers of that time about patients in sessions that have been shredded since: about whom, nobody can tell any more. */
  readonly shredded: number;
  readonly before: number | null;
}

export const whoSawView: z.ZodType<WhoSawView> = z.object({
  label: z.string(),
  disclosures: z.array(
    z.object({
      seq: z.int(),
      time: z.string(),
      recipient: z.object({
        id: z.string(),
        issuer: z.string(),
        kind: z.enum(['person', 'workload']),
        agent: z.string().exactOptional(),
      }),
      connection: z.string(),
      door: z.string(),
      client: z.string(),
      session: z.string(),
      request: z.string(),
      by: z.enum(['row', 'asked']),
      what: z.array(z.string()),
      shown: z.array(z.string()),
      masked: z.array(z.string()),
      rule: z.string(),
      purpose: z.string().nullable(),
    }),
  ),
  unnamed: z.int(),
  shredded: z.int(),
  before: z.int().nullable(),
});
