// The fixture as a process that speaks MCP 2026-07-28 and nothing else.

import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createFixture } from './fixture-server.ts';

serveStdio(() => createFixture(), { legacy: 'reject' });
