// What the enforced posture calls its roles and schemas in the database, and how its roles sign in. Everything is derived,
// so that the command that makes them and the gate that uses them need to tell each other nothing.

import { createHash } from 'node:crypto';
import type { ClassSet } from '../core/phi.ts';
import { deriveVerifier } from '../wire/postgres/scram.ts';

/** Derives 32 bytes from the gate's key-encryption key; `purpose` separates them. */
export type DeriveKey = (purpose: string) => Uint8Array;

/** NAMEDATALEN − 1. */
const nameBytesMax = 63;
const scramIterations = 4_096;

/** What stands in the comment of every role, so that nothing of somebody else's is taken for ours. */
export function markOf(connection: string): string {
  return `chartgate connection ${connection}`;
}

/** Owns the masked views and may read what lies under them; nobody signs in as it. */
export function ownerRole(connection: string): string {
  return bounded(`chartgate_${connection}_owner`);
}

/** Holds the keys of the masks, and what has to be undone. */
export function privateSchema(connection: string): string {
  return bounded(`chartgate_${connection}`);
}

/** The role for subjects with this unmask set. */
export function setRole(connection: string, set: ClassSet): string {
  return bounded(`chartgate_${connection}_${setName(set)}`);
}

/** Where this set's views of one schema are. */
export function viewSchema(connection: string, set: ClassSet, schema: string): string {
  return bounded(`chartgate_${connection}_${setName(set)}__${schema}`);
}

function setName(set: ClassSet): string {
  if (set === 'all') return 'all';
  return set.length === 0 ? 'masked' : `sees_${set.join('_')}`;
}

/** PostgreSQL would cut a longer one off, and two of them could become one. */
function bounded(name: string): string {
  if (Buffer.byteLength(name) <= nameBytesMax) return name;
  const start = Array.from(name.slice(0, 40)).filter((each) => each <= '~');
  return `${start.join('')}_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** Known to whoever has the key, and stored nowhere. */
export function rolePassword(derive: DeriveKey, connection: string, role: string): string {
  return Buffer.from(derive(`posture password\0${connection}\0${role}`)).toString('base64url');
}

/** What the server keeps of it (pg_authid.rolpassword); always the same, so that a script is too. */
export function passwordVerifier(derive: DeriveKey, connection: string, role: string): string {
  const salt = derive(`posture salt\0${connection}\0${role}`).subarray(0, 16);
  const { storedKey, serverKey } = deriveVerifier(rolePassword(derive, connection, role), salt, scramIterations);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return `SCRAM-SHA-256$${scramIterations}:${text(salt)}$${text(storedKey)}:${text(serverKey)}`;
}
