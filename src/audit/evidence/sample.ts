// The sample of a verified package, held against the policies that are in it: does the rule that is said to have decided stand in
// the policy that was in force, and can it have said that? What was asked is in no package, so it does not decide again.

import { breakGlassRule } from '../../core/decision.ts';
import type { Entry } from '../../core/record.ts';

/** `unknown`: the policy is not in the package; `wrong`: the rule cannot have decided so. */
export type SampleVerdict = 'agrees' | 'built in' | 'unknown' | 'wrong';

export interface Sampled {
  readonly seq: number;
  readonly time: string;
  /** Id of the subject, where the entry says it. */
  readonly who: string;
  readonly effect: string;
  readonly rule: string;
  /** SHA-256 of the policy that was in force. */
  readonly policy: string;
  readonly verdict: SampleVerdict;
  readonly says: string;
}

interface PolicyRule {
  readonly name: string;
  readonly effect: { readonly kind: string };
}

interface PolicyText {
  readonly rules: readonly PolicyRule[];
  readonly breakGlass?: object;
}

/** `entry`: a sampled `request`. `policyText`: of the policy of this digest; undefined when it is not in the package. */
export function performAgain(entry: Entry, policyText: (digest: string) => string | undefined): Sampled {
  const { seq, time, subject, approval, data = {} } = entry;
  const word = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  const [effect, rule, policy] = [word('effect'), word('rule'), word('policy')];
  const known = { seq, time, who: subject?.id ?? '', effect, rule, policy };
  if (rule.startsWith('builtin:') && rule !== breakGlassRule)
    return { ...known, verdict: 'built in', says: 'a rule of the gate itself, whatever the policy' };
  const text = policyText(policy);
  if (text === undefined) return { ...known, verdict: 'unknown', says: 'its policy is not in the package' };
  const { rules, breakGlass }: PolicyText = JSON.parse(text);
  if (rule === breakGlassRule)
    return breakGlass === undefined
      ? { ...known, verdict: 'wrong', says: 'its policy lets nobody break the glass' }
      : { ...known, verdict: 'agrees', says: 'the glass was broken, as its policy lets some' };
  const kind = rules.find(({ name }) => name === rule)?.effect.kind;
  if (kind === undefined) return { ...known, verdict: 'wrong', says: 'its policy has no such rule' };
  if (kind === 'deny' && effect !== 'deny')
    return { ...known, verdict: 'wrong', says: `the rule denies, and the record says ${effect}` };
  if (kind === 'hold' && effect === 'allow' && approval === undefined)
    return { ...known, verdict: 'wrong', says: 'the rule holds, and the record names no approval' };
  // An allow has limits: classes nobody may filter by, what cannot be vouched for.
  const says =
    kind !== 'deny' && effect === 'deny' ? `the rule says ${kind}; what it asked for beyond was refused` : null;
  return { ...known, verdict: 'agrees', says: says ?? `the rule says ${kind}` };
}
