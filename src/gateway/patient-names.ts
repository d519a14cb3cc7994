// Keyed names of patients: what the log and the index know them by. HMAC-SHA-256 under a key of this gate, so that nobody who
// has the log, and not the key, can try numbers until one fits.

import { createHmac } from 'node:crypto';
import { normalPatient } from './patients-seen.ts';

/** 128 bits: as many patients as there are people do not collide. */
const nameBytes = 16;

/** @param key 32 bytes; the result is base64url of 16 bytes, and the same for an identifier however it is written */
export function patientNamer(key: Uint8Array): (kind: string, value: string) => string {
  return (kind, value) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['patient', kind, normalPatient(value) ?? '']))
      .digest()
      .subarray(0, nameBytes)
      .toString('base64url');
}
