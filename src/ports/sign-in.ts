// Where people prove who they are: an identity provider of the customer, over OIDC or SAML, as the gate's sign-in sees it.

import type { Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import type { Result } from '../core/result.ts';
import type { StepUp } from '../identity/step-up.ts';

/** What came back from the provider with the browser: the whole address (OIDC), or the fields of a form (SAML). */
export type ProviderAnswer =
  | { readonly kind: 'query'; readonly url: string }
  | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> };

export interface Proof {
  /** Verified claims, `sub` among them; attributes of a SAML assertion under their names. */
  readonly claims: JsonObject;
  /** The provider's own name of this sign-in (`sid`, `SessionIndex`), by which it ends it. */
  readonly session: string | null;
  /** What may be presented once only, and until when (ms): the ID of an assertion. */
  readonly once: { readonly id: string; readonly untilMs: number } | null;
  /** When the provider has it end, where it says so (`SessionNotOnOrAfter`); ms since the epoch. */
  readonly endsMs?: number;
}

/** Who is signed out by the provider: one sign-in of theirs, or all. */
export type SignedOut =
  | { readonly session: string; readonly subject: string | null }
  | { readonly session: null; readonly subject: string };

export interface IdentityProvider {
  /**
   * Where to send the browser. `state` comes back with the answer; `keep` is for `finish`, and nobody else's.
   * Refused: upstream_unavailable.
   */
  start(flow: {
    readonly state: string;
    readonly loginHint: string | null;
    /** What this sign-in has to be besides what the provider is configured for. */
    readonly stepUp: StepUp | null;
  }): Promise<Result<{ readonly url: string; readonly keep: JsonObject }>>;
  /** Refused: sign_in_refused, upstream_unavailable. */
  finish(answer: ProviderAnswer, keep: JsonObject): Promise<Result<Proof>>;
  /** A logout token (OpenID Connect Back-Channel Logout 1.0 §2.6). Refused: sign_in_refused, unsupported. */
  signedOut(logoutToken: string): Promise<Result<SignedOut>>;
  /** SAML service-provider metadata, XML; null where there is none. */
  readonly metadata: string | null;
}

/** The gate's own authorization server, as its pages see it: an authorization request that waits for a person. */
export interface PendingAuthorization {
  readonly id: string;
  /** What is asked of the person. */
  readonly prompt: 'login' | 'consent';
  /** The client wants a sign-in newer than its request, whoever is signed in. */
  readonly fresh: boolean;
  /** ms since the epoch, in whole seconds. */
  readonly begunMs: number;
  /** The sign-in this request belongs to so far. */
  readonly signIn: string | null;
  readonly client: { readonly id: string; readonly name: string; readonly host: string };
  /** What it asks for (RFC 8707), in full. */
  readonly resources: readonly string[];
  readonly loginHint: string | null;
  /** What it asks of the sign-in, by its scopes. */
  readonly stepUp: StepUp | null;
}

export interface AuthorizationRequests {
  /** By the Cookie header: a request can only be gone on with in the browser it began in. */
  find(id: string, cookieHeader: string | undefined): Promise<PendingAuthorization | undefined>;
  /** Each returns the address to send the browser to. */
  signedIn(id: string, signIn: string): Promise<string>;
  consented(id: string): Promise<string>;
  refused(id: string): Promise<string>;
}

/** Where a person goes on to once they are signed in. */
export type Destination =
  | { readonly kind: 'authorization'; readonly id: string }
  | { readonly kind: 'page'; readonly path: string };

/** A person on the way to a provider and back. */
export interface Flow {
  readonly provider: string;
  /** SHA-256 of the cookie of the browser it began in. */
  readonly browser: string;
  /** Of the provider's `start`. */
  readonly keep: JsonObject;
  readonly destination: Destination;
  readonly stepUp: StepUp | null;
  /** The sign-in that is to be raised, where the same person proves themselves. */
  readonly raises: string | null;
}

/** A person or workload, proven by a provider or to the token endpoint, until it ends; times in ms since the epoch. */
export interface SignIn {
  readonly id: string;
  readonly subject: Subject;
  /** The provider, or the grant (RFC 6749) it comes from. */
  readonly provider: string;
  /** The sign-in whose token was exchanged for this one: it ends this one too. */
  readonly parent?: string;
  /** Who acts, the one who acts now first (RFC 8693 §4.1). */
  readonly actors?: readonly string[];
  readonly startedMs: number;
  readonly endsMs: number;
}

/** What is kept of a browser that is signed in. */
export interface BrowserRecord {
  readonly signIn: string;
  readonly csrf: string;
  readonly seenMs: number;
}
