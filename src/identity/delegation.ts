// Who acts for whom (RFC 8693 §4): reads `act` and `may_act`. Pure; the claims have been verified before they come here.

import type { JWTPayload } from 'jose';
import { isJsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { isName } from './claim-text.ts';

export interface Actor {
  readonly issuer: string;
  readonly id: string;
}

/**
 * The actors of an `act` claim, the one who acts now first. Undefined where it is no such claim, or names more than there
 * may be: nobody is left out of a record without a word.
 */
export function actorsOf(act: unknown): readonly string[] | undefined {
  const actors: string[] = [];
  for (let at = act; at !== undefined; at = isJsonObject(at) ? at['act'] : undefined) {
    const id = isJsonObject(at) ? at['sub'] : undefined;
    if (!isName(id) || actors.length === limits.actorsMax) return undefined;
    actors.push(id);
  }
  return actors;
}

/** RFC 8693 §4.4: a subject token that says who may act for its subject lets nobody else. */
export function mayAct(claims: JWTPayload, actor: Actor): boolean {
  const allowed = claims['may_act'];
  if (allowed === undefined) return true;
  if (!isJsonObject(allowed) || allowed['sub'] !== actor.id) return false;
  return allowed['iss'] === undefined || allowed['iss'] === actor.issuer;
}
