// Tokens of the command line from a gate's own authorization server: by device code (RFC 8628), refreshed, revoked. A token
// is asked for with the gate's API as its resource, so that it opens nothing else.

import * as client from 'openid-client';
import { ok, type Result, refuse } from '../core/result.ts';
import { gateUnreachable } from './gate-unreachable.ts';
import { type Io, plain } from './io.ts';
import { inTurn, readSignIn, type SavedSignIn, writeSignIn } from './sign-in-file.ts';

const clientId = 'chartgate-cli';
/** A token that ends sooner than this is refreshed first. */
const marginMs = 30_000;

/** @param gate origin of the gate. Refused: gate_unreachable, unsupported. */
async function serverOf(gate: string): Promise<Result<client.Configuration>> {
  const insecure = gate.startsWith('http:') ? [client.allowInsecureRequests] : [];
  try {
    const options = { algorithm: 'oauth2', execute: insecure, timeout: 15 } as const;
    return ok(await client.discovery(new URL(gate), clientId, undefined, client.None(), options));
  } catch (error) {
    const code = error instanceof client.ClientError ? error.code : undefined;
    if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM')
      return refuse(
        'unsupported',
        `Nobody signs in at the gate at ${gate}: no identity provider is configured there.`,
        {
          next: 'Set CHARTGATE_TOKEN to a token from a trusted issuer.',
        },
      );
    if (code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
      return refuse('gate_unreachable', `The gate at ${gate} has another public address.`, {
        next: 'Name it as its configuration does, by public_url.',
      });
    return gateUnreachable(gate, error);
  }
}

/**
 * Says on stderr where to go, and waits until a person has been there. `scopes` ask more of the sign-in.
 * Refused: sign_in_refused, and as above.
 */
export async function signInByDevice(io: Io, gate: string, scopes: readonly string[]): Promise<Result<SavedSignIn>> {
  const server = await serverOf(gate);
  if (!server.ok) return server;
  const resource = `${gate}/api/v1`;
  try {
    const device = await client.initiateDeviceAuthorization(server.value, {
      scope: ['gate', ...scopes].join(' '),
      resource,
    });
    io.stderr.write(`Open this address in a browser, and check that it shows the code ${plain(device.user_code)}:\n`);
    io.stderr.write(`  ${plain(device.verification_uri_complete ?? device.verification_uri)}\n`);
    const tokens = await client.pollDeviceAuthorizationGrant(server.value, device, { resource });
    const signIn = savedOf(tokens);
    await inTurn(io, async () => writeSignIn(io, gate, signIn));
    return ok(signIn);
  } catch (error) {
    return refuse('sign_in_refused', `The sign-in did not succeed: ${wordOf(error)}.`, {
      next: 'Run chartgate login again.',
    });
  }
}

/** The token of a saved sign-in, refreshed where it is about to end. Null where there is no sign-in. */
export async function tokenFor(io: Io, gate: string): Promise<Result<string> | null> {
  const saved = readSignIn(io, gate);
  if (!saved) return null;
  if (Date.now() < saved.expiresMs - marginMs) return ok(saved.access);
  return inTurn(io, async () => {
    const now = readSignIn(io, gate) ?? saved;
    if (Date.now() < now.expiresMs - marginMs) return ok(now.access);
    const over = refuse('signed_out', 'Your sign-in at the gate has ended.', { next: 'Run chartgate login.' });
    if (now.refresh === null) return over;
    const server = await serverOf(gate);
    if (!server.ok) return server;
    try {
      const next = savedOf(await client.refreshTokenGrant(server.value, now.refresh, { resource: `${gate}/api/v1` }));
      writeSignIn(io, gate, next);
      return ok(next.access);
    } catch {
      return over;
    }
  });
}

/** Revokes what was given out, and forgets it. False where there was nothing. */
export async function signOut(io: Io, gate: string): Promise<boolean> {
  const saved = readSignIn(io, gate);
  if (!saved) return false;
  const server = await serverOf(gate);
  if (server.ok) await client.tokenRevocation(server.value, saved.refresh ?? saved.access).catch(() => {});
  await inTurn(io, async () => writeSignIn(io, gate, undefined));
  return true;
}

function savedOf(tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers): SavedSignIn {
  const expiresMs = Date.now() + (tokens.expiresIn() ?? 0) * 1000;
  return { access: tokens.access_token, expiresMs, refresh: tokens.refresh_token ?? null };
}

/** An OAuth error code says enough; anything else is said by its kind. */
function wordOf(error: unknown): string {
  if (error instanceof client.ResponseBodyError) return plain(error.error);
  return error instanceof Error ? error.name : 'unknown cause';
}
