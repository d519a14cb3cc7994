// How a command talks to a running gate: over its public address with CHARTGATE_TOKEN or the sign-in of `login`, else as
// local operator through the socket in the state directory. It never sends a token in clear to another machine.

import { existsSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { resolve } from 'node:path';
import { z } from 'zod';
import { placeOf, readConfigFile } from '../adapters/config-file/files.ts';
import { errorView } from '../admin/contract.ts';
import { readDocument } from '../config/document.ts';
import { isErrorCode } from '../core/errors.ts';
import { isLoopback } from '../core/loopback.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { gateUnreachable } from './gate-unreachable.ts';
import type { Io } from './io.ts';
import { readSignIn } from './sign-in-file.ts';

export interface Gate {
  /** `shape` is the contract's schema of the answer; `body` makes it a POST. */
  call<T>(path: string, shape: z.ZodType<T>, body?: unknown): Promise<Result<T>>;
}

const answerMs = 60_000;

/** The few keys a client needs; everything else of the file, secrets above all, is the gate's business. */
const clientSide = z.looseObject({
  public_url: z.string().optional(),
  state: z.string().default('./state'),
  tls: z.unknown().optional(),
  listen: z.looseObject({ http: z.string().optional() }).optional(),
});

/** @param config the file as given with -c */
export function findGate(io: Io, config: string): Result<Gate> {
  const token = (io.env['CHARTGATE_TOKEN'] ?? '').trim();
  // Anything else is no header, and would be told as a gate that does not answer.
  if (!/^[\x21-\x7e]*$/.test(token)) return refuse('token_invalid', 'CHARTGATE_TOKEN holds what is no token.');
  const place = placeOf(resolve(io.cwd, config));
  const address = gateAddress(io, config);
  if (!address.ok) return address;
  const url = address.value;
  if (token !== '') return overNetwork(url, () => Promise.resolve(ok(token)));
  if (readSignIn(io, url.origin)) {
    // An OAuth client: only who has signed in with `login` needs one.
    const tokenOf = async (): Promise<Result<string> | null> =>
      (await import('./gate-tokens.ts')).tokenFor(io, url.origin);
    return overNetwork(url, async () => (await tokenOf()) ?? refuseTokenless());
  }
  const found = isExplicit(io) ? refuseTokenless() : readClientSide(place.file);
  if (!found.ok) return found;
  const socket = resolve(place.resolvePath(found.value.state), 'admin.sock');
  return existsSync(socket) ? ok(gateAt(new URL('http://localhost'), { socketPath: socket })) : refuseTokenless();
}

/** Where the gate is: CHARTGATE_URL, else by the configuration. Refused: config_invalid, usage. */
export function gateAddress(io: Io, config: string): Result<URL> {
  const found = isExplicit(io) ? ok(null) : readClientSide(placeOf(resolve(io.cwd, config)).file);
  if (!found.ok) return found;
  const { public_url: publicUrl, listen, tls } = found.value ?? { public_url: io.env['CHARTGATE_URL'] };
  const address = publicUrl ?? addressOf(listen?.http, tls !== undefined);
  const url = URL.parse(address);
  return url?.protocol === 'http:' || url?.protocol === 'https:'
    ? ok(url)
    : refuse('usage', `The gate's address is no http or https URL: ${address}`, {
        next: 'Correct public_url, or CHARTGATE_URL where it is set: https://gate.hospital.example, for example.',
      });
}

/** The state directory the configuration names, for what is done on the gate's own machine. Refused: config_invalid. */
export function stateDirectory(io: Io, config: string): Result<string> {
  const place = placeOf(resolve(io.cwd, config));
  const found = readClientSide(place.file);
  return found.ok ? ok(place.resolvePath(found.value.state)) : found;
}

function isExplicit(io: Io): boolean {
  return (io.env['CHARTGATE_URL'] ?? '') !== '';
}

function readClientSide(file: string): Result<z.infer<typeof clientSide>> {
  const text = readConfigFile(file);
  if (!text.ok)
    return refuse('config_invalid', `There is no readable configuration at ${file}.`, {
      next: 'Name it with -c FILE, or set CHARTGATE_URL to the address of the gate.',
    });
  const document = readDocument(text.value);
  const shaped = clientSide.safeParse(document.ok ? document.value.raw : undefined);
  return shaped.success
    ? ok(shaped.data)
    : refuse('config_invalid', `${file} is not a valid configuration.`, { next: 'Run chartgate check.' });
}

function addressOf(listen: string | undefined, tls: boolean): string {
  return `${tls ? 'https' : 'http'}://${listen ?? '127.0.0.1:7070'}`;
}

function refuseTokenless(): ReturnType<typeof refuse> {
  return refuse('token_missing', 'There is no token to call the gate with.', {
    next: 'Run chartgate login, set CHARTGATE_TOKEN, or run this on the machine of the gate while it runs, without CHARTGATE_URL.',
  });
}

function overNetwork(url: URL, token: () => Promise<Result<string>>): Result<Gate> {
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return refuse('tls_required', 'A token is sent over TLS or to this machine only.', {
      next: 'Use the https address of the gate.',
    });
  return ok(gateAt(url, { token }));
}

function gateAt(
  base: URL,
  options: { readonly socketPath?: string; readonly token?: () => Promise<Result<string>> },
): Gate {
  const where = options.socketPath ?? base.origin;
  return {
    async call<T>(path: string, shape: z.ZodType<T>, body?: unknown): Promise<Result<T>> {
      const url = new URL(`${base.pathname.replace(/\/$/, '')}/api/v1${path}`, base);
      const token = options.token ? await options.token() : null;
      if (token && !token.ok) return token;
      const headers: Route['headers'] = token ? { authorization: `Bearer ${token.value}` } : {};
      let answer: Answer;
      try {
        answer = await exchange(
          url,
          { socketPath: options.socketPath, headers, method: body === undefined ? 'GET' : 'POST' },
          body,
        );
      } catch (error) {
        return gateUnreachable(where, error);
      }
      return resultOf(answer, shape, where);
    },
  };
}

interface Route {
  readonly socketPath: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function exchange(url: URL, options: Route & { readonly method: string }, body: unknown): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    ...options.headers,
    accept: 'application/json',
    ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { ...options, headers, timeout: answerMs }, (incoming) => {
      collect(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, text }), reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

async function collect(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function resultOf<T>(answer: Answer, shape: z.ZodType<T>, where: string): Result<T> {
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch {
    return refuse('gate_unreachable', `What answers at ${where} is not a gate.`, { next: 'Check its address.' });
  }
  if (answer.status >= 200 && answer.status < 300) {
    const parsed = shape.safeParse(value);
    return parsed.success
      ? ok(parsed.data)
      : refuse('gate_unreachable', `What answers at ${where} does not speak this version's contract.`);
  }
  const refusal = errorView.safeParse(value);
  if (!refusal.success) return refuse('gate_unreachable', `What answers at ${where} is not a gate.`);
  const { code, text, next, rule } = refusal.data.error;
  return refuse(isErrorCode(code) ? code : 'internal', text, { next, ...(rule === undefined ? {} : { rule }) });
}
