// What an MCP session is made of: what the door gives every session, and what it gives each.

import type { Decision } from '../core/decision.ts';
import type { Facts } from '../core/facts.ts';
import type { PatientPlaces } from '../core/patient-places.ts';
import type { Clock } from '../ports/clock.ts';
import type { McpUpstream } from '../ports/mcp-upstream.ts';
import type { Random } from '../ports/random.ts';
import type { AuditedSession } from './enforce.ts';
import type { AnswerMasking } from './masked-answer.ts';
import type { AccountLookup } from './mcp-account.ts';
import type { ApprovalLookup } from './mcp-approval-status.ts';
import type { ToolPins } from './mcp-catalogue.ts';
import type { DetectClasses } from './mcp-facts.ts';
import type { HeldBytes } from './mcp-held-bytes.ts';
import type { ClientIntroduction } from './mcp-introduction.ts';
import type { EraMemory } from './mcp-link.ts';
import type { FlowMasking } from './mcp-long-answer.ts';
import type { Binary } from './mcp-masking.ts';
import type { RequestStates } from './mcp-request-state.ts';

export interface McpSessionDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** What policy would say of these facts, without recording anything. */
  readonly preview: (facts: Facts) => Decision;
  readonly detectClasses: DetectClasses;
  readonly maskFor: AnswerMasking;
  /** The masking of texts that nobody holds whole; null where there is none under this decision. */
  readonly flowFor: (decision: Decision) => FlowMasking | null;
  /** Where a connection says which patient something is about; null = nobody has said. */
  readonly patientPlaces: (connection: string) => PatientPlaces | null;
  readonly tools: ToolPins;
  readonly approvals: ApprovalLookup;
  /** Null where no connection wants an account of each person. */
  readonly accounts: AccountLookup | null;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** What a client asks the gate's own authorization server for; null where there is none. */
  readonly scope: string | null;
  /** Told of an error that closed a session, or ended a request before there was one, and is none of the log's. */
  readonly onBug: (error: unknown) => void;
}

/** The token the subject of a session came with last. */
export interface CallerToken {
  token: string;
}

export interface McpSessionOpening {
  readonly audited: AuditedSession;
  readonly upstream: McpUpstream;
  readonly caller: CallerToken;
  readonly client: ClientIntroduction;
  /** Of the subject, groups included. */
  readonly identity: string;
  /** Of the connection. */
  readonly era: EraMemory;
  /** Of the door. */
  readonly states: RequestStates;
  /** Of the door: what all answers hold that are too long to be held without asking. */
  readonly held: HeldBytes;
  /** One upstream request at a time, so that what the server does meanwhile can be told to be that request's doing. */
  readonly serial: boolean;
  /** What becomes of images, audio and blobs in results. */
  readonly binary: Binary;
  /** Called once, when the session begins to end, whatever ended it. */
  readonly ended: (reason: string) => void;
}
