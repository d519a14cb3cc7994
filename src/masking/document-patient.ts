// Whom a document is about, for the dates that move by patient: a FHIR resource or bundle and an HL7 v2 message say so. Never
// guesses: a document about nobody in particular, or about two people, has no patient.

import type { MaskView } from './mask.ts';
import { operatorFor, patientShiftDays } from './operators.ts';

// Within a string of another document quotes carry backslashes.
const reference = /\bPatient\/([A-Za-z0-9.-]{1,64})/g;
const resource = /\\*"resourceType\\*"\s*:\s*\\*"Patient\\*"(?:\s*,\s*\\*"id\\*"\s*:\s*\\*"([A-Za-z0-9.-]{1,64}))?/g;
/** PID-3, its first component (HL7 v2.5.1 §3.4.2.3). */
const identification = /(?:^|[\r\n\v]|\\r|\\n)PID\|[^|\r\n]{0,40}\|[^|\r\n]{0,200}\|([^|^~\r\n\\]{1,64})/g;

/** The id of the one patient a text names as FHIR or HL7 v2 do; null = none, or more than one. */
export function patientOf(text: string): string | null {
  const patients = new Set<string>();
  for (const pattern of [reference, resource, identification]) {
    for (const [, id] of text.matchAll(pattern)) {
      if (id === undefined) return null;
      patients.add(id);
      if (patients.size > 1) return null;
    }
  }
  const [patient] = patients;
  return patient ?? null;
}

/** The view for one document: where dates are shifted, by the days of its patient. */
export function viewOfDocument(text: string, view: MaskView): MaskView {
  if (view.shiftDays !== undefined || operatorFor('date', view.rules) !== 'shift') return view;
  const patient = patientOf(text);
  return patient === null ? view : { ...view, shiftDays: patientShiftDays(view.key, patient) };
}
