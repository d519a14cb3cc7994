// MCP from a web page: the SDK's client in a real browser, on a page of another origin than the gate's.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BrowserPage, type Chromium, launchChromium, missing } from '../parts/chromium.ts';
import { type Hospital, startHospital } from '../parts/hospital.ts';
import { at } from './gate.ts';

const options = missing === null ? {} : { skip: missing };

const modules = new URL('../../node_modules/', import.meta.url);
/** What a bundler would find for a browser. */
const imports = {
  '@modelcontextprotocol/client': '/@modelcontextprotocol/client/dist/index.mjs',
  '@modelcontextprotocol/client/_shims': '/@modelcontextprotocol/client/dist/shimsBrowser.mjs',
  '@modelcontextprotocol/core/internal': '/@modelcontextprotocol/core/dist/internal.mjs',
  'zod/v4': '/zod/v4/index.js',
  eventsource: '/eventsource/dist/index.js',
  'eventsource-parser': '/eventsource-parser/dist/index.js',
  'eventsource-parser/stream': '/eventsource-parser/dist/stream.js',
  'pkce-challenge': '/pkce-challenge/dist/index.browser.js',
};

const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script><script type="module">
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
const kept = (name) => JSON.parse(localStorage.getItem(name) ?? 'null') ?? undefined;
const keep = (name) => (value) => localStorage.setItem(name, JSON.stringify(value));
const authProvider = {
  redirectUrl: location.origin + '/',
  clientMetadata: { client_name: 'Web chat', redirect_uris: [location.origin + '/'], token_endpoint_auth_method: 'none' },
  clientInformation: () => kept('client'),
  saveClientInformation: keep('client'),
  tokens: () => kept('tokens'),
  saveTokens: keep('tokens'),
  codeVerifier: () => kept('verifier'),
  saveCodeVerifier: keep('verifier'),
  discoveryState: () => kept('discovery'),
  saveDiscoveryState: keep('discovery'),
  redirectToAuthorization: (url) => { globalThis.wayIn = String(url); },
};
const told = (error) => ({ error: error.name + ': ' + error.message });
globalThis.ask = async (url, sql, authorization, version) => {
  const client = new Client({ name: 'web', version: '1' }, version ? { versionNegotiation: { mode: { pin: version } } } : {});
  const requestInit = authorization ? { headers: { authorization } } : {};
  const transport = new StreamableHTTPClientTransport(new URL(url), authorization ? { requestInit } : { authProvider });
  try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    const { content } = await client.callTool({ name: 'query', arguments: { sql } });
    const { sessionId = null } = transport;
    await transport.terminateSession();
    await client.close();
    return { tools: tools.map(({ name }) => name), content, sessionId };
  } catch (error) {
    return { ...told(error), wayIn: globalThis.wayIn };
  }
};
globalThis.finish = (url) =>
  new StreamableHTTPClientTransport(new URL(url), { authProvider }).finishAuth(new URLSearchParams(location.search)).then(() => 'finished', told);
globalThis.raw = (url, init) => fetch(url, init).then(({ status, headers }) => ({ status, challenge: headers.get('www-authenticate') }), told);
document.body.append('ready');
</script><body>`;

/** A web application of its own origin. */
async function serveApplication(): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    if (pathname === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    readFile(fileURLToPath(new URL(`.${pathname}`, modules))).then(
      (text) => void response.writeHead(200, { 'content-type': 'text/javascript' }).end(text),
      () => void response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` };
}

let hospital: Hospital;
let chromium: Chromium;
let ours: { readonly server: Server; readonly origin: string };
let another: { readonly server: Server; readonly origin: string };

before(async () => {
  if (missing !== null) return;
  [ours, another] = [await serveApplication(), await serveApplication()];
  hospital = await startHospital();
  const { clinic } = hospital;
  const config = await readFile(clinic.config, 'utf8');
  await writeFile(clinic.config, config.replace('listen: {', `listen: { origins: [${JSON.stringify(ours.origin)}],`));
  await clinic.startGate();
  chromium = await launchChromium();
});

after(async () => {
  await chromium?.close();
  await hospital?.stop();
  for (const each of [ours, another]) each?.server.close();
});

async function open(origin: string): Promise<BrowserPage> {
  const opened = await (await chromium.newContext({})).newPage();
  await opened.goto(origin);
  await opened.waitForSelector('body:has-text("ready")');
  return opened;
}

const call = (name: string, ...args: readonly unknown[]): string => `${name}(...${JSON.stringify(args)})`;

for (const version of [null, '2026-07-28'])
  test(`a page of a configured origin calls a tool, by ${version ?? 'a session'}`, options, async () => {
    const { clinic } = hospital;
    const url = `${clinic.url}/mcp/ehr-tools`;
    const bearer = `Bearer ${await clinic.token('ana')}`;
    const opened = await open(ours.origin);
    const asked = await opened.evaluate(
      call(
        'ask',
        url,
        'SELECT ssn, label FROM patients, wards WHERE wards.id = 7 AND patients.id = 1',
        bearer,
        version,
      ),
    );
    assert.deepEqual(at(asked, 'tools'), ['query']);
    assert.match(JSON.stringify(at(asked, 'content')), /ward 7/);
    assert.doesNotMatch(JSON.stringify(asked), /123-45/);
    assert.equal(typeof at(asked, 'sessionId'), version === null ? 'string' : 'object', 'it can read its session id');
  });

test('a page of a configured origin registers itself and signs its person in', options, async () => {
  const { clinic, provider } = hospital;
  const url = `${clinic.url}/mcp/ehr-tools`;
  const opened = await open(ours.origin);
  assert.deepEqual(await opened.evaluate(call('raw', url, { method: 'POST' })), {
    status: 401,
    challenge: `Bearer resource_metadata="${clinic.url}/.well-known/oauth-protected-resource/mcp/ehr-tools"`,
  });
  const sent = await opened.evaluate(call('ask', url, 'SELECT 1', null, null));
  assert.match(String(at(sent, 'error')), /Unauthorized/);
  await opened.goto(String(at(sent, 'wayIn')));
  await opened.waitForURL(({ origin }) => origin === provider.issuer);
  await opened.fill('input[name=login]', 'ana');
  await opened.fill('input[name=password]', 'x');
  await opened.keyboard.press('Enter');
  await opened.waitForSelector('form:has(input[value=consent])');
  await opened.click('form:has(input[value=consent]) [type=submit]');
  await opened.waitForURL(({ pathname }) => pathname.startsWith('/signin/a/'));
  await opened.click('form:has(input[value=allow]) button');
  await opened.waitForURL(({ origin }) => origin === ours.origin);
  await opened.waitForSelector('body:has-text("ready")');
  assert.equal(await opened.evaluate(call('finish', url)), 'finished');
  const asked = await opened.evaluate(call('ask', url, 'SELECT label FROM wards WHERE id = 2', null, null));
  assert.match(JSON.stringify(at(asked, 'content')), /ward 2/);
});

test('a page of any other origin gets nothing', options, async () => {
  const { clinic } = hospital;
  const url = `${clinic.url}/mcp/ehr-tools`;
  const bearer = `Bearer ${await clinic.token('ana')}`;
  const opened = await open(another.origin);
  assert.match(
    String(at(await opened.evaluate(call('ask', url, 'SELECT 1', bearer, null)), 'error')),
    /Failed to fetch/,
  );
  assert.match(String(at(await opened.evaluate(call('raw', url, { method: 'POST' })), 'error')), /Failed to fetch/);
});
