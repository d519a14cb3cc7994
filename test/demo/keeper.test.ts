// The parts of the demo: the database is a real one and the same everywhere, and nothing outlives whoever started it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { seedPatients } from '../../demo/patients.ts';
import { eventually } from '../parts/eventually.ts';
import { startPostgres } from '../parts/postgres.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('two databases seeded alike are alike, and hold what the tour looks for', async () => {
  await using server = await startPostgres();
  const digests: unknown[] = [];
  for (const name of ['a', 'b']) {
    await server.createDatabase(name);
    const client = new Client({ connectionString: server.url(server.superuser, server.superuserPassword, name) });
    await client.connect();
    const sizes = await seedPatients(client, 40);
    await client.end();
    assert.equal(sizes['patients'], 40);
    const [row] = await server.query(
      name,
      `SELECT md5((SELECT string_agg(p::text, '' ORDER BY id) FROM patients p) || (SELECT string_agg(n::text, '' ORDER BY id) FROM notes n)) AS digest,
        (SELECT count(*) FROM notes n JOIN patients p ON p.id = n.patient WHERE position(p.last IN n.body) > 0)::int AS named`,
    );
    assert.ok(Number(row?.['named']) > 5, 'notes name their patients');
    digests.push(row?.['digest']);
  }
  assert.equal(digests[0], digests[1]);
});

test('a wrong password is refused: the server asks for SCRAM', async () => {
  await using server = await startPostgres();
  const client = new Client({ connectionString: server.url(server.superuser, 'wrong', 'postgres') });
  await assert.rejects(client.connect(), { code: '28P01' });
});

test('kill -9 of whoever started a server ends the server and removes its directory', async () => {
  const script = `import { startPostgres } from './demo/postgres.ts';
    const server = await startPostgres();
    const [row] = await server.query('postgres', 'SHOW data_directory');
    console.log(JSON.stringify([server.port, row.data_directory]));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk]: Buffer[] = await once(owner.stdout, 'data');
  const [port, data]: [number, string] = JSON.parse(String(chunk));
  assert.ok(await listens(port));
  assert.ok(readdirSync(data).includes('PG_VERSION'));
  owner.kill('SIGKILL');
  await eventually(() => !existsSync(dirname(data)), 'its directory is gone');
  assert.equal(await listens(port), false);
});
