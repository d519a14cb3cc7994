// The rules of MCP's Streamable HTTP transport that are about headers and versions, as pure functions
// (MCP 2025-11-25, Basic / Transports; RFC 9110 §12.5.1 for Accept). No policy here.

/** Versions a client may speak with the gate, the newest first. */
export const clientVersions = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;

/** Versions the gate accepts from an upstream; 2024-11-05 is still common over stdio. */
export const upstreamVersions: readonly string[] = [...clientVersions, '2024-11-05'];

/** The version asked for where we speak it, else our newest (MCP, Lifecycle / Version Negotiation). */
export function negotiateVersion(requested: unknown): string {
  return isClientVersion(requested) ? requested : clientVersions[0];
}

export function isClientVersion(value: unknown): value is (typeof clientVersions)[number] {
  return clientVersions.some((version) => version === value);
}

/** A missing header counts as 2025-03-26, the last version without it. A client should send the negotiated one, and need not. */
export function isSpoken(versionHeader: string | undefined): boolean {
  return versionHeader === undefined || isClientVersion(versionHeader);
}

/** Whether an Accept header lets this media type through with a quality above 0. No header accepts everything. */
export function accepts(header: string | undefined, media: string): boolean {
  if (header === undefined) return true;
  const [type] = media.split('/');
  return header.split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (name !== media && name !== `${type}/*` && name !== '*/*') return false;
    return !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

/** As the protocol's own libraries say it. */
const usualAccept = 'application/json, text/event-stream';

/** Whether an answer may come in either form, as a client has to let it (Transports / Sending Messages to the Server). */
export function acceptsAnswers(header: string | undefined): boolean {
  return header === usualAccept || (accepts(header, 'application/json') && accepts(header, 'text/event-stream'));
}

/** `application/json`, with UTF-8 as the only charset there may be. */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(contentType?.trim() ?? '');
}

/** Whether a body under this Content-Encoding is what it says, with no coding around it (RFC 9110 §8.4). */
export function isPlain(contentEncoding: string | undefined): boolean {
  return contentEncoding === undefined || contentEncoding.trim().toLowerCase() === 'identity';
}

export function mediaOf(contentType: string | null | undefined): string {
  return (contentType?.split(';')[0] ?? '').trim().toLowerCase();
}

/** Visible ASCII only (MCP, Session Management), and of a length worth looking up. */
export function isSessionId(value: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(value);
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1); undefined where there is none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +([\x21-\x7e]+)$/i.exec(authorization?.trim() ?? '')?.[1];
}
