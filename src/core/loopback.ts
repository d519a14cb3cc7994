// Which hosts are this machine, and where a secret may therefore be sent without TLS.

/** `localhost`, 127.0.0.0/8, and ::1 with or without the brackets of a URL. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Of the peer of a socket, whose IPv4 address may come mapped into IPv6 (RFC 4291 §2.5.5.2). */
export function isLoopbackPeer(address: string): boolean {
  return isLoopback(address.replace(/^::ffff:/, ''));
}

/** https, or http to this machine (W3C Secure Contexts §3.1). */
export function isPotentiallyTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
