// People's sign-ins: begun at an identity provider, proven there, kept until their absolute end, known again by a browser's
// cookie, and ended for good. INVARIANT: an answer of a provider counts once, and only in the browser that was sent there.

import { hash, timingSafeEqual } from 'node:crypto';
import { nameOf, type Subject } from '../core/facts.ts';
import { fail, ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { type PersonRules, personOf } from '../identity/person.ts';
import { msLeft, type StepUp } from '../identity/step-up.ts';
import type { BrowserSession, BrowserSessions } from '../ports/browser-sessions.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeptRecords } from '../ports/kept-records.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type {
  BrowserRecord,
  Destination,
  Flow,
  IdentityProvider,
  Proof,
  ProviderAnswer,
  SignIn,
} from '../ports/sign-in.ts';
import { cookieOf } from '../wire/http/cookies.ts';
import type { DoorRefusals } from './door-refusals.ts';
import { isFirstTime } from './presented-once.ts';

export interface ConfiguredProvider {
  readonly label: string;
  readonly rules: PersonRules;
  readonly client: IdentityProvider;
}

export interface SignInDeskDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'append'>;
  readonly refusals: Pick<DoorRefusals, 'record'>;
  readonly records: KeptRecords;
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  /** `https:`: cookies then are sent over TLS only. */
  readonly secure: boolean;
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** The session of a browser, and the sign-in it is of. */
export interface SignedInBrowser extends BrowserSession {
  readonly signIn: string;
  readonly startedMs: number;
}

export interface Begun {
  readonly url: string;
  readonly cookie: string;
}

/** What a browser brings from its provider, and where from. */
export interface CameBack {
  readonly state: string;
  readonly cookieHeader: string | undefined;
  /** Peer address, for the record. */
  readonly address: string;
}

export interface Finished {
  readonly signIn: SignIn;
  readonly destination: Destination;
  /** Set-Cookie of the browser session. */
  readonly cookie: string;
}

const flowMs = 600_000;
const parkedMs = 60_000;
/** How often the use of a browser session is written down. */
const touchMs = 30_000;

export class SignInDesk implements BrowserSessions {
  readonly #deps: SignInDeskDeps;
  readonly #cookieName: string;

  constructor(deps: SignInDeskDeps) {
    this.#deps = deps;
    this.#cookieName = deps.secure ? '__Host-chartgate' : 'chartgate';
  }

  get providers(): ReadonlyMap<string, ConfiguredProvider> {
    return this.#deps.providers;
  }

  /**
   * `raises`: the sign-in that is raised by a step-up, where the same person proves themselves.
   * Refused: not_found, upstream_unavailable.
   */
  async begin(
    name: string,
    destination: Destination,
    loginHint: string | null,
    { stepUp, raises }: Pick<Flow, 'stepUp' | 'raises'> = { stepUp: null, raises: null },
  ): Promise<Result<Begun>> {
    const provider = this.#deps.providers.get(name);
    if (!provider) return refuse('not_found', 'There is no such identity provider here.');
    const state = this.#secret();
    const browser = this.#secret();
    const started = await provider.client.start({ state, loginHint, stepUp });
    if (!started.ok) return started;
    const { keep } = started.value;
    const flow: Flow = { provider: name, browser: digest(browser), keep, destination, stepUp, raises };
    this.#deps.records.put('flow', state, flow, this.#deps.clock.now() + flowMs);
    return ok({ url: started.value.url, cookie: this.#setCookie(flowCookie(state), browser, flowMs) });
  }

  /**
   * The provider's answer, in the browser it came with. Refused: sign_in_refused, upstream_unavailable; every refusal
   * is recorded.
   */
  async finish(
    name: string,
    answer: ProviderAnswer,
    { state, cookieHeader, address }: CameBack,
  ): Promise<Result<Finished>> {
    const flow = this.#openFlow(state, name, cookieHeader);
    const finished = flow.ok ? await this.#prove(flow.value, answer) : flow;
    if (finished.ok) {
      const { subject } = finished.value.signIn;
      await this.#deps.log.append({
        type: 'auth.accepted',
        subject: nameOf(subject),
        data: { door: 'sign-in', provider: name, sign_in: finished.value.signIn.id, address },
      });
      return finished;
    }
    await this.refused(finished.error, address, name);
    return finished;
  }

  /** Whoever was turned away before or at a sign-in goes on record. @throws LogUnavailable */
  async refused({ code }: Refusal, address: string, name: string | null = null): Promise<void> {
    const more = name !== null && this.providers.has(name) ? { provider: name } : {};
    await this.#deps.refusals.record({ code, address, more });
  }

  /**
   * A form that another site posted brings no cookie along: it is kept, and the browser sent to fetch the rest. Gives the
   * ticket for `redeem`.
   */
  park(state: string, answer: ProviderAnswer): string {
    const ticket = this.#secret();
    this.#deps.records.put('parked', ticket, { state, answer }, this.#deps.clock.now() + parkedMs);
    return ticket;
  }

  redeem(ticket: string): { readonly state: string; readonly answer: ProviderAnswer } | undefined {
    return this.#deps.records.take('parked', ticket, this.#deps.clock.now());
  }

  /** Undefined once it has ended, in whichever way. */
  live(id: string): SignIn | undefined {
    const found = this.#deps.records.get('sign-in', id, this.#deps.clock.now());
    return found?.parent === undefined || this.live(found.parent) ? found : undefined;
  }

  of(cookieHeader: string | undefined): SignedInBrowser | undefined {
    const { clock, records, idleMs } = this.#deps;
    const cookie = cookieOf(cookieHeader, this.#cookieName);
    if (cookie === undefined) return undefined;
    const now = clock.now();
    const found = records.get('browser', cookie, now);
    const signIn = found && now < found.seenMs + idleMs ? this.live(found.signIn) : undefined;
    if (!found || !signIn) return undefined;
    if (now >= found.seenMs + touchMs) this.#putBrowser(cookie, { ...found, seenMs: now }, signIn);
    const { id, startedMs, subject } = signIn;
    return { subject: { ...subject, signIn: id }, csrf: found.csrf, signIn: id, startedMs };
  }

  /** Whether this is as much as a scope asks for, now. */
  meets(stepUp: StepUp, subject: Subject): boolean {
    return msLeft(stepUp, subject, this.#deps.clock.now()) > 0;
  }

  accepts(session: BrowserSession, csrf: string | null | undefined): boolean {
    return typeof csrf === 'string' && timingSafeEqual(Buffer.from(digest(csrf)), Buffer.from(digest(session.csrf)));
  }

  signInPath(returnPath: string): string {
    return `/signin?${new URLSearchParams({ return: returnPath }).toString()}`;
  }

  /** A fresh Set-Cookie that forgets the browser session. */
  get forgetting(): string {
    return this.#setCookie(this.#cookieName, '', 0);
  }

  /** Ends one sign-in. Null when there was none. */
  end(id: string): SignIn | null {
    const found = this.live(id);
    if (!found) return null;
    const { records } = this.#deps;
    records.remove('sign-in', id);
    records.removeBy('session', id);
    return found;
  }

  /** Of a person; by the id they have at any provider, or at that one. */
  ofSubject(id: string, issuer?: string): readonly SignIn[] {
    const found = this.#deps.records.find('sign-in', 'subject', id, this.#deps.clock.now());
    return found.filter((each) => issuer === undefined || each.subject.issuer === issuer);
  }

  /** By the provider's own name of its session. */
  ofProviderSession(provider: string, session: string): readonly SignIn[] {
    const key = JSON.stringify([provider, session]);
    return this.#deps.records.find('sign-in', 'uid', key, this.#deps.clock.now());
  }

  #openFlow(state: string, name: string, cookieHeader: string | undefined): Result<Flow> {
    const flow = this.#deps.records.take('flow', state, this.#deps.clock.now());
    if (!flow)
      return refuse('sign_in_refused', 'This sign-in was not begun here, has been answered already, or took too long.');
    const browser = cookieOf(cookieHeader, flowCookie(state));
    if (flow.provider !== name || browser === undefined || digest(browser) !== flow.browser)
      return refuse('sign_in_refused', 'This sign-in was begun in another browser.');
    return ok(flow);
  }

  async #prove(flow: Flow, answer: ProviderAnswer): Promise<Result<Finished>> {
    const provider = this.#deps.providers.get(flow.provider);
    if (!provider) return refuse('not_found', 'There is no such identity provider here.');
    const proof = await provider.client.finish(answer, flow.keep);
    if (!proof.ok) return proof;
    const { once } = proof.value;
    if (once && !isFirstTime(this.#deps, `${flow.provider} ${once.id}`, once.untilMs))
      return refuse('sign_in_refused', 'This answer of the provider has been presented before.');
    const person = personOf(proof.value.claims, provider.rules);
    if (!person.ok) return fail(person.error);
    if (flow.stepUp && !this.meets(flow.stepUp, person.value))
      return refuse('sign_in_refused', 'The provider did not vouch for a sign-in as strong and new as was asked for.', {
        next: 'Sign in with the second factor your organisation asks for.',
      });
    return ok(this.#admit(person.value, flow, proof.value));
  }

  #admit(subject: Subject, flow: Flow, proof: Proof): Finished {
    const { clock, random, absoluteMs } = this.#deps;
    const now = clock.now();
    const raised = flow.raises === null ? undefined : this.live(flow.raises);
    const endsMs = Math.min(now + absoluteMs, proof.endsMs ?? Number.POSITIVE_INFINITY);
    // A step-up says more of the same person, and prolongs nothing.
    const signIn: SignIn =
      raised && raised.provider === flow.provider && isSamePerson(raised.subject, subject)
        ? { ...raised, subject }
        : { id: random.id('i'), subject, provider: flow.provider, startedMs: now, endsMs };
    const uid = proof.session === null ? {} : { uid: JSON.stringify([flow.provider, proof.session]) };
    this.#deps.records.put('sign-in', signIn.id, signIn, signIn.endsMs, {
      subject: subject.id,
      ...uid,
    });
    // INVARIANT: the cookie is new with each sign-in, so that nobody can have set it before.
    const cookie = this.#secret();
    this.#putBrowser(cookie, { signIn: signIn.id, csrf: this.#secret(), seenMs: now }, signIn);
    return { signIn, destination: flow.destination, cookie: this.#setCookie(this.#cookieName, cookie, absoluteMs) };
  }

  #putBrowser(cookie: string, value: BrowserRecord, signIn: SignIn): void {
    this.#deps.records.put('browser', cookie, value, signIn.endsMs, { session: signIn.id });
  }

  #setCookie(name: string, value: string, ms: number): string {
    const secure = this.#deps.secure ? '; Secure' : '';
    return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${Math.floor(ms / 1000)}${secure}`;
  }

  #secret(): string {
    return Buffer.from(this.#deps.random.bytes(32)).toString('base64url');
  }
}

/** In the same groups: another set of them is another subject to every rule. */
function isSamePerson(a: Subject, b: Subject): boolean {
  const keyOf = ({ issuer, id, groups }: Subject): string => JSON.stringify([issuer, id, groups.toSorted()]);
  return keyOf(a) === keyOf(b);
}

/** One a sign-in, so that two tabs do not disturb each other. */
function flowCookie(state: string): string {
  return `chartgate-flow-${digest(state).slice(0, 8)}`;
}

function digest(value: string): string {
  return hash('sha256', value, 'hex');
}
