// One POST to a receiver of notices: short, no redirect, nothing of the answer believed but its status and a small body.

import { fail, ok, type Result, refuse } from '../../core/result.ts';
import type { NotTaken } from '../../ports/not-taken.ts';
import { boundedBody } from '../../wire/http/bounded-body.ts';
import { retryAfterMs } from '../../wire/http/retry-after.ts';

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
): Promise<Result<string | null, NotTaken>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      // INVARIANT: a redirect would let the receiver choose where in our network the gate knocks. It is a refusal, by its status.
      redirect: 'manual',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(answerMs),
    });
    if (response.ok) return ok((await boundedBody(response.body, answerBytesMax))?.toString('utf8') ?? null);
    await response.body?.cancel();
    const pauseMs = retryAfterMs(response.headers, Date.now());
    return fail({
      code: codeOf(response.status),
      text: `it answered with status ${response.status}.`,
      ...(pauseMs === null ? {} : { retryAfterMs: pauseMs }),
    });
  } catch (error) {
    return refuse('upstream_unavailable', whyNot(error));
  }
}

/** The system's code says more than that there was no answer, and holds no address. */
function whyNot(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `it did not answer within ${answerMs / 1000} s.`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return `it could not be reached${code}.`;
}

function codeOf(status: number): 'upstream_unavailable' | 'invalid_request' | 'upstream_refused' {
  if (status >= 500 || status === 408 || status === 429) return 'upstream_unavailable';
  return status === 400 || status === 413 || status === 422 ? 'invalid_request' : 'upstream_refused';
}
