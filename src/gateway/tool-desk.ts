// Pinned definitions of tools, and of what else a server tells a model: the first one seen is accepted and recorded, any other
// is held until a reviewer accepts it.
// INVARIANT: whatever is pinned or decided is in the audit log before it is in force.

import { createHash } from 'node:crypto';
import { nameOf, type Subject } from '../core/facts.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import { jsonPayload, type Payload, type RecordInput } from '../core/record.ts';
import { ok, type Refusal, type Result, refuse } from '../core/result.ts';
import { digestOfDefinition } from '../core/tool-definition.ts';
import { Turns } from '../core/turns.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { PinKind, ToolChange, ToolPin, ToolPinStore } from '../ports/tool-pins.ts';
import { recordedName } from './recorded-name.ts';

/** A definition as a server has just listed it. */
export interface SeenTool {
  /** Absent for a tool. */
  readonly kind?: PinKind;
  readonly tool: string;
  readonly sha256: string;
  readonly definition: JsonObject;
}

export type ChangedTool = ToolPin & { readonly change: ToolChange };

export interface ToolDesk {
  /** Takes notice of what a server lists: pins what is new, holds what has changed. @throws LogUnavailable */
  see(connection: string, tools: readonly SeenTool[]): Promise<void>;
  /** Why what is of this definition may not be shown or called now; null when it may. Codes: approval_required, denied, too_many. */
  objection(connection: string, tool: string, sha256: string, kind?: PinKind): Refusal | null;
  /** Whether a change waits or was refused: then it has to be known which definition the server shows now. */
  hasChange(connection: string, kind: PinKind, tool: string): boolean;
  /** Tools with a change that is not accepted, by connection and name. */
  changes(): readonly ChangedTool[];
  /** Refused: approval_not_found, approval_settled, not_a_reviewer, reason_required. @throws LogUnavailable */
  verdict(id: string, by: Subject, effect: 'accept' | 'refuse', reason: string): Promise<Result<ToolPin>>;
}

export interface ToolDeskDeps {
  readonly clock: Clock;
  readonly log: Pick<Log, 'append'>;
  readonly store: ToolPinStore;
  /** Groups that decide for a connection. */
  readonly reviewersOf: (connection: string) => readonly string[];
}

/** A server that invents names without end fills no store. */
const pinsPerConnectionMax = 10_000;
const rule = 'builtin:tool-definition';

export function createToolDesk(deps: ToolDeskDeps): ToolDesk {
  return new Desk(deps);
}

class Desk implements ToolDesk {
  readonly #deps: ToolDeskDeps;
  readonly #pins = new Map<string, Map<string, ToolPin>>();
  /** One step at a time: what it was made from is what it is written over. */
  readonly #turns = new Turns();

  constructor(deps: ToolDeskDeps) {
    this.#deps = deps;
    this.#keep(deps.store.list().map(digestedAnew));
  }

  async see(connection: string, tools: readonly SeenTool[]): Promise<void> {
    const known = (seen: SeenTool): boolean => {
      const { sha256 } = seen;
      const pin = this.#pins.get(connection)?.get(placeOf(seen));
      return pin?.accepted.sha256 === sha256 || pin?.change?.sha256 === sha256;
    };
    if (!tools.every(known)) await this.#turns.take(() => this.#take(connection, tools));
  }

  objection(connection: string, tool: string, sha256: string, kind?: PinKind): Refusal | null {
    const pin = this.#pins.get(connection)?.get(placeOf({ tool, ...(kind ? { kind } : {}) }));
    if (!pin) {
      return { code: 'too_many', rule, text: 'The connection has more than the gate keeps definitions of.' };
    }
    const what = wordFor[kind ?? 'tool'];
    const { accepted, change } = pin;
    if (accepted.sha256 === sha256) return null;
    if (change?.sha256 === sha256 && change.status === 'refused') {
      return {
        code: 'denied',
        rule,
        text: `The definition of ${what} has changed, and a reviewer refused the change.`,
      };
    }
    const text = `The definition of ${what} has changed since it was accepted.`;
    const which = change === null ? 'tools pending' : `tools show ${change.id}`;
    return { code: 'approval_required', rule, text, next: `A reviewer looks at the change with: chartgate ${which}.` };
  }

  hasChange(connection: string, kind: PinKind, tool: string): boolean {
    return (this.#pins.get(connection)?.get(placeOf({ kind, tool }))?.change ?? null) !== null;
  }

  changes(): readonly ChangedTool[] {
    const all = [...this.#pins.values()].flatMap((each) => [...each.values()]);
    const order = (pin: ToolPin): string => JSON.stringify([pin.connection, placeOf(pin)]);
    return all.filter((pin): pin is ChangedTool => pin.change !== null).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  verdict(id: string, by: Subject, effect: 'accept' | 'refuse', reason: string): Promise<Result<ToolPin>> {
    return this.#turns.take(() => this.#decide(id, by, effect, reason));
  }

  async #take(connection: string, tools: readonly SeenTool[]): Promise<void> {
    const { clock, log, store } = this.#deps;
    const pins = new Map(this.#pins.get(connection));
    const next = new Map<string, ToolPin>();
    const records: [RecordInput, Payload][] = [];
    for (const { kind, tool, sha256, definition } of tools) {
      const which = { tool, ...(kind ? { kind } : {}) };
      const place = placeOf(which);
      const pin = pins.get(place);
      if (pin?.accepted.sha256 === sha256 || pin?.change?.sha256 === sha256) continue;
      if (!pin && pins.size >= pinsPerConnectionMax) continue;
      const seen = { sha256, definition, atMs: clock.now() };
      const change = pin && changeOf(pin, seen);
      const stepped: ToolPin = pin
        ? { ...pin, change: change ?? null }
        : { connection, ...which, accepted: seen, change: null };
      pins.set(place, stepped);
      next.set(place, stepped);
      const data = { [kind ?? 'tool']: recordedName(tool), sha256, ...(change ? { change: change.id } : {}) };
      records.push([
        { type: pin ? 'tool.changed' : 'tool.pinned', connection, data },
        jsonPayload(canonicalJson({ definition })),
      ]);
    }
    if (next.size === 0) return;
    await Promise.all(records.map(([record, payload]) => log.append(record, payload)));
    store.save([...next.values()]);
    this.#keep(next.values());
  }

  async #decide(id: string, by: Subject, effect: 'accept' | 'refuse', reason: string): Promise<Result<ToolPin>> {
    const { clock, log, store, reviewersOf } = this.#deps;
    const pin = this.changes().find((each) => each.change.id === id);
    if (!pin) {
      return refuse('approval_not_found', 'There is no such change of a tool.', {
        next: 'List them: chartgate tools pending.',
      });
    }
    const { connection, kind = 'tool', tool, change } = pin;
    if (!by.groups.some((group) => reviewersOf(connection).includes(group))) {
      return refuse('not_a_reviewer', 'You do not review for this connection.', {
        next: 'Ask someone in a group that reviews for it in a rule of the policy.',
      });
    }
    if (effect === 'refuse' && change.status === 'refused') {
      return refuse('approval_settled', 'This change has been refused already.', {
        next: `Look at it: chartgate tools show ${id}.`,
      });
    }
    if (reason.trim() === '') return refuse('reason_required', 'A reason is required.');
    const decided: ToolPin =
      effect === 'accept'
        ? {
            ...pin,
            accepted: { sha256: change.sha256, definition: change.definition, atMs: clock.now() },
            change: null,
          }
        : { ...pin, change: { ...change, status: 'refused' } };
    const data = { [kind]: recordedName(tool), change: id, effect, sha256: change.sha256 };
    await log.append(
      { type: 'tool.decided', connection, subject: nameOf(by), data },
      jsonPayload(canonicalJson({ reason })),
    );
    store.save([decided]);
    this.#keep([decided]);
    return ok(decided);
  }

  #keep(pins: Iterable<ToolPin>): void {
    for (const pin of pins) {
      const ofConnection = this.#pins.get(pin.connection) ?? new Map<string, ToolPin>();
      this.#pins.set(pin.connection, ofConnection.set(placeOf(pin), pin));
    }
  }
}

/** Its digests are those of what is pinned of a definition now, whichever version of the gate kept it. */
function digestedAnew(pin: ToolPin): ToolPin {
  const { accepted, change } = pin;
  return {
    ...pin,
    accepted: { ...accepted, sha256: digestOfDefinition(accepted.definition) },
    change: change && { ...change, sha256: digestOfDefinition(change.definition) },
  };
}

const wordFor: Readonly<Record<PinKind | 'tool', string>> = {
  tool: 'this tool',
  prompt: 'this prompt',
  resource_template: 'this resource template',
  instructions: 'the instructions of this server',
};

/** Among the pins of one connection. */
function placeOf({ kind, tool }: Pick<ToolPin, 'kind' | 'tool'>): string {
  return JSON.stringify([kind ?? 'tool', tool]);
}

/** INVARIANT: the id names both definitions, so that a verdict is about what its reviewer was shown and nothing newer. */
function changeOf(pin: ToolPin, seen: Omit<ToolChange, 'id' | 'status'>): ToolChange {
  const { connection, kind, tool, accepted } = pin;
  const step = canonicalJson([connection, tool, accepted.sha256, seen.sha256, ...(kind ? [kind] : [])]);
  return { ...seen, id: `t_${createHash('sha256').update(step).digest('hex').slice(0, 32)}`, status: 'pending' };
}
