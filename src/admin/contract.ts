// The admin API's contract: every shape that goes over the wire, as zod schemas and the types taken from them. The
// command line and the console take theirs from here. Times are RFC 3339 in UTC.

import { z } from 'zod';
import { type ApprovalStatus, approvalStatuses } from '../approvals/approval.ts';

const json: z.ZodType = z.unknown();

export interface PartyView {
  readonly id: string;
  readonly issuer: string;
  readonly kind: 'person' | 'workload';
  readonly agent?: string;
  /** The one who acts now first, where several act for them. */
  readonly actors?: readonly string[];
}

export const partyView: z.ZodType<PartyView> = z.object({
  id: z.string(),
  issuer: z.string(),
  kind: z.enum(['person', 'workload']),
  agent: z.string().exactOptional(),
  actors: z.array(z.string()).exactOptional(),
});

export interface VerdictView {
  readonly by: { readonly id: string; readonly issuer: string };
  readonly effect: 'approve' | 'deny';
  readonly reason: string;
  readonly at: string;
}

export interface PastApprovalView {
  readonly id: string;
  readonly status: ApprovalView['status'];
  readonly rule: string;
  readonly connection: string;
  readonly requested: string;
}

export interface ApprovalView {
  readonly id: string;
  readonly status: ApprovalStatus;
  readonly rule: string;
  readonly subject: PartyView;
  readonly connection: string;
  readonly reviewers: readonly string[];
  readonly quorum: number;
  /** Classes of PHI the act touches. */
  readonly phi: readonly string[];
  readonly session: string;
  readonly request: string;
  readonly requested: string;
  readonly expires: string;
  readonly verdicts: readonly VerdictView[];
  readonly used: { readonly session: string; readonly request: string; readonly at: string } | null;
  /** Whether the caller may decide it now. */
  readonly yours: boolean;
  /** Seconds an approval of it is good for, for every act of the same shape; absent = for one run. */
  readonly grant?: number;
  /** How often a grant was used. */
  readonly uses?: number;
  /** What became of the requester's latest requests; only where the content is shown. */
  readonly history?: readonly PastApprovalView[];
  /** The exact act; only for its reviewers and its requester, and only when one approval is asked for. */
  readonly content?: unknown;
}

export const approvalStatus: z.ZodType<ApprovalStatus> = z.enum(approvalStatuses);

export const approvalView: z.ZodType<ApprovalView> = z.object({
  id: z.string(),
  status: approvalStatus,
  rule: z.string(),
  subject: partyView,
  connection: z.string(),
  reviewers: z.array(z.string()),
  quorum: z.int(),
  phi: z.array(z.string()),
  session: z.string(),
  request: z.string(),
  requested: z.string(),
  expires: z.string(),
  verdicts: z.array(
    z.object({
      by: z.object({ id: z.string(), issuer: z.string() }),
      effect: z.enum(['approve', 'deny']),
      reason: z.string(),
      at: z.string(),
    }),
  ),
  used: z.object({ session: z.string(), request: z.string(), at: z.string() }).nullable(),
  yours: z.boolean(),
  grant: z.int().exactOptional(),
  uses: z.int().exactOptional(),
  history: z
    .array(
      z.object({
        id: z.string(),
        status: approvalStatus,
        rule: z.string(),
        connection: z.string(),
        requested: z.string(),
      }),
    )
    .exactOptional(),
  content: json.optional(),
});

export interface ReasonInput {
  readonly reason: string;
}

export const reasonInput: z.ZodType<ReasonInput> = z.strictObject({ reason: z.string() });

export interface VerdictInput {
  readonly effect: 'approve' | 'deny';
  readonly reason: string;
}

export const verdictInput: z.ZodType<VerdictInput> = z.strictObject({
  effect: z.enum(['approve', 'deny']),
  reason: z.string(),
});

/** What a server tells a model, and the gate pins. */
export type ChangeKind = 'tool' | 'prompt' | 'resource_template' | 'instructions';

const changeKind = z.enum(['tool', 'prompt', 'resource_template', 'instructions']);

export interface ToolChangeView {
  readonly id: string;
  readonly connection: string;
  readonly kind: ChangeKind;
  /** Its name, or the template. */
  readonly tool: string;
  readonly status: 'pending' | 'refused';
  readonly seen: string;
  /** Groups that decide. */
  readonly reviewers: readonly string[];
  /** Whether the caller may decide it. */
  readonly yours: boolean;
  /** What differs from the accepted definition, by JSON pointer; only for reviewers, and only when one change is asked for. */
  readonly differences?: readonly { readonly at: string; readonly was?: unknown; readonly is?: unknown }[];
}

export const toolChangeView: z.ZodType<ToolChangeView> = z.object({
  id: z.string(),
  connection: z.string(),
  kind: changeKind,
  tool: z.string(),
  status: z.enum(['pending', 'refused']),
  seen: z.string(),
  reviewers: z.array(z.string()),
  yours: z.boolean(),
  differences: z
    .array(z.object({ at: z.string(), was: json.exactOptional(), is: json.exactOptional() }))
    .exactOptional(),
});

export interface ToolVerdictInput {
  readonly effect: 'accept' | 'refuse';
  readonly reason: string;
}

export const toolVerdictInput: z.ZodType<ToolVerdictInput> = z.strictObject({
  effect: z.enum(['accept', 'refuse']),
  reason: z.string(),
});

/** What has become of a change: accepted, the definition is the tool's; refused, it stays shut out. */
export interface ToolVerdictView {
  readonly connection: string;
  readonly kind: ChangeKind;
  readonly tool: string;
  readonly effect: 'accept' | 'refuse';
}

export const toolVerdictView: z.ZodType<ToolVerdictView> = z.object({
  connection: z.string(),
  kind: changeKind,
  tool: z.string(),
  effect: z.enum(['accept', 'refuse']),
});

export interface CredentialInput {
  /** Seconds; never longer than the gate allows. */
  readonly ttl?: number | undefined;
}

export const credentialInput: z.ZodType<CredentialInput> = z.strictObject({ ttl: z.int().positive().optional() });

export interface CredentialView {
  readonly user: string;
  readonly password: string;
  readonly dsn: string;
  readonly expires: string;
}

export const credentialView: z.ZodType<CredentialView> = z.object({
  user: z.string(),
  password: z.string(),
  dsn: z.string(),
  expires: z.string(),
});

export interface SessionView {
  readonly id: string;
  readonly subject: PartyView;
  readonly connection: string;
  readonly door: string;
  readonly client: string;
  /** The IP address it came from; empty where there was no network. */
  readonly address: string;
  readonly parent: { readonly session: string; readonly request: string | null } | null;
  readonly started: string;
  readonly ended: string | null;
  /** Requests by what the policy said, and those whose outcome the gate never learned. */
  readonly allowed: number;
  readonly held: number;
  readonly denied: number;
  readonly unknown: number;
}

export const sessionView: z.ZodType<SessionView> = z.object({
  id: z.string(),
  subject: partyView,
  connection: z.string(),
  door: z.string(),
  client: z.string(),
  address: z.string(),
  parent: z.object({ session: z.string(), request: z.string().nullable() }).nullable(),
  started: z.string(),
  ended: z.string().nullable(),
  allowed: z.int(),
  held: z.int(),
  denied: z.int(),
  unknown: z.int(),
});

/** Query of GET /sessions. */
export interface SessionQuery {
  readonly subject?: string | undefined;
  readonly connection?: string | undefined;
  readonly door?: string | undefined;
  readonly decision?: 'allow' | 'hold' | 'deny' | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly group?: string | undefined;
  readonly tool?: string | undefined;
  readonly table?: string | undefined;
  readonly rule?: string | undefined;
  readonly phi?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Where nobody says how many. */
export const sessionsPerPage = 100;

const sessionQueryObject = z.strictObject({
  subject: z.string().optional(),
  group: z.string().optional(),
  connection: z.string().optional(),
  door: z.string().optional(),
  tool: z.string().optional(),
  table: z.string().optional(),
  phi: z.string().optional(),
  decision: z.enum(['allow', 'hold', 'deny']).optional(),
  rule: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  before: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(sessionsPerPage),
});

export const sessionQuery: z.ZodType<SessionQuery> = sessionQueryObject;
export const sessionQueryKeys: readonly (keyof SessionQuery)[] = sessionQueryObject.keyof().options;

/** A part of a PostgreSQL answer, as the caller saw it: masked. `null` is SQL's NULL. */
export interface AnswerView {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Command tags, errors and notices. */
  readonly notes: readonly string[];
}

/** One entry of the log, with what its payload says where that was asked for. */
export interface EventView {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly request?: string;
  /** The session and request that caused this event's request (a tool call causes SQL). */
  readonly parent?: { readonly session: string; readonly request?: string };
  readonly approval?: string;
  readonly subject?: PartyView;
  readonly data?: unknown;
  /** The payload of media application/json. */
  readonly content?: unknown;
  /** The payload of media application/x-postgres-backend. */
  readonly answer?: AnswerView;
  /** There was a payload, and it is gone (shredded) or was left out for size. */
  readonly withheld?: 'shredded' | 'size';
}

/** A session as it went, and the sessions it caused: `parent` of their events says by which request. */
export interface TimelineView {
  readonly session: SessionView;
  readonly events: readonly EventView[];
  readonly children: readonly TimelineView[];
}

const eventView: z.ZodType<EventView> = z.object({
  seq: z.int(),
  time: z.string(),
  type: z.string(),
  request: z.string().exactOptional(),
  parent: z.object({ session: z.string(), request: z.string().exactOptional() }).exactOptional(),
  approval: z.string().exactOptional(),
  subject: partyView.exactOptional(),
  data: json.exactOptional(),
  content: json.exactOptional(),
  answer: z
    .object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.string().nullable())),
      notes: z.array(z.string()),
    })
    .exactOptional(),
  withheld: z.enum(['shredded', 'size']).exactOptional(),
});

export const timelineView: z.ZodType<TimelineView> = z.lazy(() =>
  z.object({ session: sessionView, events: z.array(eventView), children: z.array(timelineView) }),
);

export interface RebuiltView {
  readonly entries: number;
  readonly sessions: number;
  /** What was read anew says what the index said before. */
  readonly same: boolean;
}

export const rebuiltView: z.ZodType<RebuiltView> = z.object({
  entries: z.int(),
  sessions: z.int(),
  same: z.boolean(),
});

export interface WhoamiView {
  readonly id: string;
  readonly issuer: string;
  readonly kind: 'person' | 'workload';
  readonly agent?: string;
  readonly groups: readonly string[];
  /** Connections at least one rule could let this caller use. */
  readonly connections: readonly string[];
  readonly reviewer: boolean;
  readonly auditor: boolean;
}

export const whoamiView: z.ZodType<WhoamiView> = z.object({
  id: z.string(),
  issuer: z.string(),
  kind: z.enum(['person', 'workload']),
  agent: z.string().exactOptional(),
  groups: z.array(z.string()),
  connections: z.array(z.string()),
  reviewer: z.boolean(),
  auditor: z.boolean(),
});

export interface CheckpointView {
  readonly origin: string;
  readonly size: number;
  readonly rootHash: string;
  readonly vkey: string;
}

export const checkpointView: z.ZodType<CheckpointView> = z.object({
  origin: z.string(),
  size: z.int(),
  rootHash: z.string(),
  vkey: z.string(),
});

export interface ErrorView {
  readonly error: { readonly code: string; readonly text: string; readonly next: string; readonly rule?: string };
}

export const errorView: z.ZodType<ErrorView> = z.object({
  error: z.object({ code: z.string(), text: z.string(), next: z.string(), rule: z.string().exactOptional() }),
});
