// A real rsyslog takes what the gate exports over TLS, whole and in order. Skipped without rsyslogd and its OpenSSL driver.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../demo/ports.ts';
import { syslogTarget } from '../../src/adapters/export-syslog/target.ts';
import type { Exported } from '../../src/ports/export.ts';
import { createAuthority } from '../parts/certificate.ts';
import { eventually } from '../parts/eventually.ts';

const program = '/usr/sbin/rsyslogd';
const skip = existsSync(program) ? false : 'needs: apt-get install rsyslog rsyslog-openssl';

test('rsyslog writes down every record, long ones too', { skip, timeout: 180_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chartgate-rsyslog-'));
  const authority = createAuthority();
  const { cert, key } = authority.issue(['localhost']);
  const port = await freePort();
  const out = join(directory, 'out.log');
  await writeFile(join(directory, 'ca.pem'), authority.cert);
  await writeFile(join(directory, 'cert.pem'), cert);
  await writeFile(join(directory, 'key.pem'), key);
  await writeFile(
    join(directory, 'rsyslog.conf'),
    `global(maxMessageSize="256k" workDirectory="${directory}" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="${directory}/ca.pem" defaultNetstreamDriverCertFile="${directory}/cert.pem"
  defaultNetstreamDriverKeyFile="${directory}/key.pem")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" port="${port}")
template(name="whole" type="string" string="%pri% %hostname% %app-name% %msgid% %msg%\\n")
action(type="omfile" file="${out}" template="whole")
`,
  );
  const args = ['-n', '-f', join(directory, 'rsyslog.conf'), '-i', join(directory, 'pid')];
  const rsyslog = spawn(program, args, { stdio: 'ignore' });
  try {
    const target = syslogTarget({ host: 'localhost', port, ca: authority.cert }, 'gate.example');
    const batch = Array.from({ length: 300 }, (_, seq): Exported => {
      const event = { seq, words: 'ä'.repeat(seq === 150 ? 30_000 : 20) };
      return {
        seq,
        time: new Date(seq * 1000).toISOString(),
        type: 'request',
        weight: seq % 2 === 1 ? 'warning' : 'info',
        event,
      };
    });
    await eventually(async () => (await target.send(batch, 0)).ok, 'rsyslog takes the batch');
    let lines: string[] = [];
    await eventually(async () => {
      const written = existsSync(out) ? await readFile(out, 'utf8') : '';
      lines = written.split('\n').filter((line) => line.includes('chartgate'));
      return lines.length >= batch.length;
    }, 'rsyslog has written the batch');
    assert.equal(lines.length, batch.length);
    for (const [seq, line] of lines.entries()) {
      const [, priority, event = ''] = /^(\d+) gate\.example chartgate request (.*)$/.exec(line.trim()) ?? [];
      assert.equal(priority, seq % 2 === 1 ? '108' : '110');
      assert.deepEqual(JSON.parse(event), batch[seq]?.event);
    }
    await target.close();
  } finally {
    rsyslog.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});
