// Sign-in to an upstream, mostly as the gate's own login: StartupMessage to the first ReadyForQuery (PostgreSQL protocol, "Start-up").

import type { ErrorCode } from '../../core/errors.ts';
import type { UpstreamTarget } from '../../ports/postgres-upstream.ts';
import type { Random } from '../../ports/random.ts';
import {
  type Authentication,
  decodeAuthentication,
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from '../../wire/postgres/authentication.ts';
import { type BackendKeyData, decodeBackendKeyData } from '../../wire/postgres/cancel.ts';
import { decodeNoticeFields } from '../../wire/postgres/error-fields.ts';
import { type Frame, FrameReader } from '../../wire/postgres/frame.ts';
import { backendSignIn } from '../../wire/postgres/messages.ts';
import { md5Password } from '../../wire/postgres/password.ts';
import { type ChannelBinding, type SaltPassword, ScramClient } from '../../wire/postgres/scram.ts';
import { encodeStartupMessage } from '../../wire/postgres/startup.ts';
import { decodeParameterStatus, decodeReadyForQuery } from '../../wire/postgres/status.ts';
import type { Transport } from './upstream-transport.ts';

export interface SignedIn {
  readonly parameters: ReadonlyMap<string, string>;
  readonly processId: number;
  readonly secretKey: Uint8Array;
}

export interface LoginDeps {
  readonly random: Random;
  /** Default: computed for each sign-in. */
  readonly saltPassword?: SaltPassword;
  /** Whose login it is, as a refusal says it. Default: the gate's. */
  readonly login?: string;
}

export class LoginFailure extends Error {
  override readonly name = 'LoginFailure';
  readonly code: Extract<ErrorCode, 'upstream_unavailable' | 'upstream_refused' | 'upstream_protocol'>;

  constructor(code: LoginFailure['code'], text: string) {
    super(text);
    this.code = code;
  }
}

/** @throws LoginFailure, ProtocolError */
export async function signIn(
  transport: Transport,
  target: UpstreamTarget,
  startup: Readonly<Record<string, string>>,
  deps: LoginDeps,
): Promise<SignedIn> {
  const { flow } = transport;
  const { login = "the gate's login" } = deps;
  const messages = new Messages(transport, login);
  flow.write(encodeStartupMessage(Object.entries({ ...startup, user: target.user, database: target.database })));
  await authenticate(messages, transport, target, { ...deps, login });

  const parameters = new Map<string, string>();
  let key: BackendKeyData | null = null;
  for (;;) {
    const { type, body } = await messages.next();
    switch (String.fromCharCode(type)) {
      case 'S': {
        const { name, value } = decodeParameterStatus(body);
        parameters.set(name, value);
        break;
      }
      case 'K':
        key = decodeBackendKeyData(body);
        break;
      case 'N':
        break;
      case 'Z':
        decodeReadyForQuery(body);
        flow.unread(messages.takeRest());
        // A copy: the message is a slice of a chunk that would stay in memory with it.
        return { parameters, processId: key?.processId ?? 0, secretKey: Uint8Array.from(key?.secretKey ?? []) };
      default:
        throw unexpected();
    }
  }
}

async function authenticate(
  messages: Messages,
  transport: Transport,
  target: UpstreamTarget,
  deps: LoginDeps & { readonly login: string },
): Promise<void> {
  const { flow } = transport;
  const asked = await messages.authentication();
  switch (asked.kind) {
    case 'ok':
      return;
    case 'cleartext':
      if (!transport.encrypted && !transport.local) {
        throw new LoginFailure(
          'upstream_refused',
          'The upstream asks for the password in clear over a network: require TLS.',
        );
      }
      flow.write(encodePasswordMessage(passwordOf(target, deps.login)));
      break;
    case 'md5':
      flow.write(encodePasswordMessage(md5Password(target.user, passwordOf(target, deps.login), asked.salt)));
      break;
    case 'sasl':
      await scram(messages, transport, passwordOf(target, deps.login), asked.mechanisms, deps);
      break;
    case 'other':
      throw new LoginFailure(
        'upstream_refused',
        'The upstream asks for a way to sign in that the gate does not speak.',
      );
    case 'saslContinue':
    case 'saslFinal':
      throw unexpected();
  }
  // Who has an answer asks for no other: one password, by one way.
  if ((await messages.authentication()).kind !== 'ok') throw unexpected();
}

/** INVARIANT: the server's signature is verified, or the server is not who it claims to be. */
async function scram(
  messages: Messages,
  { flow, encrypted, endPoint }: Transport,
  password: string,
  mechanisms: readonly string[],
  { random, saltPassword }: LoginDeps,
): Promise<void> {
  const plus = mechanisms.includes('SCRAM-SHA-256-PLUS');
  const binding: ChannelBinding =
    encrypted && endPoint ? (plus ? { kind: 'bound', endPoint } : { kind: 'offered' }) : { kind: 'none' };
  const nonce = Buffer.from(random.bytes(18)).toString('base64');
  const client = new ScramClient({ password, nonce, binding, ...(saltPassword ? { saltPassword } : {}) });
  if (!mechanisms.includes(client.mechanism)) {
    throw new LoginFailure('upstream_refused', 'The upstream offers no SASL mechanism that the gate speaks.');
  }
  flow.write(encodeSaslInitialResponse(client.mechanism, client.first()));
  const first = await messages.authentication();
  if (first.kind !== 'saslContinue') throw unexpected();
  flow.write(encodeSaslResponse(client.final(first.data)));
  const final = await messages.authentication();
  if (final.kind !== 'saslFinal') throw unexpected();
  if (!client.verify(final.data)) {
    throw new LoginFailure(
      'upstream_refused',
      'The upstream could not prove that it knows the password: it may be an impostor.',
    );
  }
}

function passwordOf({ password }: UpstreamTarget, login: string): string {
  if (password !== null) return password;
  throw new LoginFailure('upstream_refused', `The upstream asks for a password, and ${login} has been given none.`);
}

function unexpected(): LoginFailure {
  return new LoginFailure('upstream_protocol', 'The upstream sent a message that does not belong into a sign-in.');
}

/** Backend messages one at a time. An ErrorResponse or the end of the connection is a failure of the sign-in. */
class Messages {
  readonly #reader = new FrameReader(backendSignIn);
  readonly #login: string;
  #closed = false;
  #wake: () => void = () => {};

  constructor({ flow }: Transport, login: string) {
    this.#login = login;
    flow.onClose(() => {
      this.#closed = true;
      this.#wake();
    });
    flow.onEnd(() => flow.destroy());
    flow.onData((chunk) => {
      this.#reader.push(chunk);
      this.#wake();
    });
  }

  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.#reader.next();
      if (frame && String.fromCharCode(frame.type) === 'E') {
        throw refusedLogin(this.#login, sqlstateOf(decodeNoticeFields(frame.body).get('C') ?? ''));
      }
      if (frame) return frame;
      if (this.#closed)
        throw new LoginFailure('upstream_unavailable', 'The upstream closed the connection during sign-in.');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async authentication(): Promise<Authentication> {
    for (;;) {
      const { type, body } = await this.next();
      if (String.fromCharCode(type) === 'R') return decodeAuthentication(body);
      // NegotiateProtocolVersion and NoticeResponse may come at any time before.
      if (!'vN'.includes(String.fromCharCode(type))) throw unexpected();
    }
  }

  takeRest(): Buffer {
    return this.#reader.takeRest();
  }
}

/** What a server means by refusing a login (PostgreSQL, appendix A); its own words stay out. */
const refusals: Readonly<Record<string, string>> = {
  '28000': 'its pg_hba.conf does not let this login in from here',
  '28P01': 'the password is not that of the login',
  '3D000': 'there is no such database',
  '42501': 'the login may not connect to this database',
};

/** Over in a moment, perhaps. */
const passing: Readonly<Record<string, string>> = {
  '53300': 'it has too many connections',
  '57P03': 'it is starting or stopping',
};

function refusedLogin(login: string, sqlstate: string): LoginFailure {
  const why = refusals[sqlstate] ?? passing[sqlstate];
  return new LoginFailure(
    passing[sqlstate] === undefined ? 'upstream_refused' : 'upstream_unavailable',
    `The upstream refused ${login}${why === undefined ? '' : `: ${why}`} (SQLSTATE ${sqlstate}).`,
  );
}

function sqlstateOf(text: string): string {
  return /^[0-9A-Z]{5}$/.test(text) ? text : 'unknown';
}
