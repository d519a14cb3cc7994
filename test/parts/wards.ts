// The connection `wards` of a clinic: analysts may look, and what they wipe is held. Its server counts what really ran.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clinic } from './clinic.ts';

const server = fileURLToPath(new URL('../mcp/counting-server.ts', import.meta.url));

/** Before the gate starts. `wait` is the rule's. Resolves with the file of the runs: a line each, the server's process first. */
export async function addWards(clinic: Clinic, wait: string): Promise<string> {
  const runs = join(clinic.directory, 'runs');
  await writeFile(runs, '');
  const connection = `  wards: { type: mcp, command: ["${process.execPath}", "${server}"], env: { RUNS: "${runs}" } }\n`;
  await clinic.writeConfig((config) =>
    config.replace('classification:', `${connection}classification:`).concat(`    - name: look
      subjects: { groups: [analysts] }
      connections: [wards]
      when: mcp.tool.readonly
      allow: true
    - name: wipes-are-held
      subjects: { groups: [analysts] }
      connections: [wards]
      when: mcp.tool.destructive
      hold: { reviewers: [privacy], quorum: 1, wait: ${wait}, expires: 10m, grants: once }
`),
  );
  return runs;
}
