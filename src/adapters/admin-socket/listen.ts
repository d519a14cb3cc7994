// The local door of the admin API: a unix socket in the state directory, mode 0600. Whoever may open it is the operator
// of this machine; the kernel is the one who checks.

import { chmodSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { ok, type Result, refuse } from '../../core/result.ts';

export interface AdminSocket {
  close(): Promise<void>;
}

// Not imported: an import asks for every member of node:http, and one of them makes Node load its own fetch and WebSocket.
const { createServer } = process.getBuiltinModule('node:http');

/** Longest path the kernel takes (sockaddr_un: 108 bytes with the NUL on Linux, 104 on macOS). */
const pathBytesMax = 103;

/** INVARIANT: called with the state lock held, so that a socket found at `path` is a dead one. */
export async function listenLocally(path: string, listener: RequestListener): Promise<Result<AdminSocket>> {
  if (Buffer.byteLength(path) > pathBytesMax)
    return refuse('port_unavailable', `The path of the local socket is too long: ${path}.`, {
      next: 'Use a state directory with a shorter path; the command line then needs no token on this machine.',
    });
  const server = createServer(listener);
  const umask = process.umask(0o177);
  try {
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
      // The socket is made by now: only its creation needs the mask.
      process.umask(umask);
    });
    chmodSync(path, 0o600);
  } catch (error) {
    process.umask(umask);
    server.close();
    return refuse('port_unavailable', `The local socket ${path} cannot be opened: ${String(error)}.`);
  }
  return ok({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
