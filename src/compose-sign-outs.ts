// Ending what a person or workload has, on every door. Part of the composition root.

import type { Store } from './adapters/sqlite-store/store.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import type { AdminDeps } from './admin/deps.ts';
import type { IdentityConfig } from './config/config.ts';
import type { Subject } from './core/facts.ts';
import { jsonPayload } from './core/record.ts';
import { endTokensOf } from './gateway/caller-tokens.ts';
import type { SignInDesk } from './gateway/sign-in-desk.ts';
import type { Log } from './ports/log.ts';

/** A door with open sessions. */
export interface OpenSessions {
  /** Resolves when nothing of them is left. */
  end(which: (subject: Subject) => boolean): Promise<void>;
}

export interface SignOuts {
  /** Doors, once they are open. */
  readonly doors: OpenSessions[];
  /** What else somebody leaves behind who is sent away; a sign-in that ends does not touch it. `issuer` null: any. */
  readonly belongings: ((id: string, issuer: string | null) => Promise<void>)[];
  /** Ends what a person or workload has: sign-ins, credentials, sessions, and tokens made until now. */
  readonly endSubject: AdminDeps['endSubject'];
}

export function createSignOuts(
  { log, store }: { readonly log: Log; readonly store: Pick<Store, 'records' | 'credentials'> },
  identity: IdentityConfig,
  people: () => Pick<SignInDesk, 'ofSubject' | 'end'> | undefined,
): SignOuts {
  const doors: OpenSessions[] = [];
  const belongings: SignOuts['belongings'] = [];
  return {
    doors,
    belongings,
    async endSubject({ id, issuer, by, reason }) {
      const issuers = issuer === null ? issuersOf(identity) : [issuer];
      const isTheirs = (subject: Subject): boolean =>
        subject.id === id && (issuer === null || subject.issuer === issuer);
      for (const each of issuers) endTokensOf(store.records, { id, issuer: each }, clock.now());
      const signIns = people()?.ofSubject(id, issuer ?? undefined) ?? [];
      for (const each of signIns) people()?.end(each.id);
      store.credentials.removeOf(isTheirs);
      await Promise.all(doors.map((door) => door.end(isTheirs)));
      await Promise.all(belongings.map((remove) => remove(id, issuer)));
      await log.append(
        {
          type: 'auth.signed_out',
          subject: { id, issuer: issuer ?? signIns[0]?.subject.issuer ?? 'any', kind: 'person' },
          data: { sign_ins: signIns.map((each) => each.id), by, reason: 'revoked' },
        },
        jsonPayload(JSON.stringify({ reason })),
      );
      return { signIns: signIns.length };
    },
  };
}

/** Everybody whose word on a subject is taken as a token or an assertion. */
function issuersOf({ trust, providers }: IdentityConfig): string[] {
  const asserting = Object.values(providers).flatMap((each) => (each.type === 'oidc' ? [each.issuer] : []));
  return [...new Set([...trust.map((each) => each.issuer), ...asserting])];
}
