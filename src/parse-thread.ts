// What runs in the thread long statements are parsed in (adapters/work-thread). It knows nothing but the text it is given.

import { parentPort } from 'node:worker_threads';
import { ok } from './core/result.ts';
import { condensed } from './sql/condense.ts';
import { loadParser, parseStatements } from './sql/parse.ts';

await loadParser();
parentPort?.on('message', (text: string) => {
  const parsed = parseStatements(text);
  parentPort?.postMessage(parsed.ok ? ok(condensed(parsed.value)) : parsed);
});
