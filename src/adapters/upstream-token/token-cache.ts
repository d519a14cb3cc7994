// A bearer token kept until shortly before it runs out: one request for it at a time, whoever waits; a new one once the
// upstream has refused it, and no more than that, so that two sides that disagree do not keep a token endpoint busy.

import { ok, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CredentialHeader, IssuedToken, UpstreamCredential } from '../../ports/upstream-credential.ts';

/** Renewed so long before its end, or a tenth of its life, whichever is less. */
const marginMsMax = 60_000;
/** A token that is refused younger than this is not renewed again: the next one would be refused too. */
const renewalMsMin = 5_000;

export class TokenCache implements UpstreamCredential {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #issue: () => Promise<Result<IssuedToken>>;
  #held: (IssuedToken & { readonly renewMs: number; readonly sinceMs: number; readonly renewal: boolean }) | null =
    null;
  #asking: Promise<Result<string>> | null = null;
  #refused = false;

  /** `issue` never rejects. */
  constructor(clock: Pick<Clock, 'now'>, issue: () => Promise<Result<IssuedToken>>) {
    this.#clock = clock;
    this.#issue = issue;
  }

  async header(): Promise<Result<CredentialHeader>> {
    const held = this.#held;
    if (held && this.#clock.now() < held.renewMs) return ok(headerOf(held.token));
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    const token = await this.#asking;
    return token.ok ? ok(headerOf(token.value)) : token;
  }

  rejected(value: string): boolean {
    const held = this.#held;
    // Somebody else has had it renewed meanwhile.
    if (!held || headerOf(held.token).value !== value) return true;
    if (held.renewal && this.#clock.now() - held.sinceMs < renewalMsMin) return false;
    this.#held = null;
    this.#refused = true;
    return true;
  }

  async #ask(): Promise<Result<string>> {
    const issued = await this.#issue();
    if (!issued.ok) return issued;
    const { token, expiresMs } = issued.value;
    const now = this.#clock.now();
    const renewMs = expiresMs - Math.min(marginMsMax, Math.max(0, expiresMs - now) / 10);
    this.#held = { token, expiresMs, renewMs, sinceMs: now, renewal: this.#refused };
    this.#refused = false;
    return ok(token);
  }
}

function headerOf(token: string): CredentialHeader {
  return { name: 'authorization', value: `Bearer ${token}` };
}
