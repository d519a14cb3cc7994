// SCRAM-SHA-256 and -PLUS, both sides (RFC 5802, RFC 7677; channel binding tls-server-end-point, RFC 5929 §4).
// Nonces are passed in. A verifier proves a password; only its owner's side ever holds the password itself.

import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { decodeText } from './body.ts';
import { preparePassword } from './password.ts';
import { malformed } from './protocol-error.ts';

/** What a server keeps (RFC 5802 §3). */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';

/**
 * The client's stand on channel binding (RFC 5802 §6): `bound` with the hash of the server's certificate; `offered` when
 * the client could but the server does not; `none` when the client cannot.
 */
export type ChannelBinding =
  | { readonly kind: 'bound'; readonly endPoint: Uint8Array }
  | { readonly kind: 'offered' }
  | { readonly kind: 'none' };

const keyBytes = 32;
/** A hostile server may not keep the gate busy for seconds. */
const iterationsMax = 1_000_000;

/** SaltedPassword of RFC 5802 §3. `password` is prepared (RFC 4013). */
export type SaltPassword = (password: string, salt: Uint8Array, iterations: number) => Uint8Array;

const saltPassword: SaltPassword = (password, salt, iterations) =>
  pbkdf2Sync(password, salt, iterations, keyBytes, 'sha256');

const rememberedMax = 16;

/**
 * Salts a password once for all sign-ins with it, as clients may (RFC 5802 §5.1): thousands of rounds that keep every other
 * session waiting. A server has one salt for a login, so few are kept.
 */
export function rememberedSalting(): SaltPassword {
  const known = new Map<string, Uint8Array>();
  return (password, salt, iterations) => {
    const key = `${iterations} ${Buffer.from(salt).toString('base64')} ${password}`;
    const before = known.get(key);
    if (before) return before;
    const salted = saltPassword(password, salt, iterations);
    if (known.size >= rememberedMax) known.clear();
    known.set(key, salted);
    return salted;
  };
}

export function deriveVerifier(password: string, salt: Uint8Array, iterations: number): ScramVerifier {
  const salted = saltPassword(preparePassword(password), salt, iterations);
  return {
    iterations,
    salt,
    storedKey: hash(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/**
 * For a user that does not exist: an exchange that looks like any other, the same each time (the salt depends on the name
 * alone), and that no password satisfies. `secret` is the gate's own, at least 32 bytes.
 */
export function mockVerifier(user: string, secret: Uint8Array, iterations: number): ScramVerifier {
  return {
    iterations,
    salt: hmac(secret, `salt:${user}`).subarray(0, 16),
    storedKey: hmac(secret, `stored key:${user}`),
    serverKey: hmac(secret, `server key:${user}`),
  };
}

export class ScramClient {
  readonly mechanism: ScramMechanism;
  readonly #password: string;
  readonly #nonce: string;
  readonly #gs2: string;
  readonly #binding: ChannelBinding;
  readonly #saltPassword: SaltPassword;
  #serverSignature: Buffer | null = null;

  /** `nonce`: printable, fresh for each exchange, e.g. 18 random bytes in base 64. */
  constructor(options: {
    readonly password: string;
    readonly nonce: string;
    readonly binding: ChannelBinding;
    readonly saltPassword?: SaltPassword;
  }) {
    this.#saltPassword = options.saltPassword ?? saltPassword;
    this.#password = preparePassword(options.password);
    this.#nonce = options.nonce;
    this.#binding = options.binding;
    this.mechanism = options.binding.kind === 'bound' ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
    this.#gs2 = { bound: 'p=tls-server-end-point,,', offered: 'y,,', none: 'n,,' }[options.binding.kind];
  }

  /** client-first-message. The user name stays empty: PostgreSQL takes it from the StartupMessage. */
  first(user = ''): Buffer {
    return Buffer.from(this.#gs2 + this.#firstBare(user));
  }

  #firstBare(user: string): string {
    return `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${this.#nonce}`;
  }

  /** client-final-message for a server-first-message. @throws ProtocolError */
  final(serverFirst: Uint8Array, user = ''): Buffer {
    const text = decodeText(serverFirst, 'SCRAM server-first-message');
    const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([^,]+),i=([1-9]\d{0,6})(?:,.*)?$/s.exec(text);
    if (!match) return malformed('SCRAM server-first-message');
    const [, nonce = '', salt = '', count = ''] = match;
    const iterations = Number(count);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || iterations > iterationsMax) {
      return malformed('SCRAM server-first-message');
    }
    const endPoint = this.#binding.kind === 'bound' ? this.#binding.endPoint : new Uint8Array();
    const bound = Buffer.concat([Buffer.from(this.#gs2), endPoint]).toString('base64');
    const withoutProof = `c=${bound},r=${nonce}`;
    const authMessage = `${this.#firstBare(user)},${text},${withoutProof}`;
    const salted = this.#saltPassword(this.#password, decodeBase64(salt, 'SCRAM salt'), iterations);
    const clientKey = hmac(salted, 'Client Key');
    const proof = xor(clientKey, hmac(hash(clientKey), authMessage));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /** Whether the server knows the password too. Only then is it the server it claims to be. */
  verify(serverFinal: Uint8Array): boolean {
    const signature = /^v=([^,]+)(?:,.*)?$/s.exec(Buffer.from(serverFinal).toString('latin1'))?.[1];
    return (
      signature !== undefined &&
      this.#serverSignature !== null &&
      equal(decodeBase64(signature, 'SCRAM signature'), this.#serverSignature)
    );
  }
}

export class ScramServer {
  readonly #verifier: ScramVerifier;
  readonly #nonce: string;
  readonly #endPoint: Uint8Array | null;
  #exchange: {
    readonly serverFirst: string;
    readonly clientFirstBare: string;
    readonly gs2: string;
    readonly nonce: string;
  } | null = null;

  /** `endPoint`: the hash of the certificate this connection is secured with; null = -PLUS is not offered. */
  constructor(options: {
    readonly verifier: ScramVerifier;
    readonly nonce: string;
    readonly endPoint: Uint8Array | null;
  }) {
    this.#verifier = options.verifier;
    this.#nonce = options.nonce;
    this.#endPoint = options.endPoint;
  }

  /** The best first. */
  get mechanisms(): ScramMechanism[] {
    return this.#endPoint ? ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'] : ['SCRAM-SHA-256'];
  }

  /** server-first-message for a client-first-message. @throws ProtocolError */
  first(mechanism: string, clientFirst: Uint8Array): Buffer {
    const text = decodeText(clientFirst, 'SCRAM client-first-message');
    const match = /^(n|y|p=[A-Za-z0-9.-]+),,(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+))(?:,.*)?$/s.exec(text);
    if (!match || !(this.mechanisms as string[]).includes(mechanism)) return malformed('SCRAM client-first-message');
    const [, flag = '', , clientNonce = ''] = match;
    const plus = mechanism === 'SCRAM-SHA-256-PLUS';
    if (plus !== flag.startsWith('p=') || (plus && flag !== 'p=tls-server-end-point')) {
      return malformed('SCRAM channel binding');
    }
    // The client believes -PLUS was not offered: someone between the two took it away (RFC 5802 §6).
    if (flag === 'y' && this.#endPoint) return malformed('SCRAM channel binding');
    const nonce = clientNonce + this.#nonce;
    const salt = Buffer.from(this.#verifier.salt).toString('base64');
    const serverFirst = `r=${nonce},s=${salt},i=${this.#verifier.iterations}`;
    this.#exchange = { serverFirst, clientFirstBare: text.slice(flag.length + 2), gs2: `${flag},,`, nonce };
    return Buffer.from(serverFirst);
  }

  /** server-final-message for a client-final-message, or null when the proof does not hold. @throws ProtocolError */
  final(clientFinal: Uint8Array): Buffer | null {
    const exchange = this.#exchange;
    this.#exchange = null;
    const text = decodeText(clientFinal, 'SCRAM client-final-message');
    const match = /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/s.exec(text);
    if (!exchange || !match) return malformed('SCRAM client-final-message');
    const [, withoutProof = '', bound = '', nonce = '', encodedProof = ''] = match;
    if (nonce !== exchange.nonce) return malformed('SCRAM nonce');
    const endPoint = exchange.gs2.startsWith('p=') ? (this.#endPoint ?? new Uint8Array()) : new Uint8Array();
    if (!equal(decodeBase64(bound, 'SCRAM binding'), Buffer.concat([Buffer.from(exchange.gs2), endPoint]))) return null;
    const proof = decodeBase64(encodedProof, 'SCRAM proof');
    if (proof.length !== keyBytes) return malformed('SCRAM proof');
    const authMessage = `${exchange.clientFirstBare},${exchange.serverFirst},${withoutProof}`;
    const clientKey = xor(proof, hmac(this.#verifier.storedKey, authMessage));
    if (!equal(hash(clientKey), this.#verifier.storedKey)) return null;
    return Buffer.from(`v=${hmac(this.#verifier.serverKey, authMessage).toString('base64')}`);
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Strict: one text for one value (RFC 5802 §5.1). */
function decodeBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : malformed(what);
}
