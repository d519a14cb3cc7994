// What a token of the gate's own authorization server is good for: one door, named by its address (RFC 8707 §2).

export type Door =
  | { readonly kind: 'mcp'; readonly connection: string }
  | { readonly kind: 'postgres'; readonly connection: string }
  | { readonly kind: 'api' };

/** The resource identifier of a door. */
export function resourceOf(publicUrl: string, door: Door): string {
  return door.kind === 'api'
    ? `${publicUrl}/api/v1`
    : `${publicUrl}/${door.kind}/${encodeURIComponent(door.connection)}`;
}

/** The door a resource identifier names; undefined where it is none of this gate. */
export function doorOf(publicUrl: string, resource: string): Door | undefined {
  if (resource === resourceOf(publicUrl, { kind: 'api' })) return { kind: 'api' };
  if (!resource.startsWith(`${publicUrl}/`)) return undefined;
  const [, kind, connection] =
    /^(mcp|postgres)\/([a-z0-9][a-z0-9_-]{0,62})$/.exec(resource.slice(publicUrl.length + 1)) ?? [];
  if (connection === undefined || (kind !== 'mcp' && kind !== 'postgres')) return undefined;
  return { kind, connection };
}

/**
 * The scope that names a database, for clients that can name no resource: libpq asks for the scope it is told, and knows
 * nothing of RFC 8707.
 */
export function scopeOf(connection: string): string {
  return `postgres:${connection}`;
}

/** The resource a scope parameter (RFC 6749 §3.3) names by `scopeOf`; undefined where it names none, or more than one. */
export function resourceOfScope(publicUrl: string, scope: string): string | undefined {
  const [connection, ...more] = scope.split(' ').flatMap((each) => /^postgres:(.+)$/.exec(each)?.[1] ?? []);
  return connection === undefined || more.length > 0
    ? undefined
    : resourceOf(publicUrl, { kind: 'postgres', connection });
}
