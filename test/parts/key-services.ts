// Servers that speak the protocols of key and secret services to the letter of their references, with keys of their own: Vault
// (transit, KV v2), Google Cloud (KMS, Secret Manager, token endpoint, metadata server), AWS KMS (JSON 1.1, SigV4 headers).

import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';

export interface KeyServices {
  readonly url: string;
  /** For a process that is to use them. */
  readonly env: Readonly<Record<string, string>>;
  /** `service operation`, in order. */
  readonly calls: string[];
  /** The next keys of each service are of a new version. */
  rotate(): void;
  /** HTTP status of every answer from now on; 0 = as it should be. 200 = an answer that does not end. */
  fail(status: number): void;
  close(): Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;

export async function startKeyServices(secrets: Readonly<Record<string, string>> = {}): Promise<KeyServices> {
  const calls: string[] = [];
  const versions = [randomBytes(32)];
  let failing = 0;
  const seal = (plain: Buffer, bound: string): Buffer => {
    const version = versions.length - 1;
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', versions[version] ?? '', nonce).setAAD(Buffer.from(bound));
    return Buffer.concat([Buffer.from([version]), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  const open = (sealed: Buffer, bound: string): Buffer => {
    const opener = createDecipheriv('aes-256-gcm', versions[sealed[0] ?? 0] ?? '', sealed.subarray(1, 13));
    opener.setAAD(Buffer.from(bound)).setAuthTag(sealed.subarray(-16));
    return Buffer.concat([opener.update(sealed.subarray(13, -16)), opener.final()]);
  };
  const bytes = (value: unknown): Buffer => Buffer.from(String(value), 'base64');

  const answer = (request: IncomingMessage, text: string, body: Body): Body | number => {
    const { headers, url = '', method } = request;
    const path = decodeURIComponent(url);
    if (path === '/computeMetadata/v1/instance/service-accounts/default/token') {
      calls.push('metadata token');
      return headers['metadata-flavor'] === 'Google' ? { access_token: 'ya29.token', token_type: 'Bearer' } : 403;
    }
    if (path.startsWith('/v1/projects/')) {
      if (headers.authorization !== 'Bearer ya29.token') return 401;
      const [, name = '', operation] = /^\/v1\/(.*):(\w+)$/.exec(path) ?? [];
      calls.push(`gcp ${operation}`);
      const bound = JSON.stringify(body['additionalAuthenticatedData'] ?? '');
      if (operation === 'encrypt')
        return {
          name: `${name}/cryptoKeyVersions/1`,
          ciphertext: seal(bytes(body['plaintext']), bound).toString('base64'),
        };
      if (operation === 'decrypt') return { plaintext: open(bytes(body['ciphertext']), bound).toString('base64') };
      const secret = operation === 'access' && method === 'GET' ? secrets[name] : undefined;
      return secret === undefined ? 404 : { name, payload: { data: Buffer.from(secret).toString('base64') } };
    }
    if (path.startsWith('/v1/')) {
      if (headers['x-vault-token'] !== 'hvs.token') return 403;
      const [, , mount, operation = '', ...rest] = path.split('/');
      calls.push(`vault ${operation}`);
      if (mount === 'transit' && operation === 'encrypt')
        return { data: { ciphertext: `vault:v1:${seal(bytes(body['plaintext']), rest.join()).toString('base64')}` } };
      if (mount === 'transit' && operation === 'decrypt') {
        const sealed = bytes(String(body['ciphertext']).slice('vault:v1:'.length));
        return { data: { plaintext: open(sealed, rest.join()).toString('base64') } };
      }
      const secret = operation === 'data' ? secrets[`${mount}/${rest.join('/')}`] : undefined;
      return secret === undefined ? 404 : { data: { data: { password: secret }, metadata: { version: 1 } } };
    }
    const target = String(headers['x-amz-target']);
    const service = target.startsWith('secretsmanager.') ? 'secretsmanager' : 'kms';
    if (!isSigned(request, service, text)) return 403;
    calls.push(`aws ${target}`);
    if (target === 'secretsmanager.GetSecretValue') {
      const secret = secrets[String(body['SecretId'])];
      return secret === undefined ? 400 : { Name: String(body['SecretId']), SecretString: secret };
    }
    const bound = JSON.stringify(body['EncryptionContext']);
    if (target === 'TrentService.Encrypt')
      return { CiphertextBlob: seal(bytes(body['Plaintext']), bound).toString('base64'), KeyId: String(body['KeyId']) };
    if (target === 'TrentService.Decrypt')
      return { Plaintext: open(bytes(body['CiphertextBlob']), bound).toString('base64') };
    return 400;
  };

  const server = createServer((request, response) => {
    void (async () => {
      const text = request.method === 'POST' ? await textOf(request) : '';
      const body: unknown = text === '' ? {} : JSON.parse(text);
      if (failing === 200) return endless(response);
      let result: Body | number = failing;
      if (failing === 0) {
        try {
          result = answer(request, text, typeof body === 'object' && body !== null ? { ...body } : {});
        } catch {
          result = 400;
        }
      }
      response.writeHead(typeof result === 'number' ? result : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(typeof result === 'number' ? { errors: ['no'] } : result));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    env: {
      VAULT_ADDR: url,
      VAULT_TOKEN: 'hvs.token',
      GCE_METADATA_HOST: `127.0.0.1:${port}`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: url,
      AWS_ACCESS_KEY_ID: 'AKTEST',
      AWS_SECRET_ACCESS_KEY: awsSecretKey,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    },
    calls,
    rotate: () => void versions.push(randomBytes(32)),
    fail: (status) => {
      failing = status;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const awsSecretKey = 'secrettest';

function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more);
  more();
}

/** Signature Version 4, calculated anew: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function isSigned({ method, url = '', headers }: IncomingMessage, service: string, body: string): boolean {
  const [, date = '', names = '', signature] =
    new RegExp(
      `^AWS4-HMAC-SHA256 Credential=AKTEST/(\\d{8})/eu-central-1/${service}/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$`,
    ).exec(headers.authorization ?? '') ?? [];
  const canonicalHeaders = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url, '', canonicalHeaders.join(''), names, hash('sha256', body)].join('\n');
  const scope = `${date}/eu-central-1/${service}/aws4_request`;
  const signed = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, hash('sha256', canonical)].join('\n');
  const key = [date, 'eu-central-1', service, 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${awsSecretKey}`),
  );
  return createHmac('sha256', key).update(signed).digest('hex') === signature;
}
