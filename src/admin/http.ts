// What every route of the admin API shares: who calls, how a refusal is said, how a body is read. Bearer tokens only:
// no cookie is set or read, so no other site can act in a person's name.

import type { Context } from 'hono';
import type { z } from 'zod';
import { type ErrorCode, errors } from '../core/errors.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Caller } from './access.ts';
import type { ErrorView } from './contract.ts';

export interface AdminEnv {
  Bindings: { readonly local: boolean };
  Variables: { caller: Caller };
}

export function answerRefusal(refusal: Refusal): Response {
  const { code, text, next, rule } = refusal;
  const body: ErrorView = { error: { code, text, next: next ?? errors[code].next, ...(rule ? { rule } : {}) } };
  const challenge = errors[code].http === 401 ? { 'WWW-Authenticate': challengeOf(code) } : {};
  return Response.json(body, { status: errors[code].http, headers: challenge });
}

/** A JSON body of this shape; an empty body counts as `{}`. */
export async function bodyOf<T>(c: Context<AdminEnv>, shape: z.ZodType<T>): Promise<Result<T>> {
  const text = await c.req.text();
  let value: unknown = {};
  if (text !== '') {
    if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
      return refuse('invalid_request', 'The body has to be application/json.');
    try {
      value = JSON.parse(text);
    } catch {
      return refuse('invalid_request', 'The body is not JSON.');
    }
  }
  return shapeOf(value, shape);
}

/** Names the place that is wrong, never what stands there. */
export function shapeOf<T>(value: unknown, shape: z.ZodType<T>): Result<T> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') return refuse('invalid_request', 'It has a field that is not known here.');
  const place = issue?.path.join('.') ?? '';
  return refuse('invalid_request', `The field "${place}" is missing or not valid.`);
}

/** RFC 6750 §3: who has shown nothing is told no error. */
function challengeOf(code: ErrorCode): string {
  return code === 'token_missing' ? 'Bearer realm="chartgate"' : 'Bearer realm="chartgate", error="invalid_token"';
}
