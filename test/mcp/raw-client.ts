// A client that says in JSON-RPC over HTTP exactly what a test tells it to: what the SDK's client would not say, or not so.

export interface SaidBy {
  /** The bearer token; at the test gate that is a person's name. */
  readonly person?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One message, `jsonrpc` is put before it. */
export function post(
  url: URL | string,
  message: object,
  { person = 'ana', headers, signal }: SaidBy = {},
): Promise<Response> {
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

/** Opens the stream of what a session is told besides its answers; after an event, where `last-event-id` is among the headers. */
export function listen(url: URL | string, { person = 'ana', headers, signal }: SaidBy = {}): Promise<Response> {
  return fetch(url, {
    headers: { authorization: `Bearer ${person}`, accept: 'text/event-stream', ...headers },
    ...(signal ? { signal } : {}),
  });
}

export interface Greeting {
  readonly person?: string;
  readonly capabilities?: object;
  readonly clientInfo?: object;
}

/** Initializes a session. Returns the headers of what is said in it, and what it was answered. */
export async function greet(
  url: URL | string,
  protocolVersion: string,
  { person = 'ana', capabilities = {}, clientInfo = { name: 'raw', version: '1' } }: Greeting = {},
): Promise<{ readonly headers: Record<string, string>; readonly answer: unknown }> {
  const params = { protocolVersion, capabilities, clientInfo };
  const greeted = await post(url, { id: 0, method: 'initialize', params }, { person });
  const session = greeted.headers.get('mcp-session-id') ?? '';
  const [answer] = messagesIn(await greeted.text());
  return { headers: { 'mcp-session-id': session, 'mcp-protocol-version': protocolVersion }, answer };
}

/** The messages of a body: one as it is, or those of an event stream, as far as they have come whole. */
export function messagesIn(text: string): unknown[] {
  if (text.startsWith('{')) return [JSON.parse(text)];
  return Array.from(text.matchAll(/^data: (.+)\n/gm), ([, data = '']) => JSON.parse(data));
}

/** What comes on a stream, while it comes; it ends with the stream. */
export function heardOn({ body }: Response): readonly unknown[] {
  const heard: unknown[] = [];
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const end = `${rest}${text}`.lastIndexOf('\n') + 1;
      heard.push(...messagesIn(`${rest}${text}`.slice(0, end)));
      rest = `${rest}${text}`.slice(end);
    }
  };
  void read().catch(() => {});
  return heard;
}
