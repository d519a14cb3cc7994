// `${scheme:name}` references in the configuration, and what must be one: a secret written out in the file is refused.
// It only looks; it resolves nothing and never repeats a value.

import type { SecretString } from './config.ts';
import type { Finding, Path } from './problem.ts';

export const schemes: readonly string[] = ['env', 'file', 'vault', 'gcp', 'aws', 'dsn'];

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly scheme: string; readonly name: string };

/** A string taken apart; joined again, the parts are the string. */
export function partsOf(secret: SecretString): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of secret.raw.matchAll(references)) {
    if (match.index > end) parts.push({ kind: 'text', text: secret.raw.slice(end, match.index) });
    parts.push({ kind: 'reference', scheme: match[1] ?? '', name: match[2] ?? '' });
    end = match.index + match[0].length;
  }
  if (end < secret.raw.length) parts.push({ kind: 'text', text: secret.raw.slice(end) });
  return parts;
}

const references = /\$\{([a-zA-Z0-9_-]+):([^{}]*)\}/g;

const reference = 'a reference such as ${env:NAME} or ${file:path}';
const urlWithPassword = 'a URL with a password written out';

/** Every string of the file that is, or looks like, a secret but is no reference. */
export function findLiteralSecrets(value: unknown, path: Path = []): Finding[] {
  if (typeof value === 'string') {
    const found = literalSecret(value, path);
    const expected = found === urlWithPassword ? `the URL without it, and ${reference}` : reference;
    return found === null ? [] : [{ path, found, expected }];
  }
  if (Array.isArray(value)) return value.flatMap((each, index) => findLiteralSecrets(each, [...path, index]));
  if (value === null || typeof value !== 'object') {
    return value !== null && value !== undefined && isSecretPath(path)
      ? [{ path, found: 'a secret written out', expected: reference }]
      : [];
  }
  return Object.entries(value).flatMap(([key, each]) => findLiteralSecrets(each, [...path, key]));
}

/** Whether the value at this path must not be shown, whatever it is. */
export function isSecretPath(path: Path): boolean {
  // Each of a list of secrets is one.
  const named = typeof path.at(-1) === 'number' ? path.slice(0, -1) : path;
  const key = String(named.at(-1) ?? '');
  const parent = String(named.at(-2) ?? '');
  if (path[0] === 'policy' || path[0] === 'classification' || path[0] === 'masks') return false;
  if (parent === 'env') return /PASSWORD|PASSWD|SECRET|TOKEN|KEY|CREDENTIAL/i.test(key);
  if (parent === 'credential' && (key === 'key' || key === 'value')) return true;
  if (path[0] === 'identity' && key === 'key') return true;
  if (path[0] === 'approvals' && (key === 'bot' || key === 'signing_secret')) return true;
  return ['password', 'token', 'client_secret', 'secret', 'kek', 'webhook'].includes(key);
}

export function looksSecret(text: string): boolean {
  return literalSecret(text, []) !== null || /\/\/[^/@\s]*:[^/@\s]*@/.test(text);
}

function literalSecret(text: string, path: Path): string | null {
  if (/-----BEGIN [A-Z ]+-----/.test(text)) return 'a PEM block written out';
  if (/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/.test(text)) return 'a token written out';
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s$]*:(?!\$\{)[^/@\s]+@/i.test(text)) return urlWithPassword;
  const parts = partsOf({ raw: text });
  const literal = parts.every((part) => part.kind === 'text');
  if (/^--?[\w-]*(?:password|secret|token|api-?key)[\w-]*=./i.test(text) && literal) return 'a secret written out';
  if (!isSecretPath(path) || text === '') return null;
  // A key service's URL names a key, it is none. A header's value may have a word before the secret: `Token ${env:…}`.
  if (path.at(-1) === 'kek' && /^(?:gcp-kms|aws-kms|vault):\/\//.test(text)) return null;
  const exempt = path.at(-2) === 'credential' && path.at(-1) === 'value';
  const pure = exempt ? !literal : parts.every((part) => part.kind === 'reference');
  return pure ? null : 'a secret written out';
}
