// Which folder may import what, as data: the walls of the house (docs: ARCHITECTURE.md).

/** Folders below src whose files are pure: no clock, no randomness, no process, no I/O. */
export const pure: readonly string[] = [
  'core',
  'sql',
  'policy',
  'masking',
  'approvals',
  'identity',
  'audit',
  'wire',
  'config',
  'gateway',
];

/** The files directly in src: the composition root, which may import every folder and which no folder may import. */
export const root: readonly string[] = [
  'main',
  'serve',
  'compose',
  'postgres-connections',
  'mcp-connections',
  'before-start',
  'live-check',
  'live-places',
  'live-hardening',
  'foundation',
  'compose-decisions',
  'compose-notices',
  'compose-retention',
  'compose-exports',
  'compose-grants',
  'compose-accounts',
  'compose-archive',
  'compose-certificate',
  'compose-witness',
  'compose-operations',
  'compose-front',
  'compose-masking',
  'compose-mcp',
  'compose-recognizers',
  'compose-sign-in',
  'compose-sign-outs',
  'kernel',
  'parse-thread',
  'masking-thread',
];

export interface Wall {
  /** Folders below src, besides its own. */
  readonly folders: readonly string[];
  /** npm packages; 'any' for what touches the world. */
  readonly packages: readonly string[] | 'any';
  /** Folders that may only be named in `import type`. */
  readonly types?: readonly string[];
}

const toCore = (...packages: readonly string[]): Wall => ({ folders: ['core'], packages });

export const walls: Readonly<Record<string, Wall>> = {
  core: { folders: [], packages: [] },
  sql: toCore('libpg-query', 'pgsql-deparser'),
  policy: toCore('@marcbachmann/cel-js', 're2js'),
  masking: toCore('libphonenumber-js', 're2js'),
  approvals: toCore(),
  identity: toCore('jose'),
  audit: toCore(),
  wire: toCore('zod', '@modelcontextprotocol/core'),
  config: toCore('yaml', 'zod'),
  // A key set's type is jose's.
  ports: { folders: ['core'], packages: ['jose'], types: pure.filter((each) => each !== 'gateway') },
  gateway: { folders: [...pure, 'ports'], packages: [] },
  // Adapters move the bytes that audit and wire encode, so they may call those; of the other pure folders they know types.
  adapters: { folders: ['ports', 'core', 'audit', 'wire'], packages: 'any', types: pure },
  admin: { folders: [...pure, 'ports'], packages: ['hono', '@hono/node-server', 'zod'] },
  cli: { folders: [...pure, 'ports', 'adapters', 'admin'], packages: 'any' },
};

/** What of node:crypto is hashing, and the signatures and ciphers made of bytes that are handed in. */
export const cryptoNames: readonly string[] = [
  'createHash',
  'createHmac',
  'createPublicKey',
  'createPrivateKey',
  'createSecretKey',
  'Cipheriv',
  'createCipheriv',
  'createDecipheriv',
  'hash',
  'hkdfSync',
  'pbkdf2Sync',
  'sign',
  'timingSafeEqual',
  'verify',
  'KeyObject',
  'X509Certificate',
];

/** Globals that tell the time, roll dice, wait or talk. */
export const bannedGlobals: readonly string[] = [
  'process',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
  'performance',
  'crypto',
  'globalThis',
];

export const bannedNames: readonly string[] = [
  'utils',
  'util',
  'helpers',
  'helper',
  'shared',
  'common',
  'misc',
  'index',
];
export const bannedSuffix: RegExp = /^[A-Z]\w*(?:Manager|Service|Helper|Base|Impl)$/;

export const fileLinesMax = 400;
export const functionLinesMax = 70;
export const headerLinesMax = 6;
export const scriptsMax = 10;
