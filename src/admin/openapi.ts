// The OpenAPI 3.1 document of the admin API, made from the contract's schemas. https://spec.openapis.org/oas/v3.1.1
// Longer than 70 lines in one function: one entry for each path.

import { z } from 'zod';
import {
  approvalView,
  checkpointView,
  credentialInput,
  credentialView,
  errorView,
  reasonInput,
  rebuiltView,
  sessionQueryKeys,
  sessionView,
  timelineView,
  toolChangeView,
  toolVerdictInput,
  toolVerdictView,
  verdictInput,
  whoamiView,
} from './contract.ts';
import { breakGlassInput, breakGlassView, reviewInput } from './contract-break-glass.ts';
import { exportInput, exportView } from './contract-export.ts';
import {
  evidenceInput,
  evidenceView,
  logReviewInput,
  logReviewView,
  rotatedView,
  rotateInput,
} from './contract-log.ts';
import { holdInput, holdView, releaseInput, shredInput, shredView } from './contract-retention.ts';
import { revokeInput, revokeView } from './contract-sign-ins.ts';
import { simulateInput, simulationView } from './contract-simulate.ts';
import { whoSawInput, whoSawView } from './contract-who-saw.ts';
import { searchInput, searchView } from './session-search.ts';

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
    BreakGlass: breakGlassView,
    BreakGlassInput: breakGlassInput,
    ReviewInput: reviewInput,
    Checkpoint: checkpointView,
    CredentialInput: credentialInput,
    Credential: credentialView,
    Error: errorView,
    Hold: holdView,
    HoldInput: holdInput,
    ReleaseInput: releaseInput,
    Shred: shredView,
    Rotated: rotatedView,
    RotateInput: rotateInput,
    Evidence: evidenceView,
    EvidenceInput: evidenceInput,
    LogReview: logReviewView,
    LogReviewInput: logReviewInput,
    ShredInput: shredInput,
    RevokeInput: revokeInput,
    Revoked: revokeView,
    Rebuilt: rebuiltView,
    Search: searchView,
    SearchInput: searchInput,
    Session: sessionView,
    Timeline: timelineView,
    ToolChange: toolChangeView,
    ToolVerdictInput: toolVerdictInput,
    ToolVerdict: toolVerdictView,
    ReasonInput: reasonInput,
    SimulateInput: simulateInput,
    Simulation: simulationView,
    VerdictInput: verdictInput,
    Export: exportView,
    ExportInput: exportInput,
    WhoSaw: whoSawView,
    WhoSawInput: whoSawInput,
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
    '/approvals/{id}/withdraw': {
      post: operation({ summary: 'Take your own request back', path: ['id'], answer: ref('Approval') }),
    },
    '/approvals/{id}/reason': {
      post: operation({
        summary: 'Say why you ask, for the reviewers to read',
        path: ['id'],
        body: 'ReasonInput',
        answer: ref('Approval'),
      }),
    },
    '/break-glass': {
      get: operation({ summary: 'Uses of break-glass you may see', path: [], answer: list('BreakGlass') }),
      post: operation({
        summary: 'Break the glass of a connection',
        path: [],
        body: 'BreakGlassInput',
        answer: ref('BreakGlass'),
      }),
    },
    '/break-glass/{id}/close': {
      post: operation({ summary: 'End your own early', path: ['id'], answer: ref('BreakGlass') }),
    },
    '/break-glass/{id}/review': {
      post: operation({
        summary: 'Sign off what was done',
        path: ['id'],
        body: 'ReviewInput',
        answer: ref('BreakGlass'),
      }),
    },
    '/policy/simulate': {
      post: operation({
        summary: 'What a policy would have said to recorded requests; recorded',
        path: [],
        body: 'SimulateInput',
        answer: ref('Simulation'),
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
    '/sign-ins/revoke': {
      post: operation({
        summary: 'Sign somebody out on every door',
        path: [],
        body: 'RevokeInput',
        answer: ref('Revoked'),
      }),
    },
    '/retention/holds': {
      get: operation({ summary: 'Legal holds in force', path: [], answer: list('Hold') }),
      post: operation({ summary: 'A new legal hold', path: [], body: 'HoldInput', answer: ref('Hold') }),
    },
    '/retention/holds/{id}/release': {
      post: operation({ summary: 'Release a hold', path: ['id'], body: 'ReleaseInput', answer: ref('Hold') }),
    },
    '/log/evidence': {
      post: operation({
        summary: 'Record that evidence of a period is made; the records are read from the log itself',
        path: [],
        body: 'EvidenceInput',
        answer: ref('Evidence'),
      }),
    },
    '/log/reviews': {
      post: operation({
        summary: 'Sign off the review of a period of the log; for a person among the auditors',
        path: [],
        body: 'LogReviewInput',
        answer: ref('LogReview'),
      }),
    },
    '/log/rotate-key': {
      post: operation({
        summary: 'A new signing key for the log; for the local operator',
        path: [],
        body: 'RotateInput',
        answer: ref('Rotated'),
      }),
    },
    '/retention/shred': {
      post: operation({
        summary: 'Destroy payloads past their time, or say what that would be',
        path: [],
        body: 'ShredInput',
        answer: ref('Shred'),
      }),
    },
    '/sessions': {
      get: operation({
        summary: 'Sessions, newest first',
        path: [],
        query: sessionQueryKeys,
        answer: list('Session'),
      }),
    },
    '/sessions/search': {
      post: operation({
        summary: 'Sessions in which a text was said or shown; recorded',
        path: [],
        body: 'SearchInput',
        answer: ref('Search'),
      }),
    },
    '/who-saw': {
      post: operation({
        summary: 'What left about one patient; recorded',
        path: [],
        body: 'WhoSawInput',
        answer: ref('WhoSaw'),
      }),
    },
    '/export': {
      post: operation({
        summary: 'A stretch of the log in the words of OCSF, FHIR or its own; recorded',
        path: [],
        body: 'ExportInput',
        answer: ref('Export'),
      }),
    },
    '/index/rebuild': {
      post: operation({ summary: 'Read the index of sessions off the log again', path: [], answer: ref('Rebuilt') }),
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
