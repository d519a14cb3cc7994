// tls-server-end-point (RFC 5929 §4.1): the hash of a server's certificate, by the hash of its own signature.

import { createHash, X509Certificate } from 'node:crypto';

/** Null for signatures the RFC gives no hash for (Ed25519, RSA-PSS): then there is no channel binding. */
export function tlsServerEndPoint(certificate: string | Buffer): Buffer | null {
  const parsed = new X509Certificate(certificate);
  const named = /(md5|sha-?1|sha-?224|sha-?256|sha-?384|sha-?512)/i.exec(parsed.signatureAlgorithm ?? '')?.[1];
  if (named === undefined) return null;
  const algorithm = named.toLowerCase().replace('-', '');
  return createHash(algorithm === 'md5' || algorithm === 'sha1' ? 'sha256' : algorithm)
    .update(parsed.raw)
    .digest();
}
