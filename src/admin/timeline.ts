// A session as it went, read back from the log: its entries in order, the payloads where they were asked for, and the
// sessions it caused below it. It renders nothing and decides nothing.

import { parseJson } from '../core/json.ts';
import type { Entry } from '../core/record.ts';
import type { LogReader } from '../ports/log.ts';
import type { SessionIndex, SessionSummary } from '../ports/sessions.ts';
import { answerOf } from './backend-answer.ts';
import type { EventView, TimelineView } from './contract.ts';

const depthMax = 4;
/** What one replay may carry in payloads; beyond it an event says `withheld: size`. */
const payloadBytesMax = 33_554_432;

export interface TimelineDeps {
  readonly index: SessionIndex;
  readonly reader: LogReader;
}

export async function timelineOf(
  deps: TimelineDeps,
  session: SessionSummary,
  withPayloads: boolean,
): Promise<TimelineView> {
  const budget = { left: withPayloads ? payloadBytesMax : 0 };
  const build = async (each: SessionSummary, depth: number): Promise<TimelineView> => {
    const events: EventView[] = [];
    const columns: ColumnsByRequest = new Map();
    for await (const entry of entriesOf(deps, each.id)) {
      events.push(withPayloads ? await replayed(deps.reader, entry, budget, columns) : eventOf(entry));
    }
    const children: TimelineView[] = [];
    if (depth < depthMax)
      for (const child of deps.index.childrenOf(each.id)) children.push(await build(child, depth + 1));
    return { session: each, events, children };
  };
  return build(session, 1);
}

/** Reads runs of neighbouring entries at once. */
export async function* entriesOf({ index, reader }: TimelineDeps, session: string): AsyncGenerator<Entry> {
  const seqs = index.entriesOf(session);
  for (let start = 0; start < seqs.length; ) {
    let end = start + 1;
    while (end < seqs.length && seqs[end] === (seqs[end - 1] ?? 0) + 1) end++;
    yield* reader.entries(seqs[start] ?? 0, (seqs[end - 1] ?? 0) + 1);
    start = end;
  }
}

function eventOf({ seq, time, type, request, parent, approval, subject, data }: Entry): EventView {
  return {
    seq,
    time,
    type,
    ...(request === undefined ? {} : { request }),
    ...(parent === undefined ? {} : { parent }),
    ...(approval === undefined ? {} : { approval }),
    ...(subject === undefined ? {} : { subject }),
    ...(data === undefined ? {} : { data }),
  };
}

type ColumnsByRequest = Map<string, ReturnType<typeof answerOf>['described']>;

async function replayed(
  reader: LogReader,
  entry: Entry,
  budget: { left: number },
  columns: ColumnsByRequest,
): Promise<EventView> {
  const event = eventOf(entry);
  if (!entry.payload) return event;
  if (entry.payload.bytes > budget.left) return { ...event, withheld: 'size' };
  const payload = await reader.payload(entry);
  if (!payload) return { ...event, withheld: 'shredded' };
  budget.left -= payload.bytes.length;
  if (payload.media === 'application/x-postgres-backend') {
    const answer = answerOf(payload.bytes, columns.get(entry.request ?? ''));
    columns.set(entry.request ?? '', answer.described);
    return { ...event, answer: answer.view };
  }
  const content = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(payload.bytes));
  return { ...event, content };
}
