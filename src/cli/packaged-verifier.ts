// The verifier that goes into an evidence package: its sources as they stand here, for whoever has no Chartgate. It needs Node 22.18
// or later, which runs them as they are, and no package of anybody's; so it makes no PDF.

import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { verifierFolder } from '../audit/evidence/package.ts';
import { assert } from '../core/result.ts';
import { version } from './release.ts';

const source = resolve(import.meta.dirname, '..');
const main = 'cli/verify-package-main.ts';
/** Also for a Node that cannot run the sources. */
const start = 'bin/verify-package.cjs';
/** Imports that are still there when the types are gone, which stand at the beginning of a line. */
const imports = /^(?:import|export)\s+(?!type\b)[^;]*?\bfrom\s+'([^']+)';/gms;

/** By path in the package: the same bytes from the same release. */
export async function packagedVerifier(): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const add = async (file: string): Promise<void> => {
    const path = `${verifierFolder}src/${relative(source, file)}`;
    if (texts.has(path)) return;
    const text = await readFile(file, 'utf8');
    texts.set(path, text);
    for (const [, from = ''] of text.matchAll(imports)) {
      if (from.startsWith('.')) await add(resolve(file, '..', from));
      else assert(from.startsWith('node:'), 'the verifier needs Node alone');
    }
  };
  await add(join(source, main));
  texts.set(`${verifierFolder}${start}`, await readFile(resolve(source, '..', start), 'utf8'));
  // What says where to begin, that these are modules, and of which release.
  const manifest = { name: 'chartgate-verifier', version, type: 'module', main: start };
  texts.set(`${verifierFolder}package.json`, `${JSON.stringify(manifest, null, 1)}\n`);
  return new Map([...texts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
