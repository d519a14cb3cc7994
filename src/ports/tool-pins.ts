// Where the accepted definitions of MCP tools live, those of prompts, resource templates and a server's instructions, and
// the changes that wait for a reviewer. One row a definition.

import type { JsonObject } from '../core/json.ts';

/** What is pinned besides tools. */
export type PinKind = 'prompt' | 'resource_template' | 'instructions';

export interface ToolDefinition {
  /** Of core/tool-definition.ts. */
  readonly sha256: string;
  readonly definition: JsonObject;
  /** When it was first seen, or accepted; ms since the epoch. */
  readonly atMs: number;
}

export interface ToolChange extends ToolDefinition {
  /** Names exactly this step from one definition to another. */
  readonly id: string;
  readonly status: 'pending' | 'refused';
}

export interface ToolPin {
  readonly connection: string;
  /** Absent for a tool. */
  readonly kind?: PinKind;
  /** Its name; of a resource template the template, of instructions `instructions`. */
  readonly tool: string;
  readonly accepted: ToolDefinition;
  /** The newest other definition the server showed, unless it was accepted. */
  readonly change: ToolChange | null;
}

export interface ToolPinStore {
  list(): readonly ToolPin[];
  /** All of them or none, durable when it returns. */
  save(pins: readonly ToolPin[]): void;
}
