// What a report says that nobody can make again from its records: the question, and what the maker says of the making.

import { isJsonArray, isJsonObject, type Json } from '../../core/json.ts';
import { isCount } from '../entry.ts';
import { type Period, seedForm } from './package.ts';
import { jsonOf } from './reading.ts';
import type { Making, PatientAsked } from './report.ts';

export interface Claims {
  readonly report: Json;
  readonly period: Period;
  readonly before: number;
  readonly seed: string;
  readonly making: Making;
}

/** `text`: that of report.json. Null where it is not the report of such a package. */
export function claimsOf(text: string): Claims | null {
  const report = jsonOf(text);
  if (!isJsonObject(report)) return null;
  const { scope, making } = report;
  if (!isJsonObject(scope) || !isJsonObject(making)) return null;
  const { before, seed } = scope;
  const [from, to] = [momentOf(scope['from']), momentOf(scope['to'])];
  const { made, by, recorded, patient } = making;
  const asked = patientIn(patient);
  if (!isCount(before) || typeof seed !== 'string' || from === null || to === null) return null;
  if (typeof made !== 'string' || typeof by !== 'string' || !(recorded === null || isCount(recorded))) return null;
  // They are shown to people, and nothing else vouches for them.
  if (asked === undefined || momentText(made) !== made || !releaseForm.test(by) || !seedForm.test(seed)) return null;
  return { report, period: { from, to }, before, seed, making: { made, by, recorded, patient: asked } };
}

/** Undefined where it is no such thing. */
function patientIn(value: Json | undefined): PatientAsked | null | undefined {
  if (value === null) return null;
  if (!isJsonObject(value)) return undefined;
  const { entries, unnamed, shredded } = value;
  if (entries === undefined || !isJsonArray(entries) || !isCount(unnamed) || !isCount(shredded)) return undefined;
  const numbers = entries.filter(isCount);
  const ascending = numbers.every((each, i) => i === 0 || each > (numbers[i - 1] ?? 0));
  return ascending && numbers.length === entries.length ? { entries: numbers, unnamed, shredded } : undefined;
}

const releaseForm = /^chartgate \d+\.\d+\.\d+[\w.+-]{0,40}$/;

function momentText(value: string): string | null {
  const moment = momentOf(value);
  return moment === null ? null : new Date(moment).toISOString();
}

export function momentOf(value: Json | undefined): number | null {
  const moment = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(moment) ? null : moment;
}
