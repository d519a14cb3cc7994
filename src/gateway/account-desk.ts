// People's own accounts at MCP servers: connected once in a browser, kept sealed, renewed for whoever they belong to.
// INVARIANT: a token serves the subject who allowed it, on the connection it was allowed for, and nobody else; whatever is
// connected or removed is in the audit log before it is in force.

import type { Config } from '../config/config.ts';
import { nameOf, type Subject } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeptRecords } from '../ports/kept-records.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Account, AccountClient, AccountFlow } from '../ports/upstream-account.ts';
import type { IssuedToken, UpstreamCredential } from '../ports/upstream-credential.ts';

export const accountPages = '/connect';

/** Whether some connection is used with an account of each person's own. */
export function wantsAccounts({ connections }: Pick<Config, 'connections'>): boolean {
  return Object.values(connections).some(
    (each) => each.type === 'mcp' && each.transport === 'http' && each.credential?.type === 'oauth-per-user',
  );
}

/** Below the page of a connection: what the gate is there as a client. */
export const clientDocument = 'client.json';

export interface AccountDeskDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly log: Pick<Log, 'append'>;
  readonly records: KeptRecords;
  /** Connections that want an account of each person, by name. */
  readonly clients: ReadonlyMap<string, AccountClient>;
  /** Keeps what `issue` gives until shortly before it ends, and asks once at a time. */
  readonly keep: (issue: () => Promise<Result<IssuedToken>>) => UpstreamCredential;
  readonly publicUrl: string;
}

type Person = Pick<Subject, 'id' | 'issuer'>;

/** How long a person may take at the authorization server. */
const flowMs = 900_000;

export class AccountDesk {
  readonly #deps: AccountDeskDeps;
  /** Tokens in use, shared by all sessions of one person on one connection. */
  readonly #credentials = new Map<string, UpstreamCredential>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(deps: AccountDeskDeps) {
    this.#deps = deps;
  }

  get connections(): readonly string[] {
    return [...this.#deps.clients.keys()];
  }

  /** Since when (ms) this person's account is connected; null when it is not. */
  since(connection: string, person: Person): number | null {
    return this.#find(connection, person)?.sinceMs ?? null;
  }

  /** For a session of this person. */
  credentialOf(connection: string, person: Person): UpstreamCredential {
    return {
      header: () => this.#credential(connection, person).header(),
      rejected: (value) => this.#credential(connection, person).rejected(value),
    };
  }

  /** Resolves when the account has been connected, or the signal says so. Never rejects. */
  connected(connection: string, person: Person, signal: AbortSignal): Promise<void> {
    const key = keyOf(connection, person);
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(done));
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
    return promise.finally(() => {
      signal.removeEventListener('abort', done);
      waiting.delete(done);
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    });
  }

  /** What the gate is as a client of this connection's authorization server, for anybody; null where that is not told. */
  documentOf(connection: string): JsonObject | null {
    return this.#deps.clients.get(connection)?.document ?? null;
  }

  /** Where to send this person's browser. Refused: not_found, upstream_unavailable, upstream_refused. */
  async begin(connection: string, person: Person): Promise<Result<string>> {
    const { clients, clock, random, records } = this.#deps;
    const client = clients.get(connection);
    if (!client) return refuse('not_found', 'This connection wants no account of your own.');
    const state = Buffer.from(random.bytes(32)).toString('base64url');
    const started = await client.start(state);
    if (!started.ok) return started;
    const flow: AccountFlow = { connection, subject: personOf(person), keep: started.value.keep };
    records.put('account flow', state, flow, clock.now() + flowMs);
    return ok(started.value.url);
  }

  /**
   * `query` is what the browser of this person came back with. Refused: sign_in_refused, upstream_unavailable; every
   * refusal is recorded. @throws LogUnavailable
   */
  async finish(connection: string, person: Subject, query: string): Promise<Result<void>> {
    const { clients, clock, log, records } = this.#deps;
    const state = new URLSearchParams(query).get('state') ?? '';
    const flow = records.take('account flow', state, clock.now());
    const client = clients.get(connection);
    const about = { subject: nameOf(person), connection } as const;
    // INVARIANT: whoever began it ends it, so that nobody's account is put under somebody else's name.
    const granted =
      client && flow?.connection === connection && keyOf(connection, flow.subject) === keyOf(connection, person)
        ? await client.finish(query, flow.keep)
        : refuse('sign_in_refused', 'This was not begun here by you, has been answered already, or took too long.');
    if (!granted.ok) {
      await log.append({ type: 'account.refused', ...about, data: { code: granted.error.code } });
      return granted;
    }
    const { issuer, refreshToken } = granted.value;
    await log.append({
      type: 'account.connected',
      ...about,
      data: { authorization_server: issuer, lasting: refreshToken !== null },
    });
    this.#save({ connection, subject: personOf(person), grant: granted.value, sinceMs: clock.now() });
    const key = keyOf(connection, person);
    this.#credentials.delete(key);
    for (const wake of this.#waiting.get(key) ?? []) wake();
    return ok(undefined);
  }

  /** False when there was none. The authorization server is told. @throws LogUnavailable */
  async remove(connection: string, person: Person, reason: 'person' | 'revoked'): Promise<boolean> {
    const account = this.#find(connection, person);
    if (!account) return false;
    await this.#end(account, reason);
    await this.#deps.clients.get(connection)?.revoke(account.grant);
    return true;
  }

  /** Removes all accounts of whoever has this id; `issuer` null: at any. @throws LogUnavailable */
  async removeAll(id: string, issuer: string | null): Promise<void> {
    const { clock, records } = this.#deps;
    const theirs = records.find('account', 'subject', id, clock.now());
    const ended = theirs.filter(({ subject }) => issuer === null || subject.issuer === issuer);
    await Promise.all(ended.map(({ connection, subject }) => this.remove(connection, subject, 'revoked')));
  }

  #credential(connection: string, person: Person): UpstreamCredential {
    const key = keyOf(connection, person);
    const known = this.#credentials.get(key);
    if (known) return known;
    let used = false;
    const made = this.#deps.keep(async () => {
      const first = !used;
      used = true;
      const issued = await this.#issue(connection, person, first);
      if (!issued.ok && this.#credentials.get(key) === made) this.#credentials.delete(key);
      return issued;
    });
    this.#credentials.set(key, made);
    return made;
  }

  /** `asKept`: the token that is kept will do while it lasts. */
  async #issue(connection: string, person: Person, asKept: boolean): Promise<Result<IssuedToken>> {
    const { clients, clock } = this.#deps;
    const account = this.#find(connection, person);
    const client = clients.get(connection);
    if (!account || !client) return fail(this.#missing(connection));
    if (asKept && clock.now() < account.grant.expiresMs) return ok(account.grant);
    const renewed = await client.refresh(account.grant);
    // What was removed or connected anew meanwhile is not brought back.
    const current = this.#find(connection, person);
    if (current?.grant.token !== account.grant.token) {
      if (renewed.ok && !current) await client.revoke(renewed.value);
      return current ? ok(current.grant) : fail(this.#missing(connection));
    }
    if (!renewed.ok) {
      if (renewed.error.code !== 'account_required') return renewed;
      await this.#end(account, 'refused').catch(() => {});
      return fail(this.#missing(connection));
    }
    this.#save({ ...account, grant: renewed.value });
    return ok(renewed.value);
  }

  #missing(connection: string): Refusal {
    const page = `${this.#deps.publicUrl}${accountPages}/${encodeURIComponent(connection)}`;
    return {
      code: 'account_required',
      text: 'The server behind this connection wants an authorization of your own, and the gate has none of yours.',
      next: `Open ${page} in a browser, allow it, then call again.`,
      page,
    };
  }

  async #end({ connection, subject, grant }: Account, reason: string): Promise<void> {
    const { clock, log, records } = this.#deps;
    const name = { ...subject, kind: 'person' as const };
    await log.append({ type: 'account.removed', connection, subject: name, data: { reason } });
    const key = keyOf(connection, subject);
    if (records.get('account', key, clock.now())?.grant.token !== grant.token) return;
    records.remove('account', key);
    this.#credentials.delete(key);
  }

  #find(connection: string, person: Person): Account | undefined {
    return this.#deps.records.get('account', keyOf(connection, person), this.#deps.clock.now());
  }

  #save(account: Account): void {
    const { connection, subject } = account;
    const until = this.#deps.clock.now() + limits.accountIdleMs;
    this.#deps.records.put('account', keyOf(connection, subject), account, until, { subject: subject.id });
  }
}

function personOf({ id, issuer }: Person): Account['subject'] {
  return { id, issuer };
}

function keyOf(connection: string, { id, issuer }: Person): string {
  return JSON.stringify([connection, issuer, id]);
}
