// The door people sign in through, at /signin: choice of a provider, its answer, consent to a client, signing out, logout
// told by the provider. INVARIANT: it sends a browser only to a configured provider, a registered client, or a path here.

import { errors } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { domainOf } from '../identity/person.ts';
import type { HttpExchange, HttpHeaders } from '../ports/http-exchange.ts';
import { LogUnavailable } from '../ports/log.ts';
import type {
  AuthorizationRequests,
  Destination,
  PendingAuthorization,
  ProviderAnswer,
  SignIn,
} from '../ports/sign-in.ts';
import { isAddressedToUs } from '../wire/http/addressed.ts';
import { pageHeaders } from '../wire/http/page.ts';
import { accountPages } from './account-desk.ts';
import type { SignInDesk } from './sign-in-desk.ts';
import { accountPage, choicePage, consentPage, refusalPage, signedOutPage } from './sign-in-pages.ts';

export interface SignInDoorDeps {
  readonly desk: SignInDesk;
  readonly requests: AuthorizationRequests;
  readonly publicUrl: string;
  /** Whether people connect accounts of their own at MCP servers. */
  readonly accounts: boolean;
  /** Ends sign-ins on every door, and records it. Resolves when nothing of them is open. */
  readonly endSignIns: (signIns: readonly SignIn[], reason: 'signed_out' | 'provider') => Promise<void>;
  /** For the operator: what a person or provider is not told. */
  readonly onBug: (error: unknown) => void;
}

export const signInPrefix = '/signin';

type Form = Readonly<Record<string, string>>;

export class SignInDoor {
  readonly #deps: SignInDoorDeps;

  constructor(deps: SignInDoorDeps) {
    this.#deps = deps;
  }

  /** Answers any request at or below /signin. Never rejects. */
  async handle(exchange: HttpExchange): Promise<void> {
    try {
      await this.#route(exchange);
    } catch (error) {
      if (error instanceof LogUnavailable) return showRefusal(exchange, error.refusal);
      this.#deps.onBug(error);
      showRefusal(exchange, { code: 'internal', text: errors.internal.text });
    }
  }

  async #route(exchange: HttpExchange): Promise<void> {
    const headers = { host: exchange.header('host'), origin: undefined };
    if (!isAddressedToUs(headers, this.#deps.publicUrl, exchange.loopback))
      return this.#refuse(exchange, refuse('invalid_request', 'The Host header does not name this gate.').error);
    const url = new URL(exchange.target, this.#deps.publicUrl);
    const [, , place = '', name = '', more = ''] = url.pathname.split('/');
    switch (`${exchange.method} ${place}`) {
      case 'GET ':
        return this.#entrance(exchange, url);
      case 'POST start':
        return this.#start(exchange);
      case 'GET a':
        return this.#authorization(exchange, name);
      case 'POST a':
        return more === 'start' ? this.#start(exchange) : this.#consent(exchange, name);
      case 'GET callback':
        return this.#callback(exchange, url, name);
      case 'POST saml':
        return this.#assertion(exchange, name);
      case 'GET saml':
        return more === 'metadata' ? this.#metadata(exchange, name) : this.#resume(exchange, url, name);
      case 'POST backchannel':
        return this.#backchannel(exchange, name);
      case 'POST out':
        return this.#signOut(exchange);
      default:
        return showRefusal(exchange, refuse('not_found', errors.not_found.text).error);
    }
  }

  /** Who is signed in, or where to sign in. */
  async #entrance(exchange: HttpExchange, url: URL): Promise<void> {
    const wish = url.searchParams.get('return');
    const path = localPath(wish);
    if (path === null)
      return this.#refuse(exchange, refuse('invalid_request', 'A sign-in leads to a page of this gate only.').error);
    const session = this.#deps.desk.of(exchange.header('cookie'));
    if (!session) return this.#choose(exchange, { kind: 'page', path }, null);
    if (wish !== null) return go(exchange, path);
    show(exchange, accountPage(session.subject, session.csrf, this.#deps.accounts ? accountPages : null));
  }

  async #choose(exchange: HttpExchange, to: Destination, loginHint: string | null): Promise<void> {
    const providers = [...this.#deps.desk.providers];
    if (providers.length === 0)
      return this.#refuse(
        exchange,
        refuse('sign_in_refused', 'Nobody signs in at this gate: it knows programs only.').error,
      );
    const [only] = providers;
    const hinted = loginHint === null ? undefined : this.#homeOf(loginHint);
    const name = hinted ?? (providers.length === 1 ? only?.[0] : undefined);
    if (name !== undefined) return this.#begin(exchange, name, to, loginHint);
    this.#showChoice(exchange, to, null);
  }

  #showChoice(exchange: HttpExchange, to: Destination, problem: string | null): void {
    const providers = [...this.#deps.desk.providers];
    const byAddress = providers.some(([, each]) => each.rules.domains.length > 0);
    const choices = providers.map(([name, { label }]) => ({ name, label }));
    // The browser tells which request of a client it is gone on with below the address of that request alone.
    const action = to.kind === 'authorization' ? `/signin/a/${to.id}/start` : '/signin/start';
    const form = { action, to: encodeDestination(to) };
    show(exchange, choicePage(choices, form, byAddress, problem), problem === null ? 200 : 400);
  }

  async #start(exchange: HttpExchange): Promise<void> {
    const form = await formOf(exchange);
    if (!form.ok) return this.#refuse(exchange, form.error);
    const { to = '', provider, email } = form.value;
    const destination = decodeDestination(to);
    if (!destination) return this.#refuse(exchange, refuse('invalid_request', 'The form does not say what for.').error);
    const name = provider ?? this.#homeOf(email ?? '');
    if (name === undefined)
      return this.#showChoice(exchange, destination, 'No provider is configured for addresses of that domain.');
    return this.#begin(exchange, name, destination, email ?? null);
  }

  /** The provider that answers for the domain of an e-mail address. */
  #homeOf(address: string): string | undefined {
    const domain = domainOf(address);
    if (domain === undefined) return undefined;
    return [...this.#deps.desk.providers].find(([, { rules }]) => rules.domains.includes(domain))?.[0];
  }

  async #begin(exchange: HttpExchange, name: string, to: Destination, loginHint: string | null): Promise<void> {
    const { desk, requests } = this.#deps;
    const cookies = exchange.header('cookie');
    const pending = to.kind === 'authorization' ? await requests.find(to.id, cookies) : undefined;
    if (to.kind === 'authorization' && !pending) return this.#refuse(exchange, noRequest());
    const stepUp = pending?.stepUp ?? null;
    const raises = (stepUp && desk.of(cookies)?.signIn) ?? null;
    const begun = await desk.begin(name, to, loginHint, { stepUp, raises });
    if (!begun.ok) return this.#refuse(exchange, begun.error);
    go(exchange, begun.value.url, { 'set-cookie': begun.value.cookie });
  }

  async #callback(exchange: HttpExchange, url: URL, name: string): Promise<void> {
    const answer: ProviderAnswer = { kind: 'query', url: url.href };
    return this.#finish(exchange, name, url.searchParams.get('state') ?? '', answer);
  }

  /** SAML 2.0 Bindings §3.5: the provider's page posts the response here, from another site and so without our cookies. */
  async #assertion(exchange: HttpExchange, name: string): Promise<void> {
    const form = await formOf(exchange);
    if (!form.ok) return this.#refuse(exchange, form.error);
    const ticket = this.#deps.desk.park(form.value['RelayState'] ?? '', { kind: 'form', fields: form.value });
    go(exchange, `/signin/saml/${encodeURIComponent(name)}?${new URLSearchParams({ ticket }).toString()}`);
  }

  async #resume(exchange: HttpExchange, url: URL, name: string): Promise<void> {
    const parked = this.#deps.desk.redeem(url.searchParams.get('ticket') ?? '');
    if (!parked)
      return this.#refuse(exchange, refuse('sign_in_refused', 'This answer has been used, or took too long.').error);
    return this.#finish(exchange, name, parked.state, parked.answer);
  }

  #metadata(exchange: HttpExchange, name: string): void {
    const metadata = this.#deps.desk.providers.get(name)?.client.metadata ?? null;
    if (metadata === null) return showRefusal(exchange, refuse('not_found', errors.not_found.text).error);
    exchange.respond(200, { 'content-type': 'application/samlmetadata+xml', 'cache-control': 'no-store' }, metadata);
  }

  async #finish(exchange: HttpExchange, name: string, state: string, answer: ProviderAnswer): Promise<void> {
    const { desk } = this.#deps;
    const came = { state, cookieHeader: exchange.header('cookie'), address: exchange.remoteAddress };
    const finished = await desk.finish(name, answer, came);
    if (!finished.ok) return showRefusal(exchange, finished.error, signInPrefix);
    const { destination, cookie } = finished.value;
    // A client's request is gone on with there, if this is the browser it began in.
    const next = destination.kind === 'page' ? destination.path : `/signin/a/${destination.id}`;
    go(exchange, next, { 'set-cookie': cookie });
  }

  /** A client's request for a token waits for a person. */
  async #authorization(exchange: HttpExchange, id: string): Promise<void> {
    const { desk, requests, publicUrl } = this.#deps;
    const pending = await requests.find(id, exchange.header('cookie'));
    if (!pending) return this.#refuse(exchange, noRequest());
    const session = desk.of(exchange.header('cookie'));
    if (pending.prompt === 'login') {
      const isNew = session && (!pending.fresh || session.startedMs >= pending.begunMs);
      if (isNew && (!pending.stepUp || desk.meets(pending.stepUp, session.subject)))
        return go(exchange, await requests.signedIn(id, session.signIn));
      return this.#choose(exchange, { kind: 'authorization', id }, pending.loginHint);
    }
    if (!session || session.signIn !== pending.signIn)
      return this.#refuse(exchange, refuse('signed_out', 'You are not signed in any more.').error);
    show(exchange, consentPage(pending, session.subject, publicUrl, session.csrf));
  }

  async #consent(exchange: HttpExchange, id: string): Promise<void> {
    const { desk, requests } = this.#deps;
    const form = await formOf(exchange);
    if (!form.ok) return this.#refuse(exchange, form.error);
    const session = desk.of(exchange.header('cookie'));
    const pending: PendingAuthorization | undefined = await requests.find(id, exchange.header('cookie'));
    if (pending?.prompt !== 'consent') return this.#refuse(exchange, noRequest());
    if (!session || session.signIn !== pending.signIn || !desk.accepts(session, form.value['csrf']))
      return this.#refuse(exchange, foreignForm());
    const allowed = form.value['answer'] === 'allow';
    go(exchange, allowed ? await requests.consented(id) : await requests.refused(id));
  }

  async #signOut(exchange: HttpExchange): Promise<void> {
    const { desk, endSignIns } = this.#deps;
    const form = await formOf(exchange);
    if (!form.ok) return this.#refuse(exchange, form.error);
    const session = desk.of(exchange.header('cookie'));
    if (session && !desk.accepts(session, form.value['csrf'])) return this.#refuse(exchange, foreignForm());
    const signIn = session && desk.live(session.signIn);
    if (signIn) await endSignIns([signIn], 'signed_out');
    show(exchange, signedOutPage(), 200, { 'set-cookie': desk.forgetting });
  }

  /** Goes on record, then to the browser. */
  async #refuse(exchange: HttpExchange, why: Refusal): Promise<void> {
    await this.#deps.desk.refused(why, exchange.remoteAddress);
    showRefusal(exchange, why);
  }

  /** OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8. */
  async #backchannel(exchange: HttpExchange, name: string): Promise<void> {
    const { desk, endSignIns } = this.#deps;
    const answer = (status: number, body: string): void =>
      exchange.respond(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }, body);
    const form = await formOf(exchange);
    const provider = desk.providers.get(name);
    if (!form.ok || !provider) return answer(400, '{"error":"invalid_request"}');
    const signedOut = await provider.client.signedOut(form.value['logout_token'] ?? '');
    if (!signedOut.ok) {
      await desk.refused(signedOut.error, exchange.remoteAddress, name);
      return answer(400, '{"error":"invalid_request"}');
    }
    const { session, subject } = signedOut.value;
    const ended =
      session === null ? desk.ofSubject(subject, provider.rules.issuer) : desk.ofProviderSession(name, session);
    // Without a session of theirs named, everything goes that hangs on this issuer's word, tokens without a browser too.
    await endSignIns(
      ended.filter(
        (each) => (session === null || each.provider === name) && (subject === null || each.subject.id === subject),
      ),
      'provider',
    );
    answer(200, '{}');
  }
}

async function formOf(exchange: HttpExchange): Promise<Result<Form>> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(exchange.header('content-type') ?? ''))
    return refuse('invalid_request', 'The body has to be a form.');
  const body = await exchange.body(limits.signInFormBytesMax);
  if (!body.ok) return body;
  const pairs = [...new URLSearchParams(Buffer.from(body.value).toString('utf8'))];
  const form = Object.fromEntries(pairs);
  // A field sent twice could be read one way here and another there.
  if (Object.keys(form).length !== pairs.length) return refuse('invalid_request', 'The form has a field twice.');
  return ok(form);
}

function localPath(wish: string | null): string | null {
  if (wish === null) return '/signin';
  // What a browser could take for another host, or for a line of its own, is no path.
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wish)) return null;
  return new URL(wish, 'http://gate.invalid').host === 'gate.invalid' ? wish : null;
}

function encodeDestination(to: Destination): string {
  return to.kind === 'page' ? to.path : `a:${to.id}`;
}

function decodeDestination(text: string): Destination | null {
  if (/^a:[\w-]+$/.test(text)) return { kind: 'authorization', id: text.slice(2) };
  const path = text === '' ? null : localPath(text);
  return path === null ? null : { kind: 'page', path };
}

function noRequest(): Refusal {
  return refuse('sign_in_refused', 'No request of a client waits for you here, or it began in another browser.', {
    next: 'Begin again from your client, and stay in the browser it opens.',
  }).error;
}

function foreignForm(): Refusal {
  return refuse('sign_in_refused', 'This form does not come from a page of your sign-in.', {
    next: 'Open the page again.',
  }).error;
}

/** `again`: where another try may begin. */
function showRefusal(exchange: HttpExchange, why: Refusal, again: string | null = null): void {
  show(exchange, refusalPage(why, again), errors[why.code].http);
}

function show(exchange: HttpExchange, html: string, status = 200, headers: HttpHeaders = {}): void {
  exchange.respond(status, { ...pageHeaders, ...headers }, html);
}

function go(exchange: HttpExchange, location: string, headers: HttpHeaders = {}): void {
  exchange.respond(303, { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', ...headers }, '');
}
