// One POST to a receiver of notices: short, no redirect, nothing of the answer believed but its status and a small body.

import { ok, type Result, refuse } from '../../core/result.ts';
import { boundedBody } from '../../wire/http/bounded-body.ts';

const answerMs = 10_000;
const answerBytesMax = 65_536;

/**
 * The body of a 2xx answer; null where it is larger than anything that is looked for in one. Refused: upstream_unavailable
 * for no answer, 408, 429 and 5xx; invalid_request for what is said of the body (400, 413, 422); upstream_refused for any
 * other. Never rejects; no error holds the address, which may be a secret.
 */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Result<string | null>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      // INVARIANT: a redirect would let the receiver choose where in our network the gate knocks.
      redirect: 'error',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(answerMs),
    });
    if (response.ok) return ok((await boundedBody(response.body, answerBytesMax))?.toString('utf8') ?? null);
    await response.body?.cancel();
    return refuse(codeOf(response.status), `it answered with status ${response.status}.`);
  } catch {
    return refuse('upstream_unavailable', 'it did not answer.');
  }
}

function codeOf(status: number): 'upstream_unavailable' | 'invalid_request' | 'upstream_refused' {
  if (status >= 500 || status === 408 || status === 429) return 'upstream_unavailable';
  return status === 400 || status === 413 || status === 422 ? 'invalid_request' : 'upstream_refused';
}
