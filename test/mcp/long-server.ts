// A server whose answers are as long as asked for, over stdio: tools, a resource and a prompt. Started with `result-first` it
// writes an answer's id last, as the TypeScript SDK does.

import { createInterface } from 'node:readline';

const plain = 'Vital signs are stable today, continue as before, and come again in a week as planned.\n';
export const line: string = `${plain.repeat(12)}Seen in bed 12, SSN 219-09-9999, "quoted" \u{1f600} as planned\n`;
const row = { surname: 'Qwertz', visits: 3, unit: 'icu', bed: 'next to the door', note: 'SSN 219-09-9999' };
/** Nobody looks into it, and it is withheld: what makes an answer long at no cost. */
const picture = { type: 'image', mimeType: 'image/png', data: 'iVBO'.repeat(270_000) };
const scan = { uri: 'chart:scan', mimeType: 'application/pdf', blob: picture.data };
const string = { type: 'string' };
const schemaOf = (properties: object): object => ({ type: 'object', properties, required: Object.keys(properties) });

/** Answers of about so many bytes of text, by name. */
export const answers: Readonly<Record<string, (bytes: number) => object>> = {
  text: (bytes) => ({ content: [picture, { type: 'text', text: textOf(bytes) }] }),
  schema: (bytes) => ({
    content: [picture, { type: 'text', text: textOf(bytes) }],
    structuredContent: { ssn: '219-09-9999' },
  }),
  unfit: (bytes) => ({
    content: [picture, { type: 'text', text: textOf(bytes) }],
    structuredContent: { last_name: 'a' },
  }),
  rows: (bytes) => ({ content: [{ type: 'text', text: JSON.stringify(rowsOf(bytes)) }] }),
  structured: (bytes) => ({ content: [], structuredContent: { rows: rowsOf(bytes) } }),
  embedded: (bytes) => ({
    content: [picture, { type: 'resource', resource: { uri: 'chart:1', mimeType: 'text/plain', text: textOf(bytes) } }],
  }),
};
const outputSchemas: Readonly<Record<string, object>> = {
  schema: schemaOf({ ssn: string }),
  unfit: schemaOf({ last_name: { ...string, enum: ['a', 'b'] } }),
};

function textOf(bytes: number): string {
  return line.repeat(Math.ceil(bytes / line.length));
}

function rowsOf(bytes: number): readonly object[] {
  return Array.from({ length: Math.ceil(bytes / JSON.stringify(row).length) }, () => row);
}

function resultOf(method: string, params: { name?: string; uri?: string; arguments?: { bytes?: number } }): object {
  const [, size = '0'] = /^chart:(\d+)$/.exec(params.uri ?? '') ?? [];
  const bytes = params.arguments?.bytes ?? 0;
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {}, resources: {}, prompts: {} },
        serverInfo: { name: 'long', version: '1' },
      };
    case 'tools/list':
      return {
        tools: Object.keys(answers).map((name) => ({
          name,
          inputSchema: { type: 'object' },
          annotations: { readOnlyHint: true },
          ...(outputSchemas[name] ? { outputSchema: outputSchemas[name] } : {}),
        })),
      };
    case 'prompts/list':
      return { prompts: [{ name: 'summarize', arguments: [{ name: 'bytes' }] }] };
    case 'tools/call':
      return answers[params.name ?? '']?.(bytes) ?? {};
    case 'prompts/get':
      return {
        description: 'SSN 219-09-9999',
        messages: [picture, { type: 'text', text: textOf(bytes) }].map((content) => ({ role: 'user', content })),
      };
    case 'resources/read':
      return {
        contents: [scan, { uri: params.uri, mimeType: 'text/plain', text: textOf(Number(size)) }],
      };
    default:
      return {};
  }
}

if (import.meta.main) {
  const isResultFirst = process.argv[2] === 'result-first';
  createInterface({ input: process.stdin }).on('line', (asked) => {
    const { id, method, params }: { id?: number; method: string; params: object } = JSON.parse(asked);
    if (id === undefined) return;
    const result = resultOf(method, params);
    const answer = isResultFirst ? { result, jsonrpc: '2.0', id } : { jsonrpc: '2.0', id, result };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  });
}
