// Another implementation reads our log: Go's golang.org/x/mod/sumdb/{note,tlog}, which the checksum database of Go stands on.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readOnlyFiles } from '../../src/adapters/log-files/read-only-files.ts';
import { SecondKey } from '../../src/adapters/log-files/second-key.ts';
import { Cosigning } from '../../src/adapters/witness-client/cosigning.ts';
import { openCheckpoint } from '../../src/audit/checkpoint.ts';
import { parseLogKeys } from '../../src/audit/log-keys.ts';
import { formatVkey, parseVkey } from '../../src/audit/note.ts';
import { cosignedFile } from '../../src/audit/verify.ts';
import { prove } from '../../src/cli/audit-prove.ts';
import { openWitness } from '../../src/cli/witness.ts';
import { openedLog } from '../parts/opened-log.ts';
import { capturedIo } from './captured-io.ts';

const run = promisify(execFile);
const sources = '/usr/share/gocode';
const there = existsSync(join(sources, 'src/golang.org/x/mod/sumdb/tlog')) && existsSync('/usr/bin/go');
const skip = there ? false : 'needs Go and its module sources: apt-get install golang-go golang-golang-x-mod-dev';

void test("Go's note and tlog packages read our log, proofs and cosignatures, and we read their note", {
  skip,
}, async () => {
  const root = await mkdtemp(join(tmpdir(), 'chartgate-oracle-'));
  try {
    const directory = join(root, 'state');
    const { log } = await openedLog(directory, { secondSignature: SecondKey.isOffered() });
    await Promise.all(
      Array.from({ length: SecondKey.isOffered() ? 1_336 : 1_337 }, (_, n) =>
        log.append({ type: 'heartbeat', data: { n } }),
      ),
    );
    await log.close();

    const witness = await openWitness(join(root, 'witness'), {
      name: 'w.test',
      log: [join(directory, 'log/log.vkey')],
    });
    assert.ok(witness.ok);
    const { server, key } = witness.value;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const keys = parseLogKeys(await readFile(join(directory, 'log/log.vkey'), 'utf8'));
    assert.ok(keys.ok);
    const round = await new Cosigning(readOnlyFiles(join(directory, 'log')), [{ url, key }], 1).round(keys.value);
    await witness.value.close();
    assert.ok(round?.cosigned);
    await writeFile(join(directory, 'log', cosignedFile), round.cosigned);
    const proof = join(root, 'entry.tlog-proof');
    assert.equal(await prove(capturedIo(), directory, '901', { output: proof }), 0);

    const program = join(root, 'oracle.go');
    await copyFile(join(import.meta.dirname, 'oracle.go.txt'), program);
    const env = { ...process.env, GO111MODULE: 'off', GOPATH: sources, GOCACHE: join(root, 'cache'), GOFLAGS: '' };
    const { stdout } = await run('/usr/bin/go', ['run', program, directory, proof, formatVkey(key)], { env });
    assert.match(stdout, /^log 1337\nproof 901\ncosignature w\.test\nvkey /);
    const [, vkey = '', note = ''] = /^vkey (.*)\n([^]*)$/m.exec(stdout) ?? [];
    const theirs = parseVkey(vkey);
    assert.ok(theirs.ok);
    const checkpoint = openCheckpoint(note, theirs.value);
    assert.ok(checkpoint.ok);
    assert.equal(checkpoint.value.size, 1_337);
  } finally {
    await rm(root, { recursive: true });
  }
});
