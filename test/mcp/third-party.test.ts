// A server nobody here wrote (@modelcontextprotocol/server-postgres 0.6, protocol 2024-11-05) over a real PostgreSQL.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../parts/postgres.ts';
import { ssn } from './fixture-server.ts';
import { at, connect, openGate } from './gate.ts';

const program = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-postgres/dist/index.js'));

describe('the PostgreSQL server from npm, behind the gate', () => {
  it('answers masked, errors included, and its resources can still be reached', async () => {
    await using postgres = await startPostgres();
    const { superuser, superuserPassword } = postgres;
    await postgres.query('postgres', `CREATE TABLE patients (id int, ssn text, note text)`);
    await postgres.query('postgres', `INSERT INTO patients VALUES (7, '${ssn}', 'call (555) 123-4567')`);
    const url = postgres.url(superuser, superuserPassword, 'postgres');
    const gate = await openGate({ command: [process.execPath, program, url] });
    try {
      await using client = await connect(gate, 'other');
      const rows = await client.callTool({ name: 'query', arguments: { sql: 'SELECT * FROM patients' } });
      assert.equal(at(JSON.parse(String(at(rows.content, 0, 'text'))), 0, 'id'), 7);
      assert.doesNotMatch(JSON.stringify(rows), /219-09-9999|123-4567/);
      const failing = client.callTool({ name: 'query', arguments: { sql: `SELECT '${ssn}'::int` } });
      await assert.rejects(
        failing,
        (error: Error) => /invalid input syntax/.test(error.message) && !error.message.includes(ssn),
      );
      const { resources } = await client.listResources();
      const schema = await client.readResource({ uri: resources[0]?.uri ?? '' });
      assert.match(JSON.stringify(schema), /column_name.*ssn/);
    } finally {
      await gate.close();
    }
  });
});
