// What a client the operator knows may have without a browser, and who may assert a person to it.

import type { Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { Result } from '../core/result.ts';
import type { TrustedIssuer } from './token.ts';

/** A client of the configuration; what it may not do is null or empty. */
export interface KnownClient {
  /** It may come in as this. */
  readonly workload: { readonly subject: string; readonly groups: readonly string[] } | null;
  /** Issuers whose subjects it may act for, and who else may act through it. */
  readonly exchange: {
    readonly subjects: readonly string[];
    readonly actors: readonly { readonly issuer: string; readonly subjects: readonly string[] }[];
  } | null;
  /** Issuers of ID-JAGs. */
  readonly assertions: readonly string[];
  /** As `mcp/<connection>`, `postgres/<connection>`, `api`. Null: every connection's. */
  readonly doors: readonly string[] | null;
}

/** Who may assert a person (ID-JAG), and who that person then is. */
export interface Asserter extends Pick<TrustedIssuer, 'issuer' | 'resolve'> {
  /** Refused: sign_in_refused, token_invalid. */
  readonly subjectOf: (claims: JsonObject) => Result<Subject>;
}
