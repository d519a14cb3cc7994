// The OpenAPI 3.1 document of the admin API, made from the contract's schemas. https://spec.openapis.org/oas/v3.1.1

import { z } from 'zod';
import {
  approvalView,
  checkpointView,
  credentialInput,
  credentialView,
  errorView,
  sessionView,
  timelineView,
  toolChangeView,
  toolVerdictInput,
  toolVerdictView,
  verdictInput,
  whoamiView,
} from './contract.ts';

type Document = Readonly<Record<string, unknown>>;

interface Operation {
  readonly summary: string;
  readonly path: readonly string[];
  readonly query?: readonly string[];
  readonly body?: string;
  readonly answer: Document;
}

export function openApi(publicUrl: string): Document {
  const schemas = {
    Approval: approvalView,
    Checkpoint: checkpointView,
    CredentialInput: credentialInput,
    Credential: credentialView,
    Error: errorView,
    Session: sessionView,
    Timeline: timelineView,
    ToolChange: toolChangeView,
    ToolVerdictInput: toolVerdictInput,
    ToolVerdict: toolVerdictView,
    VerdictInput: verdictInput,
    Whoami: whoamiView,
  };
  return {
    openapi: '3.1.1',
    info: { title: 'Chartgate admin API', version: '1' },
    servers: [{ url: `${publicUrl}/api/v1` }],
    security: [{ bearer: [] }],
    paths: paths(),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([name, schema]) => [
          name,
          z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
        ]),
      ),
    },
  };
}

function paths(): Document {
  return {
    '/whoami': { get: operation({ summary: 'Who the gate takes you for', path: [], answer: ref('Whoami') }) },
    '/checkpoint': {
      get: operation({ summary: "The log's newest checkpoint", path: [], answer: ref('Checkpoint') }),
    },
    '/approvals': {
      get: operation({ summary: 'Approvals you may see', path: [], query: ['status'], answer: list('Approval') }),
    },
    '/approvals/{id}': {
      get: operation({ summary: 'One approval, with the exact act', path: ['id'], answer: ref('Approval') }),
    },
    '/approvals/{id}/verdict': {
      post: operation({
        summary: 'Approve or deny, with a reason',
        path: ['id'],
        body: 'VerdictInput',
        answer: ref('Approval'),
      }),
    },
    '/connections/{name}/credentials': {
      post: operation({
        summary: 'A short-lived database credential',
        path: ['name'],
        body: 'CredentialInput',
        answer: ref('Credential'),
      }),
    },
    '/tools/changes': {
      get: operation({ summary: 'Changed tool definitions', path: [], answer: list('ToolChange') }),
    },
    '/tools/changes/{id}': {
      get: operation({ summary: 'One change, with what differs', path: ['id'], answer: ref('ToolChange') }),
    },
    '/tools/changes/{id}/verdict': {
      post: operation({
        summary: 'Accept or refuse a change, with a reason',
        path: ['id'],
        body: 'ToolVerdictInput',
        answer: ref('ToolVerdict'),
      }),
    },
    '/sessions': {
      get: operation({
        summary: 'Sessions, newest first',
        path: [],
        query: ['subject', 'connection', 'door', 'decision', 'since', 'until', 'limit'],
        answer: list('Session'),
      }),
    },
    '/sessions/{id}': {
      get: operation({ summary: 'How a session went', path: ['id'], answer: ref('Timeline') }),
    },
    '/sessions/{id}/replay': {
      get: operation({
        summary: 'What was said in it; recorded',
        path: ['id'],
        query: ['reason'],
        answer: ref('Timeline'),
      }),
    },
  };
}

function operation({ summary, path, query = [], body, answer }: Operation): Document {
  return {
    summary,
    parameters: [
      ...path.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...query.map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } })),
    ],
    ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: ref(body) } } } }),
    responses: {
      '200': { description: 'As asked', content: { 'application/json': { schema: answer } } },
      default: { description: 'A refusal', content: { 'application/json': { schema: ref('Error') } } },
    },
  };
}

function ref(name: string): Document {
  return { $ref: `#/components/schemas/${name}` };
}

function list(name: string): Document {
  return { type: 'array', items: ref(name) };
}
