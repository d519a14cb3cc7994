// An MCP server over stdio that writes down each run of its tools in a file, with its process, so that a test can count what
// really ran, whatever became of the gate and the client.

import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const ran = (what: string): void => appendFileSync(process.env['RUNS'] ?? '', `${process.pid} ${what}\n`);
const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] });

const server = new McpServer({ name: 'counting', version: '1' });
const wipes = { annotations: { destructiveHint: true }, inputSchema: z.object({ ward: z.number() }) };
server.registerTool('wipe', wipes, ({ ward }) => {
  ran(`wipe ${ward}`);
  return text(`wiped ward ${ward}`);
});
server.registerTool('slow', { annotations: { readOnlyHint: true } }, async () => {
  ran('slow');
  await sleep(60_000);
  ran('slow to its end');
  return text('slept');
});
await server.connect(new StdioServerTransport());
