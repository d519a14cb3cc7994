// Messages of RFC 5424 as a strict parser has them, whatever stands in an event: the header field by field, the octet count of
// RFC 6587, and a message that needs no byte order mark because it is ASCII.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { syslogTarget } from '../../src/adapters/export-syslog/target.ts';
import { recordTypes } from '../../src/core/record.ts';
import type { Exported } from '../../src/ports/export.ts';
import { createAuthority } from '../parts/certificate.ts';
import { eventually } from '../parts/eventually.ts';

const authority = createAuthority();
let server: Server;
let got = Buffer.alloc(0);

before(async () => {
  server = createServer({ ...authority.issue(['localhost']) }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
    });
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
});
after(() => server.close());

const texts = [
  'plain',
  'é ß 漢字 \u{1f3e5} \u2028\u2029\ufeff',
  'half \ud800 of one',
  '"]\\ [x@1 y="z"] <13>1 - - - - - -',
  '\n\r\t\u0000\u001b[31m\u007f\u0085',
  '',
];

/** RFC 5424 §6: HEADER SP STRUCTURED-DATA SP MSG, with no structured data. */
const syntax =
  /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) (-) ([\x21-\x7e]{1,32}) (-) ([^]*)$/;

const weights: readonly Exported['weight'][] = ['info', 'warning', 'notice'];

test('each message is one, and its event comes out as it went in', async () => {
  const batch = recordTypes.flatMap((type, at): Exported[] =>
    texts.map((text, of) => ({
      seq: at * texts.length + of,
      time: new Date(at * 86_400_000 + of).toISOString(),
      type,
      weight: weights[of % 3] ?? 'info',
      event: { [text]: [text, { type }] },
    })),
  );
  const { port } = server.address() as AddressInfo;
  const target = syslogTarget({ host: 'localhost', port, ca: authority.cert }, '2001:db8::1');
  assert.ok((await target.send(batch, 0)).ok);
  await target.close();
  const messages: string[] = [];
  await eventually(() => {
    for (;;) {
      const [count = '', length] = /^([1-9]\d*) /.exec(got.subarray(0, 12).toString('latin1')) ?? [];
      const end = count.length + Number(length);
      if (length === undefined || got.length < end) break;
      messages.push(got.subarray(count.length, end).toString('latin1'));
      got = got.subarray(end);
    }
    return messages.length === batch.length;
  }, 'all have come');
  assert.equal(got.length, 0);
  for (const [at, message] of messages.entries()) {
    const { time, type, weight, event } = batch[at] ?? assert.fail();
    const [, priority, when, host, app, process, id, data, said = ''] = syntax.exec(message) ?? assert.fail(message);
    const header = [priority, when, host, app, process, id, data];
    assert.deepEqual(header, [
      { warning: '108', notice: '109', info: '110' }[weight],
      time,
      '2001:db8::1',
      'chartgate',
      '-',
      type,
      '-',
    ]);
    assert.match(said, /^[\x20-\x7f]+$/);
    assert.deepEqual(JSON.parse(said), event);
  }
});
