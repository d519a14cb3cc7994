// What an MCP server says of its own authorization (RFC 9728): who it is, and whose tokens it takes. It is asked without any
// credential, and believed only about itself.

import { ok, type Result, refuse } from '../../core/result.ts';
import { fetchJson } from './token-endpoint.ts';

export interface ProtectedResource {
  /** RFC 8707: what a token for it is for. */
  readonly resource: string;
  readonly issuer: string;
  readonly scopes: readonly string[];
}

/** Refused: upstream_unavailable, upstream_refused. Never rejects. */
export async function readProtectedResource(url: string): Promise<Result<ProtectedResource>> {
  const { origin, pathname } = new URL(url);
  const path = pathname === '/' ? '' : pathname;
  const named = await namedPlace(url);
  const wellKnown = `${origin}/.well-known/oauth-protected-resource`;
  for (const place of new Set([...(named === null ? [] : [named]), `${wellKnown}${path}`, wellKnown])) {
    const found = await fetchJson(place, { headers: { accept: 'application/json' } });
    if (!found.ok) return found;
    if (found.value.status === 200) return read(found.value.json, url);
  }
  // MCP 2025-03-26: the server is its own authorization server.
  return ok({ resource: url, issuer: origin, scopes: [] });
}

/** RFC 9728 §5.1; a place elsewhere is nobody's to name. */
async function namedPlace(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    const challenge = response.status === 401 ? (response.headers.get('www-authenticate') ?? '') : '';
    const place = URL.parse(/\bresource_metadata="([^"]+)"/i.exec(challenge)?.[1] ?? '');
    return place?.origin === new URL(url).origin ? place.href : null;
  } catch {
    return null;
  }
}

function read(metadata: Readonly<Record<string, unknown>>, url: string): Result<ProtectedResource> {
  const { resource, authorization_servers: servers, scopes_supported: scopes } = metadata;
  // RFC 9728 §3.3; a server may speak for all that lies below its address.
  if (typeof resource !== 'string' || !covers(resource, url))
    return refuse('upstream_refused', 'The metadata of the MCP server is that of another resource (RFC 9728 §3.3).');
  const [issuer] = Array.isArray(servers) ? (servers as readonly unknown[]) : [];
  if (typeof issuer !== 'string' || !URL.canParse(issuer))
    return refuse('upstream_refused', 'The MCP server names no authorization server: name its issuer.');
  const said = Array.isArray(scopes) ? (scopes as readonly unknown[]) : [];
  const known = said.filter((each): each is string => typeof each === 'string' && /^[!#-[\]-~]+$/.test(each));
  return ok({ resource, issuer, scopes: known });
}

function covers(resource: string, url: string): boolean {
  const whole = URL.parse(resource);
  const part = new URL(url);
  if (whole?.origin !== part.origin || whole.search !== '') return false;
  const path = whole.pathname.replace(/\/$/, '');
  return part.pathname === path || part.pathname.startsWith(`${path}/`);
}
