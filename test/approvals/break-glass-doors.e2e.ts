// Break-glass where it is met: in MCP sessions that run already, for people and not for their agents, and where the database
// itself masks. It begins and ends with the very next request.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import type { Client as McpClient } from '@modelcontextprotocol/client';
import { type Clinic, startClinic } from '../parts/clinic.ts';
import { logRecords } from '../parts/log-records.ts';

const breakGlass = `  break_glass:
    subjects: { groups: [care-team] }
    max: 1h
    allow: { unmask: all, filter: all }
    reviewers: [privacy]
  rules:`;

async function startWith(posture: 'inline' | 'enforced'): Promise<Clinic> {
  const clinic = await startClinic({ posture });
  await writeFile(clinic.config, (await readFile(clinic.config, 'utf8')).replace('  rules:', breakGlass));
  await clinic.startGate();
  return clinic;
}

async function openGlass(clinic: Clinic, connection: string): Promise<string> {
  const args = ['break-glass', connection, '--reason', 'cardiac arrest', '--for', '30m', '--json', '-c', clinic.config];
  const { code, stdout, stderr } = await clinic.chartgate(args, 'cora');
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { id: string }).id;
}

async function closeGlass(clinic: Clinic, id: string): Promise<void> {
  assert.equal((await clinic.chartgate(['break-glass', 'close', id, '-c', clinic.config], 'cora')).code, 0);
}

describe('on the MCP door', () => {
  let clinic: Clinic;
  after(() => clinic?.stop());

  it('opens the tools of a session that runs, and closes them again; each call is marked', async () => {
    clinic = await startWith('inline');
    const cora = await clinic.agent('cora');
    const asked = (client: McpClient): Promise<string> =>
      client
        .callTool({ name: 'query', arguments: { sql: 'SELECT ssn FROM patients WHERE id = 1' } })
        .then(({ content }) => JSON.stringify(content), String);
    assert.doesNotMatch(await asked(cora), /123-45-6789/);
    const tools = await openGlass(clinic, 'ehr-tools');
    assert.match(await asked(cora), /\*\*\*-\*\*-6789|\[SSN\]/, 'the database behind the tool is another connection');
    const database = await openGlass(clinic, 'ehr');
    assert.match(await asked(cora), /123-45-6789/);

    // What an agent does in her name is not covered.
    const token = await clinic.issuer.sign({ sub: 'cora', groups: ['care-team'], act: { sub: 'a-chatbot' } });
    const answer = await fetch(`${clinic.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } });
    assert.match(await answer.text(), /a-chatbot/);
    await assert.rejects(
      clinic.connect('cora', { password: token }).then((client) => client.query('DELETE FROM notes')),
    );
    await closeGlass(clinic, database);
    assert.doesNotMatch(await asked(cora), /123-45-6789/);
    await closeGlass(clinic, tools);
    assert.doesNotMatch(await asked(cora), /6789/);
    await cora.close();
    const marked = (await logRecords(clinic.state, 'request')).filter(
      ({ data }) => data?.['break_glass'] !== undefined,
    );
    assert.ok(marked.some(({ data, connection }) => connection === 'ehr-tools' && data?.['break_glass'] === tools));
    assert.ok(marked.some(({ data, connection }) => connection === 'ehr' && data?.['break_glass'] === database));
  });
});

describe('where the database masks', () => {
  let clinic: Clinic;
  after(() => clinic?.stop());

  it('holds for sessions begun under it; one that runs keeps its role, and none keeps the glass', async () => {
    clinic = await startWith('enforced');
    const sql = 'SELECT ssn FROM patients WHERE id = 1';
    const ssnOf = async (client: Awaited<ReturnType<Clinic['connect']>>): Promise<string> =>
      client.query(sql).then(
        ({ rows }) => String(rows[0].ssn),
        (error: unknown) => `refused: ${String(error)}`,
      );
    const before = await clinic.connect('cora');
    assert.equal(await ssnOf(before), '***-**-6789');
    const id = await openGlass(clinic, 'ehr');
    const under = await clinic.connect('cora');
    assert.equal(await ssnOf(under), '123-45-6789');
    assert.notEqual(await ssnOf(before), '123-45-6789', 'its role reads masked views alone');
    await closeGlass(clinic, id);
    for (const client of [before, under]) assert.notEqual(await ssnOf(client), '123-45-6789');
    const next = await clinic.connect('cora');
    assert.equal(await ssnOf(next), '***-**-6789');
    for (const client of [before, under, next]) await client.end().catch(() => {});
  });
});
