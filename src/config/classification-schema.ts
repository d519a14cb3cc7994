// The surface of `classification`: what is PHI in a connection, and where.

import { z } from 'zod';
import { phiClasses } from '../core/phi.ts';
import type { ClassificationConfig } from './config.ts';
import { patient } from './patient-schema.ts';
import { closed, columnName, packName, text } from './scalars.ts';

const classification = z.enum([...phiClasses, 'clear']);

/** `*`, or a JSON pointer of RFC 6901: segments after slashes, `~0` and `~1` the only escapes. */
const jsonPointer = z
  .string()
  .regex(/^(?:\*|(?:\/(?:[^~/]|~[01])*)+)$/, '/a/json/pointer (`*` for any member or item), or `*`');

const columnContent = z.union([
  classification,
  z
    .record(jsonPointer, z.enum([...phiClasses, 'clear', 'unknown', 'scan']))
    .refine((paths) => Object.keys(paths).length > 0, 'one path at least'),
]);

export const classificationOf: z.ZodType<ClassificationConfig> = closed({
  posture: z
    .enum(['inline', 'enforced'])
    .default('inline')
    .describe('enforced: PostgreSQL itself masks, through generated roles and views. inline: the gate does.'),
  pack: text.optional().describe('Classification of a known schema to start from.'),
  columns: z
    .record(columnName, columnContent)
    .default({})
    .describe(
      'schema.table.column → PHI class, or clear; for JSON: JSON pointer → class, clear, scan or unknown, `*` for the rest (default unknown: masked).',
    ),
  patient: patient
    .optional()
    .describe('Where the patient something is about is named: what `chartgate who-saw` finds people by.'),
  unknown_text: z
    .enum(['mask', 'scan', 'clear'])
    .default('mask')
    .describe('What becomes of text nobody has classified.'),
  functions: z
    .record(
      z.string().regex(/^[^.]+\.[^.(]+\([^()]*\)$/, 'schema.name(type, type)'),
      z
        .string()
        .regex(
          /^(?:review|sha256:[0-9a-f]{64})$/,
          'sha256:… of the definition that was read, as check says it; or review',
        ),
    )
    .default({})
    .describe(
      'Functions of the database that are safe to be called, or run as triggers and defaults: what they say comes from their arguments alone. schema.name(type, type) → the digest of the definition that was read, or review.',
    ),
}).transform(
  (each): ClassificationConfig => ({
    posture: each.posture,
    pack: each.pack === undefined ? null : packName(each.pack),
    columns: each.columns,
    patient: each.patient ?? null,
    unknownText: each.unknown_text,
    functions: each.functions,
  }),
);
