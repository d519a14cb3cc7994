// Small records that end by themselves: sign-ins, OAuth grants and tokens, requests on their way to an identity provider.
// Kept sealed, and under keyed names: a stolen store gives nobody a token.

import type { JWK } from 'jose';
import type { JsonObject } from '../core/json.ts';
import type { BrowserRecord, Flow, ProviderAnswer, SignIn } from './sign-in.ts';
import type { Account, AccountFlow, ClientRegistration } from './upstream-account.ts';

/** What is kept of each kind. */
export interface KeptKinds {
  /** By its state. */
  readonly flow: Flow;
  /** Answers that wait for their browser, by ticket. */
  readonly parked: { readonly state: string; readonly answer: ProviderAnswer };
  readonly 'sign-in': SignIn;
  /** By the cookie. */
  readonly browser: BrowserRecord;
  /** What counts once, and has been seen. */
  readonly presented: { readonly atMs: number };
  /** By issuer and subject: tokens made until then count no more. */
  readonly 'tokens ended': { readonly atMs: number };
  readonly 'signing key': JWK;
  /** By connection and subject. */
  readonly account: Account;
  /** By state. */
  readonly 'account flow': AccountFlow;
  /** The gate's own registration (RFC 7591), by connection and authorization server. */
  readonly 'account client': ClientRegistration;
  /** By model of the authorization server. */
  readonly [model: `oauth ${string}`]: JsonObject;
}

/** Values a record can be found by besides its id. */
export type RecordIndex = 'grant' | 'uid' | 'userCode' | 'subject' | 'session';

export interface KeptRecords {
  /** Durable when it returns. A record of the same kind and id is replaced. */
  put<K extends keyof KeptKinds>(
    kind: K,
    id: string,
    value: KeptKinds[K],
    expiresMs: number,
    indexes?: Readonly<Partial<Record<RecordIndex, string>>>,
  ): void;
  /** Undefined when there is none, or when its time is over. */
  get<K extends keyof KeptKinds>(kind: K, id: string, now: number): KeptKinds[K] | undefined;
  /** Gets it for the last time: of two callers one gets it. */
  take<K extends keyof KeptKinds>(kind: K, id: string, now: number): KeptKinds[K] | undefined;
  find<K extends keyof KeptKinds>(kind: K, index: RecordIndex, value: string, now: number): readonly KeptKinds[K][];
  remove(kind: keyof KeptKinds, id: string): void;
  /** Of every kind. */
  removeBy(index: RecordIndex, value: string): void;
  removeExpired(now: number): void;
}
