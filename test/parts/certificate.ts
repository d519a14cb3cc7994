// A certificate authority for tests: X.509 v3 certificates (RFC 5280) with ECDSA P-256, in DER by hand.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Authority {
  /** PEM, to be trusted. */
  readonly cert: string;
  /** A server certificate for these DNS names and IPv4 addresses, the first also as common name. */
  issue(names: readonly string[]): { readonly cert: string; readonly key: string };
}

export function createAuthority(commonName = 'Chartgate test authority'): Authority {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const basicConstraints = extension([0x55, 0x1d, 0x13], sequence(der(0x01, Buffer.of(0xff))), true);
  return {
    cert: certificate(commonName, commonName, ca.publicKey, ca.privateKey, [basicConstraints]),
    issue(names) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subjectAltName = extension([0x55, 0x1d, 0x11], sequence(...names.map(generalName)));
      return {
        cert: certificate(names[0] ?? 'server', commonName, own.publicKey, ca.privateKey, [subjectAltName]),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
}

function certificate(
  subject: string,
  issuer: string,
  publicKey: KeyObject,
  issuerKey: KeyObject,
  extensions: readonly Buffer[],
): string {
  // 1.2.840.10045.4.3.2 ecdsa-with-SHA256
  const algorithm = sequence(der(0x06, Buffer.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)));
  const dayMs = 86_400_000;
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    algorithm,
    name(issuer),
    sequence(time(Date.now() - dayMs), time(Date.now() + dayMs)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, issuerKey);
  const whole = sequence(toBeSigned, algorithm, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...items: readonly Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(items));
}

function name(commonName: string): Buffer {
  const attribute = sequence(der(0x06, Buffer.of(0x55, 0x04, 0x03)), der(0x0c, Buffer.from(commonName)));
  return sequence(der(0x31, attribute));
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${text}Z`));
}

function extension(oid: readonly number[], value: Buffer, critical = false): Buffer {
  const flag = critical ? [der(0x01, Buffer.of(0xff))] : [];
  return sequence(der(0x06, Buffer.from(oid)), ...flag, der(0x04, value));
}

function generalName(text: string): Buffer {
  return isIPv4(text) ? der(0x87, Buffer.from(text.split('.').map(Number))) : der(0x82, Buffer.from(text));
}
