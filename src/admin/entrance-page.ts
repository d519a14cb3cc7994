// What stands at the root of the gate's address, for whoever opens it in a browser: the way to sign in, or a word on what this
// is; and what stands where no page is. Must never name a connection: nobody has said who they are.

import { page } from '../wire/http/page.ts';
import { away, html, refusalPage } from './page-visit.ts';

export const entrance = '/';

/** `signIn`: where people sign in; null where nobody does with a browser. */
export function createEntrance(signIn: string | null): { fetch(request: Request): Promise<Response> } {
  const body = `<p>This is a gate in front of MCP servers and databases. Nobody signs in here with a browser.</p>
<p>Programs find the doors at the addresses their operator gave them; the command line is <code>chartgate</code>.</p>`;
  return { fetch: async () => (signIn === null ? html(page({ title: 'A gate', body })) : away(signIn)) };
}

/** For a browser that asks for a page the gate does not have: an old link, a slip of the fingers. */
export function noSuchPage(): Response {
  return refusalPage(
    { code: 'not_found', text: 'There is no such page.' },
    { href: entrance, label: 'To the beginning' },
  );
}
