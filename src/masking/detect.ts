// Finds identifiers in text: normalise, run every detector, merge what overlaps. Offsets are those of the text given.
// Never decides what happens to what it finds.

import type { PhiClass } from '../core/phi.ts';
import { findAccount } from './detectors/account.ts';
import { findAddress } from './detectors/address.ts';
import { findAge } from './detectors/age.ts';
import { findCodedId } from './detectors/coded-id.ts';
import { findDate } from './detectors/date.ts';
import type { Find } from './detectors/detector.ts';
import { findEmail } from './detectors/email.ts';
import { findIp } from './detectors/ip.ts';
import { findLabelledId } from './detectors/labelled-id.ts';
import { findName } from './detectors/name.ts';
import { findPhone } from './detectors/phone.ts';
import { findSsn } from './detectors/ssn.ts';
import { findUrl } from './detectors/url.ts';
import type { Span } from './mask.ts';
import { coverSpans, normalise } from './normalise.ts';

// Where spans overlap, the earlier detector names the class.
const withDigits: readonly Find[] = [findDate, findLabelledId, findCodedId, findSsn, findAccount, findIp, findPhone];
const always: readonly Find[] = [findEmail, findUrl, findAddress, findName, findAge];

/** UTF-16 offsets, sorted, never overlapping. Total: any string is accepted, ill-formed ones included. */
export function detect(text: string): Span[] {
  if (text.length < 2) return [];
  const normal = normalise(text);
  const found: Found[] = [];
  let rest = normal.text;
  // What is found hides its neighbours' context no more than its token will: what only then stands out is found as well,
  // so that masking a masked text finds nothing new.
  for (let round = 0; round < roundsMax; round++) {
    const more = findAll(rest);
    if (more.length === 0) break;
    found.push(...more);
    rest = coverSpans(rest, merge(more));
  }
  if (found.length === 0) return [];
  return merge(found).map((span) => ({
    start: normal.toStart(span.start),
    end: normal.toEnd(span.end),
    type: span.type,
  }));
}

type Found = Span & { readonly rank: number };

const roundsMax = 4;

function findAll(text: string): Found[] {
  const found: Found[] = [];
  const detectors = /\d/.test(text) ? [...withDigits, ...always] : [findDate, ...always];
  detectors.forEach((find, rank) => {
    find(text, (start, end, type) => {
      if (end > start) found.push({ start, end, type, rank });
    });
  });
  return found;
}

/** INVARIANT: every character some detector claimed stays claimed; spans that overlap become one. */
function merge(found: Found[]): readonly Span[] {
  found.sort((a, b) => a.start - b.start || a.rank - b.rank);
  const merged: { start: number; end: number; type: PhiClass; rank: number }[] = [];
  for (const span of found) {
    const last = merged.at(-1);
    if (!last || span.start >= last.end) {
      merged.push({ ...span });
      continue;
    }
    last.end = Math.max(last.end, span.end);
    if (span.rank < last.rank) {
      last.type = span.type;
      last.rank = span.rank;
    }
  }
  return merged;
}
