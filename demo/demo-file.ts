// demo.json: how the demo's own commands find the demo that is running. Readable by its owner only; it ends with the demo.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface DemoFile {
  readonly pid: number;
  readonly issuer: string;
  readonly config: string;
  readonly passwords: Readonly<Record<string, string>>;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const home = join(root, '.demo');

/** A directory for this run. What an earlier demo left behind (it was killed) is removed first. */
export function createDemoDirectory(): string {
  for (const [pid, directory] of directories()) if (!isAlive(pid)) rmSync(directory, { recursive: true, force: true });
  const directory = join(home, String(process.pid));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

export function writeDemoFile(directory: string, content: DemoFile): void {
  writeFileSync(join(directory, 'demo.json'), JSON.stringify(content), { mode: 0o600 });
}

/** The newest demo that is running and ready. */
export function findDemo(): DemoFile | undefined {
  for (const [pid, directory] of directories()) {
    if (!isAlive(pid)) continue;
    try {
      return JSON.parse(readFileSync(join(directory, 'demo.json'), 'utf8'));
    } catch {
      // Not ready yet.
    }
  }
  return undefined;
}

function directories(): [number, string][] {
  try {
    return readdirSync(home)
      .map((name): [number, string] => [Number(name), join(home, name)])
      .filter(([pid]) => pid > 0)
      .sort(([a], [b]) => b - a);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
