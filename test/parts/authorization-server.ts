// A token endpoint to the letter of RFC 6749, 8693 and 7523, with metadata by RFC 8414, that a test can make misbehave.

import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportPKCS8, generateKeyPair, jwtVerify, SignJWT } from 'jose';

export interface TokenRequest {
  readonly authorization: string;
  readonly form: Readonly<Record<string, string>>;
}

export interface AuthorizationServer {
  readonly issuer: string;
  readonly tokenUrl: string;
  /** Token requests so far. */
  readonly requests: TokenRequest[];
  /** Whether an `Authorization` header holds a token of ours that is not revoked. */
  readonly admits: (authorization: string) => boolean;
  /** A JSON key file of a service account of ours, as Google makes them. */
  readonly serviceAccountKey: string;
  revokeAll(): void;
  /** What the server does instead of what it should. */
  mischief: {
    /** Members of the metadata. */
    metadata?: Readonly<Record<string, string>>;
    /** Status, headers and body of the token endpoint. */
    answer?: readonly [number, Readonly<Record<string, string>>, string];
    /** Gives the subject token back. */
    echo?: boolean;
  };
  close(): Promise<void>;
}

const client = { id: 'the gate', secret: 'p@ss:word/+%' };
export const clientOfTests: typeof client = client;

export async function startAuthorizationServer(lifeSeconds = 3600): Promise<AuthorizationServer> {
  const account = await generateKeyPair('RS256', { extractable: true });
  const live = new Set<string>();
  const requests: TokenRequest[] = [];
  const mischief: AuthorizationServer['mischief'] = {};
  let issuer = '';
  let count = 0;

  const issue = (): string => {
    const token = `issued-${++count}`;
    live.add(token);
    return token;
  };
  const isClient = ({ authorization, form }: TokenRequest): boolean => {
    const encode = (part: string): string => new URLSearchParams({ x: part }).toString().slice(2);
    const basic = `Basic ${Buffer.from(`${encode(client.id)}:${encode(client.secret)}`).toString('base64')}`;
    return authorization === basic || (form['client_id'] === client.id && form['client_secret'] === client.secret);
  };
  const byGrant: Readonly<Record<string, (request: TokenRequest) => Promise<object | string>>> = {
    client_credentials: async (request) =>
      isClient(request) ? { access_token: issue(), token_type: 'Bearer', expires_in: lifeSeconds } : 'invalid_client',
    'urn:ietf:params:oauth:grant-type:token-exchange': async (request) => {
      if (!isClient(request)) return 'invalid_client';
      const { subject_token: subject, subject_token_type: type } = request.form;
      if (!subject || type !== 'urn:ietf:params:oauth:token-type:jwt') return 'invalid_request';
      return {
        access_token: mischief.echo ? subject : issue(),
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: lifeSeconds,
      };
    },
    'urn:ietf:params:oauth:grant-type:jwt-bearer': async ({ form }) => {
      const verified = await jwtVerify(form['assertion'] ?? '', account.publicKey, {
        issuer: 'gate@clinic.example',
        audience: `${issuer}/token`,
        maxTokenAge: 60,
        algorithms: ['RS256'],
      }).catch(() => null);
      if (!verified) return 'invalid_grant';
      const { target_audience: audience, scope } = verified.payload;
      if (typeof audience !== 'string') {
        return scope === 'one two'
          ? { access_token: issue(), token_type: 'Bearer', expires_in: lifeSeconds }
          : 'invalid_scope';
      }
      const idToken = await new SignJWT({})
        .setProtectedHeader({ alg: 'RS256' })
        .setAudience(audience)
        .setExpirationTime('1h')
        .sign(account.privateKey);
      live.add(idToken);
      return { id_token: idToken };
    },
  };

  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const send = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): void =>
        void outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      if (incoming.url === '/.well-known/oauth-authorization-server') {
        return send(200, JSON.stringify({ issuer, token_endpoint: `${issuer}/token`, ...mischief.metadata }));
      }
      if (incoming.url !== '/token' || incoming.method !== 'POST') return send(404, '{}');
      const request = await readRequest(incoming);
      requests.push(request);
      if (mischief.answer) return send(mischief.answer[0], mischief.answer[2], mischief.answer[1]);
      const answer = (await byGrant[request.form['grant_type'] ?? '']?.(request)) ?? 'unsupported_grant_type';
      if (typeof answer === 'object') return send(200, JSON.stringify(answer));
      send(
        answer === 'invalid_client' ? 401 : 400,
        JSON.stringify({ error: answer, error_description: 'for operators' }),
      );
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return {
    issuer,
    tokenUrl: `${issuer}/token`,
    requests,
    admits: (authorization) => live.has(authorization.replace(/^Bearer /, '')),
    serviceAccountKey: JSON.stringify({
      type: 'service_account',
      client_email: 'gate@clinic.example',
      private_key_id: 'key-1',
      private_key: await exportPKCS8(account.privateKey),
      token_uri: `${issuer}/token`,
    }),
    revokeAll: () => live.clear(),
    mischief,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<TokenRequest> {
  const form = Object.fromEntries(new URLSearchParams(await text(incoming)));
  return { authorization: incoming.headers.authorization ?? '', form };
}
