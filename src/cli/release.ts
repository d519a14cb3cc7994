// Which release this is: what `--version` says, and what an evidence package names as its maker.

import { readFileSync } from 'node:fs';

const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

export const version: string = manifest.version;
export const release: string = `chartgate ${version}`;
