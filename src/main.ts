// The composition root: every port gets its adapter here, and nowhere else. `node src/main.ts <command>`.

import { countBuffersWithHeap } from './adapters/system/buffer-accounting.ts';
import { endWithReader, type Io } from './cli/io.ts';
import { runCli } from './cli/program.ts';
import { version } from './cli/release.ts';

countBuffersWithHeap();

const io: Io = {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
};
endWithReader(process.stdout);

process.exitCode = await runCli(process.argv.slice(2), io, {
  version,
  live: async (loaded) => (await import('./live-check.ts')).checkConnections(loaded),
  openHardening: async (loaded, at) => (await import('./live-hardening.ts')).openHardening(loaded, at),
  survey: async (loaded, connection, rows) =>
    (await import('./live-check.ts')).surveyDatabase(loaded, connection, rows),
  analyze: async (sql) => (await import('./cli/analyze-text.ts')).analyzeText(sql),
  serve: async (io, config) => (await import('./serve.ts')).serve(io, config, version),
});
