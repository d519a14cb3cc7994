// One request to a JSON API of a key or secret service. Over TLS, or to this machine; no redirect is followed, and no answer is
// repeated in an error.

import { isPotentiallyTrustworthy } from '../../core/loopback.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import { boundedBody } from '../../wire/http/bounded-body.ts';

const answerMs = 10_000;
const answerBytesMax = 1_048_576;

export interface Ask {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** `service`: as a person reads it. Refused: secret_unresolved. */
export async function askJson(service: string, { url, headers, body }: Ask): Promise<Result<unknown>> {
  const target = URL.parse(url);
  if (!target || !isSafe(target))
    return refuse('secret_unresolved', `${service} is not at an https address (http only on loopback).`);
  try {
    const response = await fetch(target, {
      method: body ? 'POST' : 'GET',
      headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
      redirect: 'manual',
      signal: AbortSignal.timeout(answerMs),
    });
    const bytes = await boundedBody(response.body, answerBytesMax);
    if (response.status !== 200)
      return refuse('secret_unresolved', `${service} answered with HTTP status ${response.status}.`, {
        next: 'Check the name in the configuration and what the credential of the gate may do there.',
      });
    if (!bytes) return refuse('secret_unresolved', `${service} sent more than the gate accepts.`);
    return ok(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'did not answer with JSON' : 'cannot be reached';
    return refuse('secret_unresolved', `${service} ${why}.`, { next: 'Check its address, and the way to it.' });
  }
}

/** The metadata server of Google Cloud is asked over http: its network ends at this machine. */
function isSafe(url: URL): boolean {
  return isPotentiallyTrustworthy(url) || (url.protocol === 'http:' && url.hostname === 'metadata.google.internal');
}

/** A text at a path of nested objects. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>(
    (each, key) => (typeof each === 'object' && each !== null ? Reflect.get(each, key) : undefined),
    value,
  );
  return typeof found === 'string' ? found : undefined;
}
