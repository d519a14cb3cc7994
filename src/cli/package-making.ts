// What this release makes of a report, whole: the same for who writes a package and for who verifies one.

import { printReport } from '../adapters/evidence-pdf/print.ts';
import type { PackageOptions } from '../audit/evidence/verify.ts';
import { evidencePage } from './evidence-page.ts';
import { packagedVerifier } from './packaged-verifier.ts';
import { release } from './release.ts';

interface PackageMaking extends PackageOptions {
  readonly print: NonNullable<PackageOptions['print']>;
  readonly verifier: NonNullable<PackageOptions['verifier']>;
}

export async function packageMaking(): Promise<PackageMaking> {
  return { release, page: evidencePage, print: printReport, verifier: await packagedVerifier() };
}
