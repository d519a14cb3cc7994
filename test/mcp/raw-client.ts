// A client that says in JSON-RPC over HTTP exactly what a test tells it to: what the SDK's client would not say, or not so.

export interface SaidBy {
  readonly person?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One message, `jsonrpc` is put before it. */
export function post(url: URL, message: object, { person = 'ana', headers, signal }: SaidBy = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${person}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    ...(signal ? { signal } : {}),
  });
}

/** Initializes a session. Returns the headers of what is said in it. */
export async function greet(
  url: URL,
  protocolVersion: string,
  capabilities: object = {},
  clientInfo: object = { name: 'raw', version: '1' },
): Promise<Record<string, string>> {
  const greeted = await post(url, {
    id: 0,
    method: 'initialize',
    params: { protocolVersion, capabilities, clientInfo },
  });
  await greeted.text();
  return { 'mcp-session-id': greeted.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': protocolVersion };
}
