// A bare TCP pipe in Node: what a proxy costs that looks at nothing. Arguments: the port to listen on, the port to go to.

import { connect, createServer, type Socket } from 'node:net';

const [from, to] = process.argv.slice(2).map(Number);

function pour(source: Socket, sink: Socket): void {
  source.on('data', (chunk) => {
    if (!sink.write(chunk)) source.pause();
  });
  sink.on('drain', () => source.resume());
  source.on('close', () => sink.destroy());
  source.on('error', () => sink.destroy());
}

createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host: '127.0.0.1', port: to ?? 0, noDelay: true });
  pour(client, upstream);
  pour(upstream, client);
}).listen(from, '127.0.0.1');
