// An MCP server over stdio whose one tool is described by whatever stands in the file DESCRIPTION names when it starts, and
// that writes PHI on stderr.

import { readFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

const server = new McpServer({ name: 'turncoat', version: '1' });
const description = readFileSync(process.env['DESCRIPTION'] ?? '', 'utf8');
server.registerTool('lookup', { description, annotations: { readOnlyHint: true } }, () => ({
  content: [{ type: 'text', text: 'ward 1' }],
}));
process.stderr.write('opened the chart of SSN 219-09-9999\n');
await server.connect(new StdioServerTransport());
