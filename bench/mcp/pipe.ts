// A bare HTTP pipe in Node: what a proxy costs that looks at nothing. Arguments: the port to listen on, the port to go to.

import { Agent, createServer, request } from 'node:http';

const [from, to] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true });

createServer((incoming, outgoing) => {
  const { url, method, headers } = incoming;
  const upstream = request({ agent, host: '127.0.0.1', port: to, path: url, method, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}).listen(from, '127.0.0.1');
