// chartgate demo: what `npm start` stands up, by its other name. It lives in the clone, with the database and the people
// it brings, and not in a published package.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runProgram } from './child-program.ts';
import { complain, type Io } from './io.ts';

/** @param args those of `npm start --`, which demo/main.ts reads itself */
export async function demo(io: Io, args: readonly string[]): Promise<number> {
  const [preflight = '', main = ''] = ['../../bin/preflight.mjs', '../../demo/main.ts'].map((each) =>
    fileURLToPath(new URL(each, import.meta.url)),
  );
  if (!existsSync(main))
    return complain(io, {
      code: 'unsupported',
      text: 'The demo is not part of this installation.',
      next: 'Run npm start in a clone.',
    });
  return runProgram(io, process.execPath, [preflight, main, ...args], io.env);
}
