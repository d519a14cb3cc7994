// What a PostgreSQL client says before it signs in: whether it wants encryption, whom it wants to cancel, or who it is and with which
// settings it starts. INVARIANT: what could not be SET in a session cannot be given at its start either.

import { ok, type Result, refuse } from '../core/result.ts';
import type { ByteStream } from '../ports/postgres-upstream.ts';
import { settingAllowed, startupParameters } from '../sql/settings.ts';
import { malformed } from '../wire/postgres/protocol-error.ts';
import {
  encodeNegotiateProtocolVersion,
  newestMinor,
  type StartupMessage,
  type StartupPacket,
  takeStartupPacket,
} from '../wire/postgres/startup.ts';
import { decodeStartupOptions } from '../wire/postgres/startup-options.ts';
import type { StreamReader } from './stream-reader.ts';

export type CancelRequest = Extract<StartupPacket, { kind: 'cancel' }>;

export interface Startup {
  readonly user: string;
  /** Which connection it wants, by its name in the configuration. */
  readonly database: string;
  readonly applicationName: string;
  /** What the upstream's session is started with. */
  readonly upstream: Readonly<Record<string, string>>;
  /** How long a key for cancel requests the client understands. */
  readonly secretKeyBytes: 4 | 32;
}

/** Startup parameters the gate takes for itself; the rest is passed on if it is allowed as a setting. */
const ours: ReadonlySet<string> = new Set(['user', 'database', 'client_encoding']);

/** Null where the client has left, or only asked for a cancel. @throws ProtocolError */
export async function takeStartup(
  client: ByteStream,
  reader: StreamReader,
  cancel: (request: CancelRequest) => Promise<void>,
): Promise<Result<Startup> | null> {
  const message = await startupMessage(client, reader, cancel);
  if (!message) return null;
  const accepted = settingsOf(message);
  if (!accepted.ok) return accepted;
  if (message.minor > newestMinor || message.options.size > 0) {
    client.write(
      encodeNegotiateProtocolVersion({
        minor: Math.min(message.minor, newestMinor),
        unknownOptions: [...message.options.keys()],
      }),
    );
  }
  const settings = accepted.value;
  const user = settings.get('user') ?? '';
  return ok({
    user,
    database: settings.get('database') ?? user,
    applicationName: settings.get('application_name') ?? '',
    upstream: { ...Object.fromEntries([...settings].filter(([name]) => !ours.has(name))), ...startupParameters },
    secretKeyBytes: message.minor >= 2 ? 32 : 4,
  });
}

async function startupMessage(
  client: ByteStream,
  reader: StreamReader,
  cancel: (request: CancelRequest) => Promise<void>,
): Promise<StartupMessage | null> {
  const asked = new Set<string>();
  for (;;) {
    const taken = await reader.take((bytes) => takeStartupPacket(bytes));
    if (!taken) return null;
    const { packet } = taken;
    // Each kind of encryption can be asked for once, as PostgreSQL has it.
    if (asked.has(packet.kind)) malformed('startup: a request made twice');
    asked.add(packet.kind);
    switch (packet.kind) {
      case 'ssl': {
        if (!client.tlsOffered) {
          client.write(Buffer.from('N'));
          break;
        }
        client.write(Buffer.from('S'));
        const secured = await client.startTls();
        if (!secured.ok) return null;
        break;
      }
      case 'gss':
        client.write(Buffer.from('N'));
        break;
      case 'cancel':
        await cancel(packet);
        client.end();
        return null;
      case 'startup':
        return packet;
    }
  }
}

/** The parameters with the settings of `options` among them, which they win over, as the server has it. */
function settingsOf(message: StartupMessage): Result<ReadonlyMap<string, string>> {
  const { options, ...parameters } = Object.fromEntries(message.parameters);
  if (!parameters['user']) return refuse('malformed', 'The startup message names no user.');
  const given = decodeStartupOptions(options ?? '');
  if (!given)
    return refuse(
      'unsafe_setting',
      "Of the server's command-line options only settings are passed on (-c name=value).",
      { next: 'Leave out the others.' },
    );
  const settings = [...given, ...Object.entries(parameters)];
  for (const [name, value] of settings) {
    if (name === 'replication') return refuse('unsupported', 'Replication connections are not carried.');
    const isOurs = ours.has(name) && !given.has(name);
    if (!isOurs && !settingAllowed(name, value))
      return refuse('unsafe_setting', `The setting ${JSON.stringify(name)} cannot be given at startup.`);
  }
  return ok(new Map(settings));
}
