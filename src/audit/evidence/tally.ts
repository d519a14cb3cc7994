// What a stretch of the log comes to, in numbers and short lists: nothing but what its entries say, so that whoever has the
// entries gets the same. It holds no payload and reads no clock.

import { hash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Entry, RecordType } from '../../core/record.ts';
import { type Gap, Gaps } from './gaps.ts';
import { Unreviewed } from './unreviewed.ts';

/** How many requests are drawn for re-performance. */
export const sampleSize = 25;

/** Of each list, this many are named; the others are counted. */
export const listedMax = 1_000;

export type Counts = Readonly<Record<string, number>>;

export interface Listed {
  readonly seq: number;
  readonly time: string;
  readonly type: RecordType;
  /** `id (issuer)` of who did it, where the entry says. */
  readonly who?: string;
  readonly says: string;
}

/** An answer about the one patient that was asked for. */
export interface PatientAccess {
  readonly seq: number;
  readonly time: string;
  /** `id (issuer)`. */
  readonly who: string;
  readonly connection: string;
  /** Tables, or an MCP tool or method. */
  readonly what: string;
  /** PHI classes it was about, by whether the rule lets them be seen as they are. */
  readonly shown: readonly string[];
  readonly masked: readonly string[];
}

export interface Tallies {
  readonly records: number;
  readonly types: Counts;
  /** By `id (issuer)`: what each asked for and got. */
  readonly identities: Readonly<Record<string, Counts>>;
  readonly agents: Counts;
  readonly connections: Counts;
  readonly doors: Counts;
  /** How the callers of sessions proved who they are. */
  readonly methods: Counts;
  readonly effects: Counts;
  readonly rules: Counts;
  readonly policies: Counts;
  /** Of refused requests and sign-ins, by code. */
  readonly refusals: Counts;
  readonly endings: Counts;
  /** Masked values by PHI class. */
  readonly masked: Counts;
  /** Requests by PHI class they were about and did not get masked; `all` where the record does not say what it was about. */
  readonly unmasked: Counts;
  /** `shredded`: of those sessions whose payloads, and with them the names of the patients, were destroyed within these records. */
  readonly disclosures: {
    readonly records: number;
    readonly patients: number;
    readonly unnamed: number;
    readonly shredded: number;
  };
  /** Those of the entries asked for that are of an answer. */
  readonly patient: readonly PatientAccess[];
  /** By who read the log: what of it. */
  readonly readings: Readonly<Record<string, Counts>>;
  readonly gaps: readonly Gap[];
  /** Ids of broken glass. */
  readonly unreviewed: readonly string[];
  readonly lists: Readonly<Record<ListName, readonly Listed[]>>;
  readonly leftOut: Readonly<Record<ListName, number>>;
  readonly sample: readonly Listed[];
}

export type ListName = 'approvals' | 'emergencies' | 'changes' | 'retention' | 'reviews' | 'unknown';

/** The types whose every record is named, and proven as long as there is room. */
const listOf: Partial<Record<RecordType, ListName>> = {
  'approval.requested': 'approvals',
  'approval.explained': 'approvals',
  'approval.escalated': 'approvals',
  'approval.decided': 'approvals',
  'approval.refused': 'approvals',
  'approval.expired': 'approvals',
  'approval.used': 'approvals',
  'break_glass.opened': 'emergencies',
  'break_glass.ended': 'emergencies',
  'break_glass.overdue': 'emergencies',
  'break_glass.reviewed': 'reviews',
  'audit.reviewed': 'reviews',
  'break_glass.refused': 'emergencies',
  'policy.changed': 'changes',
  'config.changed': 'changes',
  'key.rotated': 'changes',
  'key.added': 'changes',
  'key.replaced': 'changes',
  'tool.decided': 'changes',
  'retention.held': 'retention',
  'retention.released': 'retention',
  'retention.shredded': 'retention',
  'audit.archived': 'retention',
  'export.set_aside': 'retention',
  outcome_unknown: 'unknown',
};

/** The data a list says of its entry: names, codes and counts, in this order. */
const said = [
  'break_glass',
  'hold',
  'rule',
  'effect',
  'code',
  'status',
  'approvals',
  'finding',
  'outcome',
  'from',
  'to',
  'manifest',
  'reason',
  'until',
  'before',
  'policy',
  'connections',
  'tool',
  'prompt',
  'resource_template',
  'instructions',
  'change',
  'kind',
  'target',
  'reviewers',
  'count',
  'size',
  'export',
  'entries',
];

/** The rank of a request in the draw: anybody can draw again, nobody can choose. Lowest first. */
function rankOf(seed: string, seq: number): string {
  return hash('sha256', `chartgate evidence sample v1\n${seed}\n${seq}\n`);
}

/** See entries in order, then take the tallies. `patient`: numbers of the entries that are said to be about one. */
export class Tally {
  readonly #seed: string;
  readonly #wanted: ReadonlySet<number>;
  readonly #patient: PatientAccess[] = [];
  readonly #counts = {
    types: new Map<string, number>(),
    agents: new Map<string, number>(),
    connections: new Map<string, number>(),
    doors: new Map<string, number>(),
    methods: new Map<string, number>(),
    effects: new Map<string, number>(),
    rules: new Map<string, number>(),
    policies: new Map<string, number>(),
    refusals: new Map<string, number>(),
    endings: new Map<string, number>(),
    masked: new Map<string, number>(),
    unmasked: new Map<string, number>(),
  };
  readonly #identities = new Map<string, Map<string, number>>();
  readonly #readings = new Map<string, Map<string, number>>();
  /** Whose an open session is: what ends a request does not say it again. */
  readonly #sessions = new Map<string, string>();
  readonly #lists: Record<ListName, Listed[]> = {
    approvals: [],
    emergencies: [],
    changes: [],
    retention: [],
    reviews: [],
    unknown: [],
  };
  readonly #leftOut: Record<ListName, number> = {
    approvals: 0,
    emergencies: 0,
    changes: 0,
    retention: 0,
    reviews: 0,
    unknown: 0,
  };
  readonly #gaps = new Gaps();
  readonly #unreviewed = new Unreviewed();
  readonly #disclosed = { records: 0, patients: 0, unnamed: 0, shredded: 0 };
  readonly #shreddable = new ShreddableAnswers();
  #sample: { readonly rank: string; readonly entry: Entry }[] = [];
  #records = 0;

  constructor(seed: string, patient: readonly number[] = []) {
    this.#seed = seed;
    this.#wanted = new Set(patient);
  }

  see(entry: Entry): void {
    this.#records++;
    const { types, connections } = this.#counts;
    add(types, entry.type);
    if (entry.connection !== undefined && entry.type === 'request') add(connections, entry.connection);
    const list = listOf[entry.type];
    if (list && this.#lists[list].length < listedMax) this.#lists[list].push(listed(entry));
    else if (list) this.#leftOut[list]++;
    if (list && entry.subject) this.#add(entry, 'listed acts');
    // Who decides about a session's request, or reads it, is named in records of it too.
    const isOwn = entry.type === 'session.start' || entry.type === 'request';
    if (isOwn && entry.session !== undefined && entry.subject) this.#sessions.set(entry.session, nameOf(entry) ?? '');
    this.#disclosed.shredded += this.#shreddable.see(entry);
    this.#count(entry);
    if (entry.type === 'session.end' && entry.session !== undefined) this.#sessions.delete(entry.session);
    this.#gaps.see(entry);
    this.#unreviewed.see(entry);
  }

  tallies(): Tallies {
    const counts = this.#counts;
    return {
      types: sorted(counts.types),
      agents: sorted(counts.agents),
      connections: sorted(counts.connections),
      doors: sorted(counts.doors),
      methods: sorted(counts.methods),
      effects: sorted(counts.effects),
      rules: sorted(counts.rules),
      policies: sorted(counts.policies),
      refusals: sorted(counts.refusals),
      endings: sorted(counts.endings),
      masked: sorted(counts.masked),
      unmasked: sorted(counts.unmasked),
      readings: sortedBy(this.#readings),
      records: this.#records,
      identities: sortedBy(this.#identities),
      disclosures: { ...this.#disclosed },
      patient: [...this.#patient],
      gaps: this.#gaps.found,
      unreviewed: this.#unreviewed.ids,
      lists: this.#lists,
      leftOut: this.#leftOut,
      sample: this.#sample.map(({ entry }) => listed(entry)).sort((a, b) => a.seq - b.seq),
    };
  }

  #count(entry: Entry): void {
    const { type, data = {} } = entry;
    const counts = this.#counts;
    if (type === 'session.start') {
      add(counts.doors, word(data['door']));
      add(counts.methods, word(data['method']));
      this.#add(entry, 'sessions');
    } else if (type === 'request') this.#request(entry);
    else if (type === 'request.end' || type === 'response') this.#answer(entry);
    else if (type === 'auth.refused') add(counts.refusals, `sign-in: ${word(data['code'])}`);
    else if (type === 'disclosure') {
      this.#disclosed.records++;
      this.#disclosed.patients += numberOf(data['patients']);
      if (data['unnamed'] === true) this.#disclosed.unnamed++;
      if (this.#wanted.has(entry.seq)) this.#patient.push(accessIn(entry));
      this.#add(entry, 'disclosures');
    } else if (type === 'audit.read' || type === 'evidence.exported') {
      add(within(this.#readings, nameOf(entry) ?? 'not said'), word(data['what'] ?? type));
      this.#add(entry, 'readings of the log');
    }
  }

  #request(entry: Entry): void {
    const { data = {}, subject } = entry;
    const counts = this.#counts;
    const effect = word(data['effect']);
    add(counts.effects, effect);
    add(counts.rules, `${effect}: ${word(data['rule'])}`);
    if (data['policy'] !== undefined) add(counts.policies, word(data['policy']));
    if (effect === 'deny') add(counts.refusals, `request: ${word(data['code'])}`);
    if (subject?.agent !== undefined) add(counts.agents, subject.agent);
    for (const each of inClear(data)) add(counts.unmasked, each);
    this.#add(entry, 'requests');
    this.#add(entry, effect);
    this.#draw(entry);
  }

  #answer(entry: Entry): void {
    const { type, data = {} } = entry;
    if (type === 'request.end') {
      add(this.#counts.endings, word(data['status']));
      this.#add(entry, 'rows', numberOf(data['rows']));
    }
    const { masked } = data;
    if (isJsonObject(masked))
      for (const [name, value] of Object.entries(masked)) {
        add(this.#counts.masked, name, numberOf(value));
        this.#add(entry, 'masked values', numberOf(value));
      }
  }

  #draw(entry: Entry): void {
    const rank = rankOf(this.#seed, entry.seq);
    const last = this.#sample[sampleSize - 1];
    if (last && last.rank < rank) return;
    this.#sample = [...this.#sample, { rank, entry }].sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, sampleSize);
  }

  #add(entry: Entry, measure: string, by = 1): void {
    const who = nameOf(entry) ?? this.#sessions.get(entry.session ?? '');
    if (who === undefined || by === 0) return;
    add(within(this.#identities, who), measure, by);
  }
}

/** Answers about patients, until their session is shredded. */
export class ShreddableAnswers {
  /** How many, by session. */
  readonly #answers = new Map<string, number>();

  /** Entries in order. How many answers this one says are shredded. */
  see({ type, session, data = {} }: Entry): number {
    if (type === 'disclosure' && session !== undefined) add(this.#answers, session);
    if (type !== 'retention.shredded' || !Array.isArray(data['sessions'])) return 0;
    let shredded = 0;
    for (const each of data['sessions'].map(word)) {
      shredded += this.#answers.get(each) ?? 0;
      this.#answers.delete(each);
    }
    return shredded;
  }
}

function listed(entry: Entry): Listed {
  const { seq, time, type, data = {} } = entry;
  const who = nameOf(entry);
  const says = said.filter((name) => data[name] !== undefined).map((name) => `${name} ${word(data[name])}`);
  if (entry.approval !== undefined) says.unshift(entry.approval);
  if (entry.session !== undefined) says.push(`session ${entry.session}`);
  return { seq, time, type, ...(who === undefined ? {} : { who }), says: says.join(', ') };
}

function accessIn(entry: Entry): PatientAccess {
  const { seq, time, connection = '', data = {} } = entry;
  const { unmask, phi, masked, relations, tool, method } = data;
  const about = [...(Array.isArray(phi) ? phi : []), ...(isJsonObject(masked) ? Object.keys(masked) : [])];
  const classes = [...new Set(about.map((each) => word(each)))];
  const isShown = (each: string): boolean => unmask === 'all' || (Array.isArray(unmask) && unmask.includes(each));
  const tables = Array.isArray(relations) && relations.length > 0 ? relations : undefined;
  const what = word(tables ?? tool ?? method);
  const shown = classes.filter(isShown);
  const hidden = classes.filter((each) => !isShown(each));
  return { seq, time, who: nameOf(entry) ?? 'not said', connection, what, shown, masked: hidden };
}

/** An allow says what it lets be seen, and of a statement is known what it is about. */
function inClear({ unmask, phi, command }: JsonObject): string[] {
  const all = unmask === 'all';
  const shown = all ? ['all'] : Array.isArray(unmask) ? unmask.map((each) => word(each)) : [];
  if (command === undefined || !Array.isArray(phi)) return shown;
  return phi.map((each) => word(each)).filter((each) => all || shown.includes(each));
}

function nameOf({ subject }: Entry): string | undefined {
  return subject && `${subject.id} (${subject.issuer})`;
}

function word(value: Json | undefined): string {
  if (value === undefined || value === null) return 'not said';
  return typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? value.map((each) => word(each)).join(' ')
      : JSON.stringify(value);
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function add(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function within(all: Map<string, Map<string, number>>, who: string): Map<string, number> {
  const of = all.get(who) ?? new Map<string, number>();
  all.set(who, of);
  return of;
}

function sortedBy(all: ReadonlyMap<string, ReadonlyMap<string, number>>): Readonly<Record<string, Counts>> {
  return Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([who, of]) => [who, sorted(of)]));
}

function sorted(counts: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
