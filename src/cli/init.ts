// chartgate init: a first chartgate.yaml, commented, that check accepts as it stands.
// It never overwrites one.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { placeOf } from '../adapters/config-file/files.ts';
import { complain, type Io } from './io.ts';
import { parsedText } from './load-config.ts';

export interface InitOptions {
  readonly config: string;
  /** Take every default, ask nothing. */
  readonly yes?: boolean;
}

interface Answers {
  readonly issuer: string;
  readonly database: string;
  readonly analysts: string;
}

const standard: Answers = {
  issuer: 'https://issuer.example',
  database: 'postgres://gate@127.0.0.1:5432/ehr',
  analysts: 'analysts',
};

export async function init(io: Io, options: InitOptions): Promise<number> {
  const file = resolve(io.cwd, options.config);
  const answers = options.yes ? standard : await ask(io);
  const text = render(answers, io.env['EHR_PASSWORD'] !== undefined);
  const parsed = parsedText(text, placeOf(file));
  if (!parsed.ok) {
    // A password among the answers must not come into a file.
    const said = parsed.error.map(({ found, expected }) => `found ${found}, expected ${expected}`).join('; ');
    const next = 'Nothing was written. Run chartgate init again.';
    return complain(io, { code: 'usage', text: `These answers make no configuration: ${said}.`, next });
  }
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o640 });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    return complain(io, {
      code: 'usage',
      text: exists ? `${file} exists and stays as it is.` : `${file} cannot be written.`,
      next: 'Name another file with -c FILE.',
    });
  }
  io.stderr.write(
    `${file} is written. Go through it (the issuer's keys, the database's password), then run chartgate check.\n`,
  );
  return 0;
}

async function ask(io: Io): Promise<Answers> {
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  // Line by line, so that answers may also come from a pipe; where it ends, the defaults begin.
  const lines = terminal[Symbol.asyncIterator]();
  const one = async (question: string, otherwise: string): Promise<string> => {
    io.stderr.write(`${question} [${otherwise}] `);
    const line = await lines.next();
    return (line.done === true ? '' : line.value.trim()) || otherwise;
  };
  try {
    return {
      issuer: await one('Issuer of the tokens to accept', standard.issuer),
      database: await one('Database, without password', standard.database),
      analysts: await one('Group that may read masked rows', standard.analysts),
    };
  } finally {
    terminal.close();
  }
}

/** A YAML double-quoted scalar; JSON's strings are a subset. */
const quoted = (value: string): string => JSON.stringify(value);

/** @param password EHR_PASSWORD is there: without it the reference would be refused, so it is left as a comment. */
function render({ issuer, database, analysts }: Answers, password: boolean): string {
  const jwks = `${issuer.replace(/\/+$/, '')}/.well-known/jwks.json`;
  return `# Paths start from this file's directory. Secrets are references: \${env:NAME} or \${file:path}.

listen:
  http: 127.0.0.1:7070        # MCP, API, operations. Off loopback, tls is required.
  postgres: 127.0.0.1:7432    # psql, drivers: postgres://<you>@127.0.0.1:7432/ehr
# public_url: https://gate.example
# tls: { cert: ./gate.crt, key: ./gate.key }
state: ./state                # log, store and keys of this node

identity:
  trust:                      # tokens accepted as they are
    - issuer: ${quoted(issuer)}
      audience: chartgate
      jwks: ${quoted(jwks)}   # or a file, ./jwks.json
      groups_claim: groups
      kind: person
  sessions: { idle: 15m, absolute: 8h }

connections:
  ehr:
    type: postgres
    url: ${quoted(database)}
    ${password ? '' : '# '}password: \${env:EHR_PASSWORD}
  # tools:                    # an MCP server whose SQL comes back through the gate, under the caller's name
  #   type: mcp
  #   command: [npx, some-mcp-server]
  #   env: { DATABASE_URL: "\${dsn:ehr}" }

classification:               # what is PHI and where; text nobody has classified is masked
  ehr:
    unknown_text: mask
    # columns: { public.patients.ssn: ssn, public.patients.birthdate: date }   # chartgate classify ehr proposes yours

masks: { ssn: last4, date: year, default: redact }

policy:                       # deny > hold > allow; without a matching rule nothing passes
  groups:
    privacy: [privacy-officers]
  rules:
    - name: analysts-read-masked
      subjects: { groups: [${quoted(analysts)}] }
      connections: [ehr]
      when: sql.reads
      allow: { rows: 10000 }
    - name: ask-before-damage
      connections: [ehr]
      risk: [unbounded-write, grant, role-change]   # docs/reference/risk-patterns.md
      hold: { reviewers: [privacy] }
  tests:
    - name: an analyst reads
      facts: { subject: { groups: [${quoted(analysts)}] }, connection: { name: ehr }, sql: { reads: true } }
      expect: allow
    - name: nobody deletes everything alone
      facts: { subject: { groups: [${quoted(analysts)}] }, connection: { name: ehr }, sql: { writes: true, bounded: false } }
      expect: hold

audit: { retain: 6y }
`;
}
