// What a witness has cosigned is said apart from what came after it: a log that was restored from an older copy has an older
// cosignature too, and nobody's but its own word for the rest.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatVkey, noteKey, signatureLine } from '../../src/audit/note.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { openDatedLog } from './dated-log.ts';

test('the entries after a cosigned checkpoint are said to be cosigned by nobody', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'chartgate-uncosigned-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const { log } = await openDatedLog(dir, Date.UTC(2026, 10, 1));
  const append = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await log.append({ type: 'auth.accepted', data: { i } });
    await log.checkpoint();
  };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = noteKey('witness.test/w1', publicKey, 'cosignature/v1');
  const said = async (): Promise<string> => {
    const lines: string[] = [];
    const asked = { dir, checkpoints: [formatVkey(key)], json: false, home: null };
    assert.equal(await auditVerify(asked, (line) => void lines.push(line)), 0, lines.join('\n'));
    return lines.join('\n');
  };
  await append(4);
  const note = await readFile(join(dir, 'log/checkpoint'), 'utf8');
  const body = note.slice(0, note.indexOf('\n\n') + 1);
  const cosigned = note + signatureLine(body, { key, privateKey }, 1_800_000_000);
  await writeFile(join(dir, 'log/checkpoint.cosigned'), cosigned);
  assert.doesNotMatch(await said(), /not cosigned/);
  await append(3);
  await log.close();
  assert.match(await said(), /w1 cosigned 4 entries .*\n {2}not cosigned: the 3 entries from 4 on/);
});
