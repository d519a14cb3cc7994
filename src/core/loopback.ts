// Which hosts are this machine, as they are written in addresses and URLs.

/** `localhost`, 127.0.0.0/8, and ::1 with or without the brackets of a URL. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
