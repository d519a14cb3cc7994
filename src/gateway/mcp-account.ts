// A server that wants an account of each person, before the person has connected theirs: the session stands, offers the way
// there and nothing of the server's, and goes on by itself once the account is connected.

import type { JsonObject } from '../core/json.ts';
import type { Refusal } from '../core/result.ts';
import type { AccountDesk } from './account-desk.ts';
import type { AuditedSession } from './enforce.ts';
import type { Welcome } from './mcp-link.ts';

/** The gate's own tool in place of the server's. Its description is masked like theirs, so it names no address. */
const connectAccountTool: JsonObject & { readonly name: string } = {
  name: 'connect_account',
  title: 'Connect your account',
  description:
    'The server behind this connection wants an account of the person you work for, who has not connected it yet. Call this to get the page where they do that; then list the tools again.',
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
};

/** What a list holds meanwhile. */
export function listWithoutAccount(member: string): JsonObject {
  return { [member]: member === 'tools' ? [connectAccountTool] : [] };
}

/** What is said of a server nobody could ask yet: whatever a server may offer, so that nothing is missing later. */
export const welcomeWithoutAccount: Welcome = {
  capabilities: {
    tools: { listChanged: true },
    resources: { listChanged: true },
    prompts: { listChanged: true },
    completions: {},
    logging: {},
  },
  serverInfo: { name: 'chartgate', version: '' },
  instructions: `The server behind this connection wants an account of your own. The tool ${connectAccountTool.name} tells where to connect it.`,
};

export const listsChanged: readonly string[] = ['tools', 'resources', 'prompts'].map(
  (each) => `notifications/${each}/list_changed`,
);

export type AccountLookup = Pick<AccountDesk, 'since' | 'connected'>;

interface AccountWaitParts {
  readonly accounts: AccountLookup | null;
  readonly audited: Pick<AuditedSession, 'connection' | 'subject'>;
  /** The session is. */
  readonly over: AbortSignal;
  /** Speaks to the server now; null when it has been spoken to. @throws LogUnavailable */
  readonly enter: () => Promise<Refusal | null>;
  /** Tells the client that what it was asked for is done. @throws LogUnavailable */
  readonly complete: (elicitation: string) => Promise<void>;
}

/** What one session waits for. */
export class AccountWait {
  /** Why the server has not been spoken to; null when it has. */
  absent: Refusal | null = null;
  readonly #parts: AccountWaitParts;
  #meeting: Promise<Refusal | null> | null = null;
  /** Elicitations of whoever is on the way to connect their account; empty where nobody was asked. */
  #asked: Set<string> | null = null;

  constructor(parts: AccountWaitParts) {
    this.#parts = parts;
  }

  /**
   * Speaks to the server as soon as there is an account; null when it has been spoken to, and there is nothing to wait for.
   * Refused: account_required, upstream_*. @throws LogUnavailable
   */
  meet(): Promise<Refusal | null> | null {
    return this.absent && this.#meet();
  }

  async #meet(): Promise<Refusal | null> {
    const { accounts, audited, enter } = this.#parts;
    if ((accounts?.since(audited.connection, audited.subject) ?? null) === null) return this.absent;
    this.#meeting ??= enter().finally(() => {
      this.#meeting = null;
    });
    return this.#meeting;
  }

  /** Goes on when the subject has connected their account, and tells a client that was asked for it. @throws LogUnavailable */
  async wait(elicitation?: string): Promise<void> {
    if (this.#asked) {
      if (elicitation !== undefined) this.#asked.add(elicitation);
      return;
    }
    const asked = new Set(elicitation === undefined ? [] : [elicitation]);
    this.#asked = asked;
    const { accounts, audited, over, complete } = this.#parts;
    await accounts?.connected(audited.connection, audited.subject, over);
    this.#asked = null;
    if (over.aborted) return;
    await this.meet();
    for (const each of asked) await complete(each);
  }
}
