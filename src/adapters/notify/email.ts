// E-mail over SMTP (RFC 5321), with TLS unless the relay is on this machine. Plain text only.

import { ok, refuse } from '../../core/result.ts';
import type { Notifier } from '../../ports/notices.ts';

export interface Mailbox {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS, which is required off loopback. */
  readonly tls: boolean;
  readonly loopback: boolean;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: string;
  readonly to: readonly string[];
}

const answerMs = 15_000;

export function email(way: Pick<Notifier, 'name' | 'groups'>, box: Mailbox): Notifier {
  // Loaded when the first mail is sent: most gates send none.
  const connect = async () => {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      host: box.host,
      port: box.port,
      secure: box.tls,
      requireTLS: !box.tls && !box.loopback,
      ignoreTLS: !box.tls && box.loopback,
      connectionTimeout: answerMs,
      greetingTimeout: answerMs,
      socketTimeout: answerMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(box.login ? { auth: { user: box.login.user, pass: box.login.password } } : {}),
    });
  };
  let transport: Awaited<ReturnType<typeof connect>> | null = null;
  return {
    ...way,
    send: async ({ id, title, facts, link }) => {
      const lines = facts.map(({ label, text }) => `${label}: ${text}`);
      try {
        transport ??= await connect();
        await transport.sendMail({
          from: box.from,
          to: [...box.to],
          subject: `Chartgate: ${title}`,
          text: `${title}.\n\n${lines.join('\n')}\n\n${link}\n`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Chartgate-Notice': id },
        });
        return ok(undefined);
      } catch (error) {
        const status = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0;
        // RFC 5321 §4.2.1: 5yz is for good.
        const code = status >= 500 ? 'upstream_refused' : 'upstream_unavailable';
        return refuse(code, status > 0 ? `the mail server answered ${status}.` : 'the mail server did not take it.');
      }
    },
  };
}
