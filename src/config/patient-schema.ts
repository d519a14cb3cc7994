// The surface of `classification.<connection>.patient`: what tells which patient something is about.

import { z } from 'zod';
import type { PatientPlaces } from '../core/patient-places.ts';
import { closed, columnName } from './scalars.ts';

/** The same word means the same kind of number on every connection. */
const kind = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,31}$/,
    'the kind of identifier, a word such as mrn: the same one wherever numbers are the same',
  );

/** RFC 6901; `*` = any member or item, and `**` as the first segment = at any depth. */
const pointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, '/a/json/pointer, `*` for any member, `/**/…` for any depth');

export const patient: z.ZodType<PatientPlaces> = closed({
  columns: z.record(columnName, kind).default({}).describe('schema.table.column → kind of identifier.'),
  json: z.record(pointer, kind).default({}).describe('JSON pointer into what MCP tools answer → kind of identifier.'),
  arguments: z.record(pointer, kind).default({}).describe('JSON pointer into arguments of MCP tools → kind.'),
  fhir: z
    .boolean()
    .default(false)
    .describe(
      'FHIR resources and references name their patients: kinds fhir (the id) and mrn (identifiers of type MR).',
    ),
});
