// How a caller of the PostgreSQL door proves who it is: a short-lived credential by SCRAM, a bearer token by OAUTHBEARER, or
// a token as the password. INVARIANT: a token is asked for only over TLS or loopback, and never leaves this file.

import type { Subject } from '../core/facts.ts';
import { limits } from '../core/limits.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { answersTo } from '../identity/subject.ts';
import type { Clock } from '../ports/clock.ts';
import type { Credentials } from '../ports/credentials.ts';
import type { ByteStream } from '../ports/postgres-upstream.ts';
import type { Random } from '../ports/random.ts';
import {
  decodePasswordMessage,
  decodeSaslInitialResponse,
  encodeAuthentication,
} from '../wire/postgres/authentication.ts';
import {
  type BearerDiscovery,
  decodeBearerResponse,
  encodeBearerFailure,
  isBearerFarewell,
  oauthBearer,
} from '../wire/postgres/oauthbearer.ts';
import { malformed, ProtocolError } from '../wire/postgres/protocol-error.ts';
import { mockVerifier, ScramServer } from '../wire/postgres/scram.ts';
import type { IsSignedOut } from './caller-tokens.ts';
import type { StreamReader } from './stream-reader.ts';

export interface SignInDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly credentials: Credentials;
  /** Refused: token_*, signed_out. */
  readonly authenticate: (token: string, connection: string) => Promise<Result<Subject>>;
  readonly isSignedOut: IsSignedOut;
  /** Where a token for this connection is got; null where nobody signs in at this gate. */
  readonly discovery: (connection: string) => BearerDiscovery | null;
  /** Keys the mock exchange for users that do not exist. */
  readonly mockSecret: Uint8Array;
}

export interface SignedIn {
  readonly subject: Subject;
  readonly method: 'scram' | 'jwt' | 'oauthbearer';
  /** The only connection the credential is good for; null = policy decides. */
  readonly connection: string | null;
  /** The MCP session the credential was made for. */
  readonly parentSession: string | null;
}

/** Users the gate itself has named are known by this. */
export const credentialPrefix = 'cg_';
/**
 * Whoever comes under this name is who their token says. No client tells before it is asked that it knows OAUTHBEARER, and one
 * that does not gives up when it is offered nothing else: so the name decides, and under any other all is as it was.
 */
const bearerUser = 'oauth';
export const scramIterations = 4096;

interface Caller {
  readonly user: string;
  readonly connection: string;
}

export async function signIn(
  deps: SignInDeps,
  client: ByteStream,
  reader: StreamReader,
  caller: Caller,
): Promise<Result<SignedIn>> {
  try {
    if (caller.user.startsWith(credentialPrefix)) return await signInByScram(deps, client, reader, caller.user);
    if (!client.encrypted && !client.loopback)
      return refuse('tls_required', 'A token may only be sent over TLS or loopback.');
    const byToken = caller.user === bearerUser ? signInByBearer : signInByPassword;
    return await byToken(deps, client, reader, caller);
  } catch (error) {
    if (error instanceof ProtocolError) return refuse(error.code, error.message);
    throw error;
  }
}

async function signInByPassword(
  deps: SignInDeps,
  client: ByteStream,
  reader: StreamReader,
  { user, connection }: Caller,
): Promise<Result<SignedIn>> {
  client.write(encodeAuthentication({ kind: 'cleartext' }));
  const body = await passwordMessage(reader);
  if (!body) return left();
  const authenticated = await deps.authenticate(decodePasswordMessage(body), connection);
  if (!authenticated.ok) return authenticated;
  const subject = authenticated.value;
  if (!answersTo(subject, user)) return notTheUser();
  return ok({ subject, method: 'jwt', connection: null, parentSession: null });
}

async function signInByBearer(
  deps: SignInDeps,
  client: ByteStream,
  reader: StreamReader,
  { connection }: Caller,
): Promise<Result<SignedIn>> {
  client.write(encodeAuthentication({ kind: 'sasl', mechanisms: [oauthBearer] }));
  const initial = await passwordMessage(reader);
  if (!initial) return left();
  const { mechanism, data } = decodeSaslInitialResponse(initial);
  if (mechanism !== oauthBearer) return malformed('SASLInitialResponse');
  // RFC 4422 §3.3: who has said nothing yet is asked for it by an empty challenge.
  if (!data) client.write(encodeAuthentication({ kind: 'saslContinue', data: Buffer.alloc(0) }));
  const response = data ?? (await passwordMessage(reader));
  if (!response) return left();
  const { authorizationId, auth } = decodeBearerResponse(response);
  const authenticated = await deps.authenticate(/^Bearer +(\S+)$/i.exec(auth)?.[1] ?? '', connection);
  if (authenticated.ok && (authorizationId === null || answersTo(authenticated.value, authorizationId)))
    return ok({ subject: authenticated.value, method: 'oauthbearer', connection: null, parentSession: null });
  // INVARIANT: the client is told where to get a token whatever was wrong with its own, and why only in the error at the end.
  client.write(encodeAuthentication({ kind: 'saslContinue', data: encodeBearerFailure(deps.discovery(connection)) }));
  const farewell = await passwordMessage(reader);
  if (farewell && !isBearerFarewell(farewell)) return malformed('OAUTHBEARER message');
  return authenticated.ok ? notTheUser() : authenticated;
}

async function signInByScram(
  deps: SignInDeps,
  client: ByteStream,
  reader: StreamReader,
  user: string,
): Promise<Result<SignedIn>> {
  const found = deps.credentials.find(user);
  const credential = found && deps.clock.now() < found.expiresMs ? found : undefined;
  const server = new ScramServer({
    // INVARIANT: an unknown or expired user meets the same exchange as a wrong password.
    verifier: credential?.verifier ?? mockVerifier(user, deps.mockSecret, scramIterations),
    nonce: Buffer.from(deps.random.bytes(18)).toString('base64'),
    endPoint: client.encrypted ? client.endPoint : null,
  });
  client.write(encodeAuthentication({ kind: 'sasl', mechanisms: server.mechanisms }));
  const initial = await passwordMessage(reader);
  if (!initial) return left();
  const { mechanism, data } = decodeSaslInitialResponse(initial);
  if (!data) return malformed('SASLInitialResponse');
  client.write(encodeAuthentication({ kind: 'saslContinue', data: server.first(mechanism, data) }));
  const response = await passwordMessage(reader);
  if (!response) return left();
  const final = server.final(response);
  if (!final || !credential) {
    return found && !credential
      ? refuse('token_expired', 'This database credential has expired or is wrong.', {
          next: 'Get a new one: chartgate connect.',
        })
      : refuse('token_invalid', 'The user name or password is wrong.', {
          next: 'Get a new credential: chartgate connect.',
        });
  }
  client.write(encodeAuthentication({ kind: 'saslFinal', data: final }));
  return ok({
    subject: credential.subject,
    method: 'scram',
    connection: credential.connection,
    parentSession: credential.parentSession,
  });
}

function left(): Result<never> {
  return refuse('token_missing', 'The client left without a credential.');
}

function notTheUser(): Result<never> {
  return refuse('user_mismatch', 'The user name is not the subject of the token.');
}

/** The body of the next 'p' message; null when the client leaves. */
async function passwordMessage(reader: StreamReader): Promise<Buffer | null> {
  const taken = await reader.take((bytes) => {
    if (bytes.length < 5) return undefined;
    if (bytes[0] !== 0x70) return malformed('sign-in: a message other than a password');
    const length = bytes.readUInt32BE(1);
    if (length < 4) return malformed('PasswordMessage');
    if (length > limits.passwordBytesMax)
      throw new ProtocolError('too_large', 'The credential is larger than any should be.');
    return bytes.length < length + 1
      ? undefined
      : { body: bytes.subarray(5, length + 1), rest: bytes.subarray(length + 1) };
  });
  return taken?.body ?? null;
}
