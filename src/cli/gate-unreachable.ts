// Why a gate was not reached, as the connection's own error says it, and what to do about it.

import { type Refusal, refuse } from '../core/result.ts';

/** A certificate nobody known here has signed, in the words of OpenSSL. */
const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** @param where the gate's address, or its socket */
export function gateUnreachable(where: string, error: unknown): { readonly ok: false; readonly error: Refusal } {
  const cause = causeOf(error);
  const code = cause && 'code' in cause ? String(cause.code) : '';
  if (unknownAuthority.has(code))
    return refuse('gate_unreachable', `The certificate of ${where} is of an authority this machine does not know.`, {
      next: "Name the file with that authority's certificate in NODE_EXTRA_CA_CERTS.",
    });
  if (code === 'CERT_HAS_EXPIRED')
    return refuse('gate_unreachable', `The certificate of ${where} has expired.`, {
      next: 'The operator of the gate has to renew it.',
    });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refuse('gate_unreachable', `The certificate of ${where} is for another name.`, {
      next: "Use the name in it: the gate's public_url.",
    });
  return refuse('gate_unreachable', `The gate does not answer at ${where}: ${cause?.message || code || 'no answer'}.`);
}

/** What lies at the bottom: `fetch` and the clients built on it wrap what the connection said. */
function causeOf(error: unknown): Error | null {
  if (!(error instanceof Error)) return null;
  return causeOf(error.cause) ?? error;
}
