// Whether an HTTP request is meant for this gate, by what it says itself of where it goes and where it comes from. It must never take
// a name for the gate's that is not.

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether Host and Origin name this gate: `publicUrl`'s host, or a loopback name while listening on loopback.
 * A browser that was lured to another name (DNS rebinding) fails here; clients that are no browsers send no Origin.
 */
export function isAddressedToUs(
  headers: { readonly host: string | undefined; readonly origin: string | undefined },
  publicUrl: string,
  loopback: boolean,
): boolean {
  const gate = new URL(publicUrl);
  // Nothing but a name and a port (RFC 9110 §7.2), where a URL would have more around it.
  const host = /^[^/?#@\\\s]+$/.test(headers.host ?? '') ? urlOf(`http://${headers.host}`) : undefined;
  if (!host || !(host.hostname === gate.hostname || (loopback && loopbackNames.has(host.hostname)))) return false;
  if (headers.origin === undefined) return true;
  const origin = urlOf(headers.origin);
  if (!origin || (origin.protocol !== 'http:' && origin.protocol !== 'https:')) return false;
  return origin.origin === gate.origin || (loopback && loopbackNames.has(origin.hostname));
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
