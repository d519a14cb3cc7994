// What a client may say of itself, by registration or in a document of its own (RFC 7591, Client ID Metadata Documents).
// INVARIANT: whoever gets codes where any program of a device could listen is asked about each time.

import { type ClientMetadata, errors } from 'oidc-provider';

const redirectsMax = 20;
const nameCharsMax = 100;

/** Changes what the library is about to take: the kind of client follows from where it is sent back to. @throws OIDCProviderError */
export function checkClient(metadata: ClientMetadata): void {
  const redirects = metadata.redirect_uris ?? [];
  checkRedirects(redirects);
  // RFC 8252 §7, §8.1: most of them do not say that they are native (application_type).
  if (redirects.length > 0 && redirects.every(isOfDevice)) metadata.application_type = 'native';
  const { client_name: name } = metadata;
  // Its name stands beside what is known of it, and must not push that away or turn it round.
  if (name !== undefined && (name.length > nameCharsMax || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)))
    throw new errors.InvalidClientMetadata(`client_name has to be plain text of at most ${nameCharsMax} characters`);
}

/** RFC 9700 §4.1: in clear only on the client's own machine, and nothing a reader could take for another host. */
function checkRedirects(uris: readonly string[]): void {
  if (uris.length > redirectsMax) throw refused(`at most ${redirectsMax} redirect_uris`);
  for (const each of uris) {
    const url = URL.parse(each);
    if (!url || (url.protocol === 'http:' && !isLoopback(url)) || url.username !== '' || url.password !== '')
      throw refused('redirect_uris have to be https, http on loopback, or of an application, without a user');
  }
}

/** Any program there can take what is sent to it. */
function isOfDevice(uri: string): boolean {
  const url = URL.parse(uri);
  return url !== null && url.protocol !== 'https:' && (url.protocol !== 'http:' || isLoopback(url));
}

function isLoopback({ hostname }: URL): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

/** The library's own words are about a redirect that was not registered. */
function refused(why: string): Error {
  return Object.assign(new errors.InvalidRedirectUri(), { error_description: why });
}
