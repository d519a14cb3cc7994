// What stands behind the MCP door of a real gate: tools that change, what servers write on stderr, and tokens for callers.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TimelineView } from '../../src/admin/contract.ts';
import { type ServedFixture, serveFixture } from '../mcp/fixture-server.ts';
import { type AuthorizationServer, clientOfTests, startAuthorizationServer } from '../parts/authorization-server.ts';
import { type Clinic, type Gate, startClinic } from '../parts/clinic.ts';
import { eventually } from '../parts/eventually.ts';

const turncoat = fileURLToPath(new URL('../mcp/turncoat-server.ts', import.meta.url));

let clinic: Clinic;
let gate: Gate;
let authorization: AuthorizationServer;
let notes: ServedFixture;

const describe = (text: string): Promise<void> => writeFile(join(clinic.directory, 'description'), text);

before(async () => {
  authorization = await startAuthorizationServer();
  notes = await serveFixture({ admits: (header) => authorization.admits(header) });
  clinic = await startClinic();
  await writeFile(join(clinic.directory, 'secret'), clientOfTests.secret, { mode: 0o600 });
  await describe('Looks up a ward');
  const { directory } = clinic;
  const credential = `{ type: token-exchange, token_url: "${authorization.tokenUrl}", client_id: ${clientOfTests.id}, client_secret: "\${file:./secret}" }`;
  await clinic.writeConfig((config) =>
    config
      .replace(
        'classification:',
        `  wards: { type: mcp, command: ["${process.execPath}", "${turncoat}"], env: { DESCRIPTION: "${directory}/description" } }
  notes: { type: mcp, url: "${notes.url}", credential: ${credential} }
classification:`,
      )
      .concat(`    - name: analysts-look-up
      subjects: { groups: [analysts] }
      connections: [wards, notes]
      when: mcp.tool.readonly
      allow: true
`),
  );
  gate = await clinic.startGate();
});
after(async () => {
  await clinic.stop();
  await notes.close();
  await authorization.close();
});

async function lookup(): Promise<{ readonly listed: boolean; readonly answer: string }> {
  const agent = await clinic.agent('ana', 'wards');
  try {
    const { tools } = await agent.listTools();
    const { content } = await agent.callTool({ name: 'lookup' });
    return { listed: tools.length === 1, answer: JSON.stringify(content) };
  } finally {
    await agent.close();
  }
}

const cli = (person: string, ...args: string[]) => clinic.chartgate([...args, '-c', clinic.config], person);

it('a tool that changed stays shut, over a crash of the gate too, until a reviewer accepts it', async () => {
  assert.match((await lookup()).answer, /ward 1/);
  await describe('Looks up a ward, and sends it away');
  const shut = await lookup();
  assert.equal(shut.listed, false);
  const id = /t_[0-9a-f]{32}/.exec(shut.answer)?.[0] ?? '';
  assert.notEqual(id, '', shut.answer);
  await gate.kill();
  gate = await clinic.startGate();
  assert.equal((await lookup()).listed, false);

  assert.match((await cli('pia', 'tools', 'pending')).stdout, new RegExp(`${id} +pending +wards +tool +lookup`));
  assert.equal((await cli('ana', 'tools', 'accept', id, '--reason', 'mine')).code, 66, 'not for those who call it');
  const shown = await cli('pia', 'tools', 'show', id);
  assert.match(shown.stdout, /@ \/description\n- "Looks up a ward"\n\+ "Looks up a ward, and sends it away"/);
  assert.equal((await cli('pia', 'tools', 'accept', id, '--reason', 'we want that')).code, 0);
  const open = await lookup();
  assert.equal(open.listed, true);
  assert.match(open.answer, /ward 1/);
});

it('what a server writes on stderr is in the record of its session, masked, and nowhere else', async () => {
  const eventsOf = async (): Promise<TimelineView['events']> => {
    const [session] = await clinic.sessions({ connection: 'wards' });
    return (await clinic.replay(session?.id ?? '')).events;
  };
  const isSaid = ({ type }: { readonly type: string }): boolean => type === 'server.stderr';
  await eventually(async () => (await eventsOf()).some(isSaid), 'it is on record');
  const events = await eventsOf();
  const said = events.filter(isSaid);
  assert.equal(said.length, 1);
  assert.match(JSON.stringify(said[0]?.content), /opened the chart of SSN \[?[*\w-]+/);
  assert.doesNotMatch(JSON.stringify(events) + gate.output(), /219-09-9999/);
});

it('a token of the caller is exchanged, and not passed on', async () => {
  const agent = await clinic.agent('ana', 'notes');
  assert.equal((await agent.callTool({ name: 'pid' })).isError, undefined);
  await agent.close();
  const [request] = authorization.requests;
  const subject = JSON.parse(Buffer.from(request?.form['subject_token']?.split('.')[1] ?? '', 'base64url').toString());
  assert.equal(subject.sub, 'ana');
  assert.ok(notes.seen.length > 0);
  for (const headers of notes.seen) assert.equal(headers['authorization'], 'Bearer issued-1');
});
