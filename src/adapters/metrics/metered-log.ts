// Metrics in the Prometheus text format, counted where everything passes: at the log. Labels are names from closed sets
// (record types, effects, error codes); never a subject, a connection's data or a value.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Log, type LogReader, logWith } from '../../ports/log.ts';

export interface Metrics {
  readonly log: Log & { readonly reader: LogReader };
  readonly contentType: string;
  /** A gauge that is read when somebody asks. */
  watch(name: string, help: string, read: () => number): void;
  text(): Promise<string>;
  /** What each witness answered, and how many entries a quorum has cosigned; null = fewer answered. */
  witnessed(outcomes: ReadonlyMap<string, string>, size: number | null): void;
}

export function meter(log: Log & { readonly reader: LogReader }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const records = new Counter({
    name: 'chartgate_log_records_total',
    help: 'Records appended to the audit log, by type; requests also by the effect decided and the code.',
    labelNames: ['type', 'effect', 'code'],
    registers: [registry],
  });
  const durable = new Histogram({
    name: 'chartgate_log_append_seconds',
    help: 'Time until a record is on disk.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1],
    registers: [registry],
  });
  const open = new Gauge({
    name: 'chartgate_log_open',
    help: '1 while the log can be written; 0 = the gate is closed.',
    registers: [registry],
  });
  const entries = new Gauge({
    name: 'chartgate_log_entries',
    help: 'Entries in the audit log.',
    registers: [registry],
  });
  const tallies = new Tallies();
  const append: Log['append'] = (record, payload, patient) => {
    const { type, data } = record;
    const effect = data?.['effect'];
    const code = data?.['code'];
    tallies.add(type, typeof effect === 'string' ? effect : '', typeof code === 'string' ? code : '');
    const started = performance.now();
    const appended = log.append(record, payload, patient);
    // A patient record's time says how long it could wait, not how long the disk took.
    if (!patient)
      void appended.then(
        () => durable.observe((performance.now() - started) / 1000),
        () => {},
      );
    return appended;
  };
  return {
    log: logWith(log, { append }),
    contentType: registry.contentType,
    watch(name, help, read) {
      const registers = [registry];
      const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
    },
    witnessed: witnessGauges(registry),
    text: () => {
      open.set(log.open ? 1 : 0);
      for (const { n, ...labels } of tallies.take()) records.inc(labels, n);
      entries.set(log.reader.size);
      return registry.metrics();
    },
  };
}

/** What the witnesses of the log answered last. */
function witnessGauges(registry: Registry): Metrics['witnessed'] {
  const cosigned = new Gauge({
    name: 'chartgate_log_cosigned_entries',
    help: 'Entries under the newest checkpoint that enough witnesses have cosigned.',
    registers: [registry],
  });
  const witnesses = new Gauge({
    name: 'chartgate_witness_answers',
    help: '1 for what each witness answered last: cosigned, or what is wrong.',
    labelNames: ['witness', 'outcome'],
    registers: [registry],
  });
  return (outcomes, size) => {
    if (size !== null) cosigned.set(size);
    witnesses.reset();
    for (const [witness, outcome] of outcomes) witnesses.set({ witness, outcome }, 1);
  };
}

interface Tally {
  readonly type: string;
  readonly effect: string;
  readonly code: string;
  n: number;
}

/**
 * A counter's labels cost more to look up than a record's digest: they are looked up when somebody asks. Of labels of closed sets there
 * are few together, and the same ones are found by looking at them.
 */
class Tallies {
  #all: Tally[] = [];

  add(type: string, effect: string, code: string): void {
    for (const each of this.#all) {
      if (each.type !== type || each.effect !== effect || each.code !== code) continue;
      each.n++;
      return;
    }
    this.#all.push({ type, effect, code, n: 1 });
  }

  /** What was counted since the last time. */
  take(): Iterable<Tally> {
    const taken = this.#all;
    this.#all = [];
    return taken;
  }
}
