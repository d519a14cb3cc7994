// Writes the generated part of the reference: config.md and chartgate.schema.json from the schema of the configuration,
// errors.md from the error table, detectors.md from the detectors, postgres-protocol.md from the table of messages, risk-patterns.md from the ready-made conditions, cli.md from the command line. Run with `node docs/reference/generate.ts`; a test fails
// while they are stale.

import { writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { z } from 'zod';
import { defineProgram } from '../../src/cli/program.ts';
import { surface } from '../../src/config/schema.ts';
import { errors } from '../../src/core/errors.ts';
import { riskPatterns } from '../../src/core/risk-patterns.ts';
import { messages } from '../../src/wire/postgres/messages.ts';
import { detectorsPage } from './detectors.ts';

/** File name → its text. */
export function references(): Readonly<Record<string, string>> {
  const schema = jsonSchema();
  return {
    'cli.md': cliPage(),
    'chartgate.schema.json': `${JSON.stringify(schema, null, 2)}\n`,
    'config.md': configPage(schema),
    'detectors.md': detectorsPage(),
    'errors.md': errorsPage(),
    'postgres-protocol.md': postgresProtocolPage(),
    'risk-patterns.md': riskPatternsPage(),
  };
}

function postgresProtocolPage(): string {
  const table = (sender: 'client' | 'server'): string[] => [
    '| | message | when | largest, bytes |',
    '|---|---|---|---|',
    ...messages
      .filter((kind) => kind.sender === sender)
      .map(({ letter, name, phases, bytesMax }) => {
        return `| \`${letter}\` | ${name} | ${phases.join(', ')} | ${bytesMax.toLocaleString('en')} |`;
      }),
    '',
  ];
  return `${[
    '# The PostgreSQL protocol at the gate',
    '',
    'Generated from the table of messages (`node docs/reference/generate.ts`). The gate speaks protocol 3.0 to 3.2 with',
    'clients, and 3.0 with the database. A message that is not listed, not in its time, or larger is refused as soon as its',
    'header is there: with an ErrorResponse that names the limit, after which the connection ends. Sizes include the header.',
    '',
    '## Before messages have letters',
    '',
    'StartupMessage (10,000 bytes), SSLRequest, GSSENCRequest (declined) and CancelRequest (keys of 4 to 256 bytes). Each kind',
    'of request is taken once, and nothing may follow it before its answer. TLS may also come first (`sslnegotiation=direct`,',
    'ALPN `postgresql`). A newer minor version and unknown `_pq_.` options are answered with NegotiateProtocolVersion.',
    '`options`, `replication`, and settings that are not allowed are refused; so is a parameter given twice.',
    '',
    '## From the client',
    '',
    ...table('client'),
    'FunctionCall is refused with SQLSTATE 0A000, and the session goes on. CopyData, CopyDone and CopyFail outside of COPY are',
    'dropped, as the server does. Names of statements and portals count by their first 63 bytes, as in the server. Text must be',
    'UTF-8 without NUL.',
    '',
    '## From the server',
    '',
    ...table('server'),
    'FunctionCallResponse and CopyBothResponse answer nothing that the gate forwards, and end the session like any other',
    'message that was not asked for: a second ReadyForQuery, a row without a description or with other columns than described.',
    '',
    'A DataRow or CopyData that is longer is refused only if what is shown of it is: values that are masked whole are passed over',
    'as they come and are not held. Of a longer ErrorResponse or NoticeResponse that may not quote values, 8,192 bytes a field are read.',
  ].join('\n')}\n`;
}

/** What is used of JSON Schema, draft 2020-12. */
interface Schema {
  readonly title?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly propertyNames?: Schema;
}

function jsonSchema(): Schema {
  const place = { file: '', directory: '', resolvePath: (path: string) => path };
  const schema: object = z.toJSONSchema(surface(place), { io: 'input', unrepresentable: 'any' });
  return { title: 'chartgate.yaml', ...schema };
}

function configPage(schema: Schema): string {
  const lines = [
    '# chartgate.yaml',
    '',
    'Generated from the schema (`node docs/reference/generate.ts`). JSON is YAML, and accepted. Paths start from the',
    "file's directory. Durations: `500ms`, `45s`, `15m`, `8h`, `30d`, `6y`. Secrets are references, `${env:NAME}` or",
    '`${file:path}`; a secret written out is refused. A file of secrets may only be writable by its owner; one that is',
    'not UTF-8, such as a key of raw bytes, counts as the base64 of its bytes. For your editor:',
    '`# yaml-language-server: $schema=…/chartgate.schema.json`.',
    '',
  ];
  for (const [name, section] of Object.entries(schema.properties ?? {})) {
    lines.push(`## ${name}`, '');
    if (section.description !== undefined) lines.push(section.description, '');
    lines.push('| key | type | default | |', '|---|---|---|---|');
    for (const row of rowsOf(name, section, schema.required?.includes(name) ?? false)) {
      lines.push(`| \`${row.path}\` | ${row.type} | ${row.standard} | ${row.text} |`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function riskPatternsPage(): string {
  const lines = [
    '# Risk patterns',
    '',
    'Generated from `src/core/risk-patterns.ts` (`node docs/reference/generate.ts`). A rule names them under `risk`, beside its',
    '`subjects` and `connections`; any of them is enough, and with a `when` both must hold:',
    '',
    '```yaml',
    '- name: ask-before-damage',
    '  risk: [unbounded-write, grant, role-change, bulk-export]',
    '  hold: { reviewers: [privacy] }',
    '```',
    '',
    '| pattern | what it is | its condition |',
    '|---|---|---|',
  ];
  for (const [name, { when, text }] of Object.entries(riskPatterns)) {
    lines.push(`| \`${name}\` | ${text} | \`${when.replaceAll('|', '\\|')}\` |`);
  }
  return `${lines.join('\n')}\n`;
}

interface Row {
  readonly path: string;
  readonly type: string;
  readonly standard: string;
  readonly text: string;
}

function rowsOf(path: string, schema: Schema, required: boolean): readonly Row[] {
  const inside = membersOf(path, schema);
  const row = {
    path,
    type: typeOf(schema),
    standard: required ? 'required' : schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``,
    text: cell(schema.description ?? ''),
  };
  // A mapping says nothing but what its keys say.
  return schema.properties && !path.includes('.') ? inside : [row, ...inside];
}

function membersOf(path: string, schema: Schema): readonly Row[] {
  const rows: Row[] = [];
  for (const [key, member] of Object.entries(schema.properties ?? {})) {
    rows.push(...rowsOf(`${path}.${key}`, member, schema.required?.includes(key) ?? false));
  }
  if (typeof schema.additionalProperties === 'object' && isDeep(schema.additionalProperties)) {
    rows.push(...variantsOf(`${path}.<name>`, schema.additionalProperties));
  }
  if (schema.items && isDeep(schema.items)) rows.push(...variantsOf(`${path}[]`, schema.items));
  for (const variant of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    if (isDeep(variant)) rows.push(...variantsOf(path, variant));
  }
  return rows;
}

/** A mapping that comes in kinds names the kind in its path: `connections.<name> (postgres).url`. */
function variantsOf(path: string, schema: Schema): readonly Row[] {
  const kinds = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (kinds.length > 0) return kinds.flatMap((kind) => variantsOf(path, kind));
  const kind = schema.properties?.['type']?.const;
  return membersOf(typeof kind === 'string' ? `${path} (${kind})` : path, schema);
}

function isDeep(schema: Schema): boolean {
  return Boolean(schema.properties ?? schema.anyOf ?? schema.oneOf ?? schema.items);
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((each) => `\`${String(each)}\``).join(' ');
  const kinds = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (kinds.length > 0) return [...new Set(kinds.map(typeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`;
  if (schema.type === 'object') return 'mapping';
  return (
    { string: 'text', boolean: 'true or false', integer: 'whole number', number: 'number' }[schema.type ?? ''] ?? 'any'
  );
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function errorsPage(): string {
  const rows = Object.entries(errors).map(([code, { sqlstate, jsonrpc, http, exit, text, next }]) => {
    return `| \`${code}\` | ${sqlstate} | ${jsonrpc} | ${http} | ${exit} | ${cell(text)} | ${cell(next)} |`;
  });
  return [
    '# Errors',
    '',
    'Everything that can go wrong, and what each door says about it. Generated from `src/core/errors.ts`',
    '(`node docs/reference/generate.ts`). No text ever holds a value from a request.',
    '',
    '| code | SQLSTATE | JSON-RPC | HTTP | exit | what it says | what to do |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function cliPage(): string {
  const out = new PassThrough({ encoding: 'utf8' });
  const io = { env: {}, cwd: '/', stdin: new PassThrough(), stdout: out, stderr: new PassThrough() };
  const never = (): Promise<never> => Promise.reject(new Error('This page only describes the commands.'));
  const program = defineProgram(io, { serve: never, openHardening: never, survey: never, version: '' }, () => {});
  const help = (command: Command): string => {
    command.configureHelp({ helpWidth: 100 }).outputHelp();
    return String(out.read()).trimEnd();
  };
  const sections = leavesOf(program, []).flatMap(({ path, command }) => {
    return [`## chartgate ${path.join(' ')}`, '', '```text', help(command), '```', ''];
  });
  return [
    '# The command line',
    '',
    'Generated from the commands themselves (`node docs/reference/generate.ts`). From a clone, `bin/chartgate` runs them with the',
    'Node the clone brings. Results go to stdout, everything else to stderr; colour only on a terminal, and not with `NO_COLOR`.',
    'Exit codes are those of the [error table](errors.md); 0 is success.',
    '',
    '| variable | |',
    '|---|---|',
    '| `CHARTGATE_TOKEN` | The JWT a command shows the gate. Without one it goes through `admin.sock` in the state directory, as local operator. |',
    '| `CHARTGATE_URL` | Address of the gate, in place of the one in the configuration. A token goes over https, or http to loopback, only. |',
    '| `CHARTGATE_HOME` | Where `audit verify` remembers the checkpoints it has verified. Default `~/.chartgate`. |',
    '| `NODE_EXTRA_CA_CERTS` | PEM file with a CA of your own, for a gate whose certificate it signed. |',
    '',
    ...sections,
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

/** The commands that do something, each with the words that call it. */
function leavesOf(command: Command, path: readonly string[]): { path: readonly string[]; command: Command }[] {
  const inner = command.commands.filter((each) => each.name() !== 'help');
  const deeper = inner.flatMap((each) => leavesOf(each, [...path, each.name()]));
  // One that takes arguments does something itself, whatever stands below it.
  return inner.length === 0 || command.registeredArguments.length > 0 ? [{ path, command }, ...deeper] : deeper;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(references())) writeFileSync(new URL(name, import.meta.url), text);
}
