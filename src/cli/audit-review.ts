// `chartgate audit review`: a person signs off that they have reviewed a period of the log (45 CFR 164.308(a)(1)(ii)(D)). Where it
// was an evidence package that they read, the package is verified first, and the record names its manifest.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type LogReviewInput, logReviewView } from '../admin/contract-log.ts';
import { packageFiles } from '../audit/evidence/package.ts';
import { verifyPackage } from '../audit/evidence/verify.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { findGate } from './gate.ts';
import { complain, type Io, plain, print, printJson } from './io.ts';
import { packageMaking } from './package-making.ts';
import { packageIn, placeText } from './verify-package.ts';

export interface ReviewOptions {
  readonly config: string;
  readonly from?: string;
  readonly to?: string;
  readonly package?: string;
  readonly outcome: string;
  readonly note: string;
  readonly json?: boolean;
}

/** Exit code: 0 signed off, 64 an argument that cannot be used, 65 the package does not hold, 77 not among the auditors. */
export async function auditReview(io: Io, options: ReviewOptions): Promise<number> {
  const reviewed = await reviewOf(io, options);
  if (!reviewed.ok) return complain(io, reviewed.error);
  const gate = findGate(io, options.config);
  if (!gate.ok) return complain(io, gate.error);
  const { origin, ...input } = reviewed.value;
  const answer = await gate.value.call('/log/reviews', logReviewView, input);
  if (!answer.ok) return complain(io, answer.error);
  if (origin !== null && origin !== answer.value.origin)
    io.stderr.write('The package is of another log than that of the gate that recorded this review.\n');
  if (options.json) printJson(io, answer.value);
  else print(io, plain(`Signed off: audit.reviewed, entry ${answer.value.seq} of ${answer.value.origin}.`));
  return 0;
}

/** `origin`: of the package that was read. */
async function reviewOf(
  io: Io,
  { from, to, package: dir, outcome, note }: ReviewOptions,
): Promise<Result<LogReviewInput & { readonly origin: string | null }>> {
  const found = outcome.replace('-', '_');
  if (found !== 'in_order' && found !== 'concern')
    return refuse('usage', 'The outcome of a review is in-order or concern.');
  if (dir !== undefined) {
    if (from !== undefined || to !== undefined)
      return refuse('usage', 'A package says its period itself: leave out --from and --to.');
    const place = resolve(io.cwd, dir);
    const verified = await verifyPackage(packageIn(place), await packageMaking());
    if (!verified.ok) return refuse('log_corrupt', `The package does not hold: ${placeText(verified.error)}.`);
    const { scope } = verified.value.report;
    const manifest = createHash('sha256')
      .update(await readFile(join(place, packageFiles.manifest)))
      .digest('hex');
    return ok({ from: scope.from, to: scope.to, outcome: found, note, manifest, origin: scope.origin });
  }
  const times = [from, to].map((each) => Date.parse(each ?? ''));
  const [start = Number.NaN, end = Number.NaN] = times;
  if (!(start < end)) return refuse('usage', 'A review is of a period, two days or RFC 3339 times, or of a --package.');
  const period = { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
  return ok({ ...period, outcome: found, note, origin: null });
}
