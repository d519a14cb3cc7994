// A road between a gate and its database, on which a test sees or changes what is said.

import { connect, createServer, type Socket } from 'node:net';

export interface Road extends AsyncDisposable {
  readonly port: number;
}

/** Listens on `port`, 0 for any, for connections to `to`, both on loopback. `carry` passes on what either side of one says. */
export async function openRoad(
  port: number,
  to: number,
  carry: (client: Socket, upstream: Socket) => void,
): Promise<Road> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: to, host: '127.0.0.1', noDelay: true });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
    }
    carry(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
