// The part of the configuration that may change while the gate runs: policy, masks, who reads, who reviews. One object
// holds all of it, so that no request ever sees half of an old and half of a new one.

import type { Config } from '../config/config.ts';
import { mayEnter } from '../core/decide.ts';
import type { Decision, Policy } from '../core/decision.ts';
import type { Subject } from '../core/facts.ts';
import type { MaskView } from '../masking/mask.ts';

interface Standing {
  readonly config: Config;
  readonly policy: Policy;
}

export class RulesInForce {
  #standing: Standing;
  readonly #maskKey: Uint8Array;

  /** `maskKey`: 32 bytes, keys pseudonyms and shifts. */
  constructor(config: Config, policy: Policy, maskKey: Uint8Array) {
    this.#standing = { config, policy };
    this.#maskKey = maskKey;
  }

  replace(config: Config, policy: Policy): void {
    this.#standing = { config, policy };
  }

  get config(): Config {
    return this.#standing.config;
  }

  get policy(): Policy {
    return this.#standing.policy;
  }

  viewOf(decision: Decision): MaskView {
    return { rules: this.#standing.config.masks, unmask: decision.obligations.unmask, key: this.#maskKey };
  }

  /** Groups that may read everybody's sessions, and groups that review in some rule. */
  get readers(): { readonly auditors: readonly string[]; readonly reviewers: readonly string[] } {
    const { config, policy } = this.#standing;
    const reviewers = policy.rules.flatMap(({ effect }) => (effect.kind === 'hold' ? effect.terms.reviewers : []));
    return { auditors: config.audit.readers, reviewers: [...new Set(reviewers)] };
  }

  connectionsFor(subject: Subject): string[] {
    const { config, policy } = this.#standing;
    return Object.keys(config.connections).filter((name) => mayEnter(policy, subject, name));
  }
}
