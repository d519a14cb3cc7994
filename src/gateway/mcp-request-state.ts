// `requestState` (MCP 2026-07-28): what the gate has to remember of a request that waits for input is sealed (AES-256-GCM) and
// kept by the client. INVARIANT: a token opens for the subject, connection and act it was made for, until it expires, and
// once. The key survives a restart; the memory of what is spent does not, so that one leg may then be tried again.

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { canonicalJson, isJsonObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';

const nonceBytes = 12;
const tagBytes = 16;
const goodForMs = 600_000;
const spentMax = 100_000;

/** What a token is bound to besides time. */
export interface Bond {
  /** The subject, groups included. */
  readonly identity: string;
  readonly connection: string;
  readonly act: Json;
}

export interface SealedState {
  readonly token: string;
  /** Names the token. */
  readonly id: string;
}

export class RequestStates {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Until when it would be good, by id. */
  readonly #spent = new Map<string, number>();

  /** `key` is 32 random bytes. */
  constructor(key: Uint8Array, clock: Clock, random: Random) {
    this.#key = key;
    this.#clock = clock;
    this.#random = random;
  }

  seal(bond: Bond, content: JsonObject): SealedState {
    const nonce = this.#random.bytes(nonceBytes);
    const id = Buffer.from(nonce).toString('hex');
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(whoOf(bond));
    const plain = JSON.stringify({ act: digestOf(bond.act), until: this.#clock.now() + goodForMs, content });
    const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { token: sealed.toString('base64url'), id };
  }

  /** What was sealed; the token is good no more, whatever comes of it, unless it is somebody else's. Refused: invalid_params, too_many. */
  open(bond: Bond, token: Json | undefined): Result<{ readonly id: string; readonly content: JsonObject }> {
    const next = 'Call it again without requestState and inputResponses.';
    const refusal = refuse(
      'invalid_params',
      'No request waits for this input: requestState is not of this request, or has expired.',
      { next },
    );
    const sealed = Buffer.from(typeof token === 'string' ? token : '', 'base64url');
    const plain = this.#decrypt(bond, sealed);
    if (!plain) return refusal;
    const { until, content } = plain;
    const id = sealed.subarray(0, nonceBytes).toString('hex');
    const now = this.#clock.now();
    if (typeof until !== 'number' || until <= now || this.#spent.has(id)) return refusal;
    if (!this.#forgetExpired(now)) return refuse('too_many', 'Too many answers are being given.');
    this.#spent.set(id, until);
    return plain['act'] === digestOf(bond.act) && isJsonObject(content) ? ok({ id, content }) : refusal;
  }

  #decrypt(bond: Bond, sealed: Uint8Array): JsonObject | null {
    if (sealed.length < nonceBytes + tagBytes) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(whoOf(bond)).setAuthTag(sealed.subarray(-tagBytes));
    try {
      const text = decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
      const plain = parseJson(text);
      return isJsonObject(plain) ? plain : null;
    } catch {
      return null;
    }
  }

  /** False when there is no room for one more. */
  #forgetExpired(now: number): boolean {
    if (this.#spent.size < spentMax) return true;
    for (const [id, until] of this.#spent) if (until <= now) this.#spent.delete(id);
    return this.#spent.size < spentMax;
  }
}

function whoOf({ identity, connection }: Bond): Uint8Array {
  return Buffer.from(canonicalJson(['chartgate requestState 1', identity, connection]));
}

function digestOf(act: Json): string {
  return createHash('sha256').update(canonicalJson(act)).digest('base64url');
}
