// The certificate and key of the doors, looked at before anything listens with them: which file it is, and what is wrong
// with it. No error holds anything of a key.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { ok, type Result, refuse } from '../../core/result.ts';

interface DoorTls {
  /** PEM; the gate's own certificate first. */
  readonly certFile: string;
  /** PEM, without a passphrase. */
  readonly keyFile: string;
}

interface LookedAt {
  /** What is in the files. */
  readonly pem: { readonly cert: string; readonly key: string };
  /** SHA-256 of the gate's own certificate, as openssl writes it. */
  readonly fingerprint: string;
  /** ISO 8601: the last moment it is valid. */
  readonly until: string;
  /** What a client would stumble over although the doors can listen with it, a sentence each: it is over, or for another host. */
  readonly remarks: readonly string[];
}

const day = 86_400_000;
const soonMs = 14 * day;

/**
 * Refused: config_invalid, where the doors cannot listen with it.
 * @param host of `public_url`
 */
export function lookAtCertificate({ certFile, keyFile }: DoorTls, host: string, now: number): Result<LookedAt> {
  const read = readCertificate(certFile);
  if (!read.ok) return read;
  const key = readKey(keyFile);
  if (!key.ok) return key;
  const { text, certificate } = read.value;
  if (!certificate.checkPrivateKey(key.value.key))
    return refuse('config_invalid', `tls: the key in ${keyFile} is not that of the first certificate in ${certFile}.`, {
      next: `These two have to say the same: openssl x509 -noout -pubkey -in ${certFile}; openssl pkey -pubout -in ${keyFile}`,
    });
  try {
    createSecureContext({ cert: text, key: key.value.text });
  } catch (error) {
    const why = error instanceof Error && 'reason' in error ? String(error.reason) : 'no reason given';
    return refuse('config_invalid', `tls: OpenSSL does not take ${certFile} and ${keyFile} (${why}).`, {
      next: 'Have a certificate made with a longer key or a newer signature.',
    });
  }
  return ok({
    pem: { cert: text, key: key.value.text },
    fingerprint: certificate.fingerprint256,
    until: certificate.validToDate.toISOString(),
    remarks: [...validity(certificate, certFile, now), ...hostOf(certificate, certFile, host)],
  });
}

function readCertificate(file: string): Result<{ readonly text: string; readonly certificate: X509Certificate }> {
  try {
    const text = readFileSync(file, 'utf8');
    return ok({ text, certificate: new X509Certificate(text) });
  } catch {
    return refuse('config_invalid', `tls.cert: ${file} holds no X.509 certificate in PEM.`, {
      next: 'It begins with -----BEGIN CERTIFICATE-----; those of intermediate authorities follow in the same file.',
    });
  }
}

function readKey(file: string): Result<{ readonly text: string; readonly key: KeyObject }> {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
    return ok({ text, key: createPrivateKey(text) });
  } catch {
    // RFC 7468 §11, and the header of RFC 1421 that OpenSSL's older form has.
    if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
      return refuse('config_invalid', `tls.key: the key in ${file} has a passphrase, which nobody is there to type.`, {
        next: `Write one without, with mode 0600: openssl pkey -in ${file} -out <new file>`,
      });
    return refuse('config_invalid', `tls.key: ${file} holds no private key in PEM.`, {
      next: 'It begins with -----BEGIN PRIVATE KEY----- (or RSA, or EC).',
    });
  }
}

function validity(certificate: X509Certificate, file: string, now: number): string[] {
  const { validFromDate, validToDate } = certificate;
  const [from, to] = [validFromDate, validToDate].map((date) => date.toISOString().slice(0, 16));
  if (now >= validToDate.getTime()) return [`tls.cert: ${file} is over since ${to}Z: clients refuse it.`];
  if (now < validFromDate.getTime())
    return [`tls.cert: ${file} begins at ${from}Z: clients refuse it until then, or this machine's clock is behind.`];
  if (now >= validToDate.getTime() - soonMs) return [`tls.cert: ${file} is over at ${to}Z: have the next one made.`];
  return [];
}

function hostOf(certificate: X509Certificate, file: string, host: string): string[] {
  const name = host.replace(/^\[|\]$/g, '');
  const fits = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
  return fits === undefined
    ? [`tls.cert: ${file} is not for ${name}, the host of public_url: who comes by that name refuses it.`]
    : [];
}
