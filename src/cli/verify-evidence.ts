// `chartgate verify-evidence`: an evidence package, verified offline with nothing but its directory and a public key.

import type { Io } from './io.ts';
import { packageMaking } from './package-making.ts';
import { type VerifyPackageOptions, verifyPackageAt } from './verify-package.ts';

/** Exit code: 0 holds, 65 not, 66 no package there, 64 an argument that cannot be used. */
export async function verifyEvidence(io: Io, dir: string, options: VerifyPackageOptions): Promise<number> {
  return verifyPackageAt(io, dir, options, await packageMaking());
}
