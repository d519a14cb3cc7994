// A browser without a screen or script: it keeps cookies by host and path, follows redirects, and fills in forms.

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly value: string;
}

export class UserAgent {
  readonly #cookies = new Map<string, Cookie>();
  /** Every address it went to, in order. */
  readonly visited: URL[] = [];
  /** Redirects to here are not followed: a client waits there. */
  readonly stopAt: string | null;

  constructor(stopAt: string | null = null) {
    this.stopAt = stopAt;
  }

  get(url: string | URL): Promise<Page> {
    return this.#go(new URL(url), {});
  }

  /** Posts the form whose HTML holds `marker`, with these fields filled in. */
  submit(page: Page, marker: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const form = [...page.html.matchAll(/<form[^>]*>.*?<\/form>/gs)]
      .map(([html]) => html)
      .find((html) => html.includes(marker));
    if (form === undefined) throw new Error(`no form with ${marker} at ${page.url.href}:\n${page.html}`);
    const action = attribute(/<form[^>]*>/.exec(form)?.[0] ?? '', 'action') ?? page.url.href;
    const hidden = [...form.matchAll(/<input[^>]*>/g)].flatMap(([input]) => {
      const name = attribute(input, 'name');
      return name === undefined ? [] : [[name, attribute(input, 'value') ?? ''] as const];
    });
    return this.post(new URL(action, page.url), { ...Object.fromEntries(hidden), ...fields });
  }

  post(url: string | URL, fields: Readonly<Record<string, string>>): Promise<Page> {
    return this.#go(new URL(url), { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** What it has kept for a host, as a Cookie header. */
  cookies(url: URL): string {
    return [...this.#cookies]
      .filter(([, { host, path }]) => host === url.host && url.pathname.startsWith(path))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ');
  }

  async #go(url: URL, init: RequestInit): Promise<Page> {
    for (let hops = 0; hops < 20; hops++) {
      this.visited.push(url);
      const cookie = this.cookies(url);
      const answer = await fetch(url, {
        ...init,
        redirect: 'manual',
        headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) },
      });
      for (const each of answer.headers.getSetCookie()) this.#keep(url, each);
      const location = answer.headers.get('location');
      const next = location === null ? null : new URL(location, url);
      if (!next || (this.stopAt !== null && next.href.startsWith(this.stopAt)))
        return { url: next ?? url, status: answer.status, headers: answer.headers, html: await answer.text() };
      await answer.body?.cancel();
      init = {};
      url = next;
    }
    throw new Error('too many redirects');
  }

  #keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const [name = '', ...rest] = pair.split('=');
    const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/';
    const over = attributes.some((each) => /^max-age=0$/i.test(each) || /^expires=Thu, 01 Jan 1970/i.test(each));
    const key = `${name} ${url.host}${path}`;
    if (over) this.#cookies.delete(key);
    else this.#cookies.set(key, { host: url.host, path, value: rest.join('=') });
  }
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found?.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&');
}
