// A credential that is the same for every request, as the configuration has it.

import { ok } from '../../core/result.ts';
import type { CredentialHeader, UpstreamCredential } from '../../ports/upstream-credential.ts';

export function fixedCredential(header: CredentialHeader): UpstreamCredential {
  return { header: () => Promise.resolve(ok(header)), rejected: () => false };
}
