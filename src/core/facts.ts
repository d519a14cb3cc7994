// Facts: everything a decision may depend on, as plain JSON. What is not known is `null`, and a rule that touches an
// unknown fact is an error, hence a deny. A door that is not involved gives its neutral facts (`noSql`, `noMcp`).

import type { PhiClass } from './phi.ts';

/** A fact that may be unknown. */
export type Known<T> = T | null;

export interface Subject {
  /** `sub` of the token: unique within the issuer. */
  readonly id: string;
  readonly issuer: string;
  readonly kind: 'person' | 'workload';
  readonly groups: readonly string[];
  /** Other names this subject may sign in under (e-mail, preferred_username). */
  readonly aliases: readonly string[];
  readonly name?: string;
  /** The agent acting for the subject (`act.sub`, RFC 8693 §4.1). */
  readonly agent?: string;
  /** When the credential that proved this subject ends, ms since the epoch. */
  readonly expiresMs?: number;
  /** When that credential was made, where it says so; ms since the epoch. */
  readonly issuedMs?: number;
  /** All who act for the subject, the one who acts now first (RFC 8693 §4.1); absent where `agent` is the only one. */
  readonly actors?: readonly string[];
  /** How the person proved themselves (`acr`, `amr`) and when, where that is said; ms since the epoch. */
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly authenticatedMs?: number;
  /** Scopes of the credential that ask more of a sign-in, and until when each is met; ms since the epoch. */
  readonly scopes?: Readonly<Record<string, number>>;
  /** The sign-in at the gate this subject comes from: it ends all that was made of it. */
  readonly signIn?: string;
}

/** Who it is, as a record names them. */
export function nameOf({ id, issuer, kind, agent, actors }: Named): Named {
  return { id, issuer, kind, ...(agent === undefined ? {} : { agent }), ...(actors === undefined ? {} : { actors }) };
}

/** For people to read: "ana through desk through agent", the one who acts now last. */
export function spokenNameOf({ id, agent, actors = agent === undefined ? [] : [agent] }: Spoken): string {
  return [id, ...actors.toReversed()].join(' through ');
}

type Spoken = Pick<Subject, 'id' | 'agent' | 'actors'>;

/** Who it is, by the names that stand in records. */
export type Named = Pick<Subject, 'id' | 'issuer' | 'kind' | 'agent' | 'actors'>;

/** Who it is and what they belong to, as approvals see them. */
export function partyOf(subject: Party): Party {
  return { ...nameOf(subject), groups: subject.groups };
}

export type Party = Named & Pick<Subject, 'groups'>;

/** Who asks at this moment, and how they proved who they are, as the policy sees it. */
export function askerOf(subject: Subject, now: number): Facts['subject'] {
  const { acr, amr, authenticatedMs, scopes } = subject;
  const met = Object.entries(scopes ?? {}).filter(([, untilMs]) => now < untilMs);
  return {
    ...partyOf(subject),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
    ...(authenticatedMs === undefined ? {} : { auth_time: authenticatedMs }),
    ...(met.length === 0 ? {} : { scopes: met.map(([scope]) => scope) }),
  };
}

/** What a statement (or the sum of a multi-statement message) does. Names are `schema.table` / `schema.table.column`. */
export interface SqlFacts {
  /** The command tag's words: SELECT, INSERT, CREATE TABLE, … ; of several statements, joined by "; ". */
  readonly command: string;
  /** It only reads: it changes nothing. Unknown when it calls what cannot be seen into. */
  readonly reads: Known<boolean>;
  /** It changes data, structure or privileges. */
  readonly writes: Known<boolean>;
  /** What it changes is limited by a WHERE that speaks of the rows to change and is no tautology, or by a VALUES list. True for a read. */
  readonly bounded: Known<boolean>;
  readonly relations: Known<readonly string[]>;
  readonly columns: Known<readonly string[]>;
  /** Protected or not, columns that decide which rows, in which order or group. */
  readonly filters: Known<readonly string[]>;
  readonly functions: Known<readonly string[]>;
  /** Classes of the columns it reads, writes or filters by. */
  readonly phi: Known<readonly PhiClass[]>;
  /** It calls what cannot be seen into (DO, CALL, user functions, EXECUTE of unknown text). */
  readonly opaque: boolean;
  /** It asks for all columns of a relation: `*`, `t.*`, a whole row, COPY or TABLE without a column list. */
  readonly star: Known<boolean>;
  /** What the planner expects to come back or change; asked for only where a rule in force speaks of it. */
  readonly estimated_rows: Known<number>;
  /** Bound parameters as text, where they are known and text. */
  readonly params: readonly (string | null)[];
}

export interface McpFacts {
  readonly method: string;
  readonly tool: {
    readonly name: string;
    /** `annotations.readOnlyHint`; false when the server does not say (MCP 2025-11-25, ToolAnnotations). */
    readonly readonly: boolean;
    readonly destructive: boolean;
    readonly title: string;
  };
  /** `params.arguments`; of completion/complete its argument and context. Unknown while a list is being filtered. */
  readonly arguments: Known<Readonly<Record<string, unknown>>>;
  readonly resource: { readonly uri: string };
  readonly prompt: { readonly name: string };
}

export interface Facts {
  /** ms since the epoch. */
  readonly now: number;
  readonly subject: Party &
    Pick<Subject, 'acr' | 'amr'> & {
      /** When they proved who they are (OpenID Connect Core 1.0 §2), ms since the epoch. */
      readonly auth_time?: number;
      /** Those of `identity.step_up` that their sign-in meets now. */
      readonly scopes?: readonly string[];
    };
  readonly connection: { readonly name: string; readonly type: 'postgres' | 'mcp' | 'http' };
  readonly client: { readonly name: string };
  readonly request: {
    readonly door: 'postgres' | 'mcp' | 'http';
    /** Classes the detectors found in the text of the request (its literals, parameters, arguments), and those that names of arguments speak of. */
    readonly phi: readonly PhiClass[];
  };
  readonly sql: SqlFacts;
  readonly mcp: McpFacts;
  /** The break-glass this subject has open on this connection. No condition can read it. */
  readonly emergency?: string;
}

export const noSql: SqlFacts = {
  command: '',
  reads: false,
  writes: false,
  bounded: true,
  relations: [],
  columns: [],
  filters: [],
  functions: [],
  phi: [],
  opaque: false,
  star: false,
  estimated_rows: 0,
  params: [],
};

export const noMcp: McpFacts = {
  method: '',
  tool: { name: '', readonly: false, destructive: false, title: '' },
  arguments: {},
  resource: { uri: '' },
  prompt: { name: '' },
};
