// The part of the configuration that may change while the gate runs: policy, masks, who reads, who reviews. One object
// holds all of it, so that no request ever sees half of an old and half of a new one.

import type { Config } from '../config/config.ts';
import { mayEnter } from '../core/decide.ts';
import type { Decision, Policy } from '../core/decision.ts';
import type { Subject } from '../core/facts.ts';
import type { ClassSet, PhiClass } from '../core/phi.ts';
import type { Find } from '../masking/detectors/detector.ts';
import type { MaskView } from '../masking/mask.ts';
import { operatorFor, shownBy } from '../masking/operators.ts';
import { ownDetectors } from '../masking/own-detectors.ts';
import type { Clock } from '../ports/clock.ts';

interface Standing {
  readonly config: Config;
  readonly policy: Policy;
  readonly own: readonly Find[];
  /** What those see to whom a decision shows some classes: with what the masks keep. */
  readonly shown: WeakMap<readonly PhiClass[], ClassSet>;
}

export class RulesInForce {
  #standing: Standing;
  readonly #maskKey: Uint8Array;
  readonly #clock: Pick<Clock, 'now'>;

  /** `maskKey`: 32 bytes, keys pseudonyms and shifts. */
  constructor(config: Config, policy: Policy, maskKey: Uint8Array, clock: Pick<Clock, 'now'>) {
    this.#standing = { config, policy, own: ownDetectors(config.detectors.rules), shown: new WeakMap() };
    this.#maskKey = maskKey;
    this.#clock = clock;
  }

  replace(config: Config, policy: Policy): void {
    this.#standing = { config, policy, own: ownDetectors(config.detectors.rules), shown: new WeakMap() };
  }

  get config(): Config {
    return this.#standing.config;
  }

  get policy(): Policy {
    return this.#standing.policy;
  }

  viewOf({ obligations: { unmask } }: Pick<Decision, 'obligations'>): MaskView {
    const { masks, detectors } = this.#standing.config;
    // Rows come too fast to ask anybody about them: a note in them is not shown rather than scanned without being asked about.
    const isAsked = detectors.presidio !== null || detectors.onnx !== null;
    const asks = isAsked && operatorFor('note', masks) === 'scan';
    return {
      rules: asks ? { ...masks, byClass: { ...masks.byClass, note: 'redact' } } : masks,
      unmask: unmask === 'all' ? unmask : this.#shownTo(masks, unmask),
      key: this.#maskKey,
      own: this.#standing.own,
      now: this.#clock.now(),
    };
  }

  /** Found once for a decision that is made again and again. */
  #shownTo(masks: Config['masks'], unmask: readonly PhiClass[]): ClassSet {
    const known = this.#standing.shown.get(unmask) ?? shownBy(masks, unmask);
    this.#standing.shown.set(unmask, known);
    return known;
  }

  /** The operator's own detectors. */
  get ownDetectors(): readonly Find[] {
    return this.#standing.own;
  }

  /** Groups that may read everybody's sessions, and groups that review in some rule. */
  get readers(): { readonly auditors: readonly string[]; readonly reviewers: readonly string[] } {
    const { config, policy } = this.#standing;
    return {
      auditors: config.audit.readers,
      reviewers: [...reviewersIn(policy.rules), ...(policy.breakGlass?.reviewers ?? [])],
    };
  }

  /** Groups that review in a rule for this connection; where no rule has any, those that review in some rule. */
  reviewersOf(connection: string): readonly string[] {
    const { rules } = this.#standing.policy;
    const own = rules.filter(({ connections }) => connections === null || connections.includes(connection));
    const reviewers = reviewersIn(own);
    return reviewers.length > 0 ? reviewers : reviewersIn(rules);
  }

  /** Kinds of patient identifiers some connection knows. */
  get patientKinds(): string[] {
    const { classification } = this.#standing.config;
    return [...new Set(Object.keys(classification).flatMap((name) => this.patientKindsOf(name)))];
  }

  /** Those this connection knows. */
  readonly patientKindsOf = (connection: string): string[] => {
    const places = this.#standing.config.classification[connection]?.patient;
    if (!places) return [];
    const { columns, json, arguments: given, fhir } = places;
    const named = [columns, json, given].flatMap((each) => Object.values(each));
    return [...new Set([...named, ...(fhir ? ['fhir', 'mrn'] : [])])];
  };

  connectionsFor(subject: Subject): string[] {
    const { config, policy } = this.#standing;
    return Object.keys(config.connections).filter((name) => mayEnter(policy, subject, name));
  }
}

function reviewersIn(rules: Policy['rules']): readonly string[] {
  return [...new Set(rules.flatMap(({ effect }) => (effect.kind === 'hold' ? effect.terms.reviewers : [])))];
}
