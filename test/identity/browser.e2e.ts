// A real browser without script, on a phone's screen and by keyboard alone: an MCP client that knows nothing but an address
// gets its token.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import {
  Client as McpClient,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { type BrowserPage, type Chromium, launchChromium, missing, phone } from '../parts/chromium.ts';
import { type Hospital, startHospital } from '../parts/hospital.ts';

const options = missing === null ? {} : { skip: missing };
let hospital: Hospital;
let chromium: Chromium;

before(async () => {
  if (missing !== null) return;
  hospital = await startHospital(', label: "The hospital"');
  await hospital.clinic.startGate();
  chromium = await launchChromium();
});

after(async () => {
  await chromium?.close();
  await hospital?.stop();
});

/** Tabs to the button with this text and presses it. */
async function press(page: BrowserPage, selector: string): Promise<void> {
  await page.focus(selector);
  await page.keyboard.press('Enter');
}

test('sign-in and consent by keyboard; then the client calls', options, async () => {
  const { clinic, provider } = hospital;
  const context = await chromium.newContext(phone);
  // Where the client waits for its person to come back.
  const waiting = createServer((_, response) => void response.end('You can close this page.'));
  await new Promise<void>((resolve) => waiting.listen(0, '127.0.0.1', resolve));
  after(() => waiting.close());
  const place = waiting.address();
  const callback = `http://127.0.0.1:${typeof place === 'object' && place ? place.port : 0}/callback`;
  const page = await context.newPage();
  const kept: Record<string, unknown> = {};
  let wide = -1;
  const memory: OAuthClientProvider = {
    redirectUrl: callback,
    clientMetadata: { client_name: 'Chat', redirect_uris: [callback], token_endpoint_auth_method: 'none' },
    clientInformation: () => kept['client'] as never,
    saveClientInformation: (client) => void (kept['client'] = client),
    tokens: () => kept['tokens'] as never,
    saveTokens: (tokens) => void (kept['tokens'] = tokens),
    saveCodeVerifier: (verifier) => void (kept['verifier'] = verifier),
    codeVerifier: () => kept['verifier'] as string,
    discoveryState: () => kept['discovery'] as never,
    saveDiscoveryState: (state) => void (kept['discovery'] = state),
    redirectToAuthorization: async (url) => {
      await page.goto(url.href);
      await page.waitForURL(({ origin }) => origin === provider.issuer);
      await page.fill('input[name=login]', 'ana');
      await page.fill('input[name=password]', 'x');
      await page.keyboard.press('Enter');
      await page.waitForSelector('form:has(input[value=consent])');
      await press(page, 'form:has(input[value=consent]) [type=submit]');
      await page.waitForURL(({ pathname }) => pathname.startsWith('/signin/a/'));
      assert.match(await page.content(), /Let this client act for you/);
      wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      await press(page, 'form:has(input[value=allow]) button');
      await page.waitForURL(({ href }) => href.startsWith(callback));
    },
  };
  const address = new URL('/mcp/ehr-tools', clinic.url);
  const transport = new StreamableHTTPClientTransport(address, { authProvider: memory });
  await assert.rejects(new McpClient({ name: 'chat', version: '1' }).connect(transport), UnauthorizedError);
  assert.ok(wide > 0 && wide <= 360, `${wide} pixels`);
  await transport.finishAuth(new URL(page.url()).searchParams);
  const client = new McpClient({ name: 'chat', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(address, { authProvider: memory }));
  const answer = await client.callTool({ name: 'query', arguments: { sql: 'SELECT label FROM wards WHERE id = 2' } });
  assert.match(JSON.stringify(answer), /ward 2/);
  await client.close();
});
