// structuredContent through the door: masked, and still accepted by a client that validates it against the tool's schema.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { serveFixture, ssn } from './fixture-server.ts';
import { at, connect, openGate } from './gate.ts';

const readOnlyHint = { annotations: { readOnlyHint: true } };

function createClinic(): McpServer {
  const server = new McpServer({ name: 'clinic', version: '1' });
  const numbered = z.object({ ssn: z.string().regex(/^\d{3}-\d{2}-\d{4}$/), visits: z.number() });
  server.registerTool('chart', { ...readOnlyHint, outputSchema: numbered }, () => ({
    content: [{ type: 'text', text: `SSN ${ssn}` }],
    structuredContent: { ssn, visits: 3 },
  }));
  server.registerTool('listed', { ...readOnlyHint, outputSchema: z.object({ ssn: z.enum([ssn, 'none']) }) }, () => ({
    content: [{ type: 'text', text: 'see structuredContent' }],
    structuredContent: { ssn },
  }));
  server.registerTool('fixed', { ...readOnlyHint, outputSchema: z.object({ ssn: z.literal(ssn) }) }, () => ({
    content: [{ type: 'text', text: 'see structuredContent' }],
    structuredContent: { ssn },
  }));
  // Masked by where it stands, while the list of codes says nothing of anybody.
  server.registerTool('coded', { ...readOnlyHint, outputSchema: z.object({ last_name: z.enum(['a', 'b']) }) }, () => ({
    content: [{ type: 'text', text: 'see structuredContent' }],
    structuredContent: { last_name: 'a' },
  }));
  return server;
}

test('a masked answer follows the outputSchema, or is an isError result that says why not', async () => {
  const upstream = await serveFixture({ create: createClinic });
  const gate = await openGate({ httpUpstream: upstream.url });
  try {
    await using client = await connect(gate, 'remote');
    // From here on the client validates.
    await client.listTools();
    const chart = await client.callTool({ name: 'chart' });
    assert.deepEqual(chart.structuredContent, { ssn: '000-00-0000', visits: 3 });
    assert.deepEqual(at(chart, '_meta', 'chartgate', 'fitted'), ['/ssn']);
    // The schema has been shown masked as well.
    const listed = await client.callTool({ name: 'listed' });
    assert.deepEqual(listed.structuredContent, { ssn: '[SSN]' });
    const fixed = await client.callTool({ name: 'fixed' });
    assert.deepEqual(fixed.structuredContent, { ssn: '[SSN]' });
    const coded = await client.callTool({ name: 'coded' });
    assert.equal(coded.isError, true);
    assert.equal(coded.structuredContent, undefined);
    assert.match(JSON.stringify(coded.content), /see structuredContent.*withheld by the gate/);
    assert.doesNotMatch(JSON.stringify([chart, listed, fixed, coded, gate.ledger.of('response')]), new RegExp(ssn));
  } finally {
    await gate.close();
    await upstream.close();
  }
});
