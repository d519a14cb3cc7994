// Ready-made masks: for each preset the operator of a class, and what a file may put in its place. A preset says what is
// shown; whether a data set may be released is for its owner to determine.

import type { Operator, PhiClass } from './phi.ts';

interface MaskPreset {
  readonly byClass: Readonly<Partial<Record<PhiClass, Operator>>>;
  readonly default: Operator;
  /** Why `operatorsWithin` leaves out what it leaves out. */
  readonly rule: string | null;
}

export const maskPresetNames = ['safe-harbor', 'limited-data-set', 'pseudonymised'] as const;

export type MaskPresetName = (typeof maskPresetNames)[number];

export const maskPresets: Readonly<Record<MaskPresetName, MaskPreset>> = {
  // 164.514(b)(2)(i): dates to the year, ZIP codes to three digits, ages to 89. What the detectors miss in a note would stay.
  'safe-harbor': {
    byClass: { date: 'year', address: 'zip3', age: 'age90', note: 'redact' },
    default: 'redact',
    rule: 'safe-harbor shows nothing made of an identifier (45 CFR 164.514(b)(2)(i) and (c)(1))',
  },
  // 164.514(e)(2): dates, ages and ZIP codes may stay, direct identifiers may not; keys of rows still link them.
  'limited-data-set': {
    byClass: { date: 'keep', age: 'keep', address: 'zip', other_id: 'pseudonym', note: 'scan' },
    default: 'redact',
    rule: 'limited-data-set shows no direct identifier, nor a part of one (45 CFR 164.514(e)(2))',
  },
  pseudonymised: {
    byClass: { date: 'shift', age: 'age90', note: 'scan', diagnosis: 'redact', biometric: 'redact', photo: 'redact' },
    default: 'pseudonym',
    rule: null,
  },
};

const always: readonly Operator[] = ['redact', 'null', 'drop'];

/** What may stand beside `redact`, `null` and `drop`. 164.514(b)(2)(i) has no rule for a diagnosis: it identifies nobody. */
const safeHarbor: Readonly<Partial<Record<PhiClass, readonly Operator[]>>> = {
  date: ['year'],
  address: ['zip3'],
  age: ['age90'],
  diagnosis: ['keep', 'pseudonym'],
  note: ['scan'],
};

const limitedDataSet: typeof safeHarbor = {
  ...safeHarbor,
  date: ['keep', 'year', 'shift'],
  address: ['zip', 'zip3'],
  age: ['keep', 'age90'],
  other_id: ['pseudonym'],
};

/** The operators a preset lets a file choose for a class; null = any. */
export function operatorsWithin(preset: MaskPresetName, cls: PhiClass | 'default'): readonly Operator[] | null {
  if (preset === 'pseudonymised') return null;
  const more = preset === 'safe-harbor' ? safeHarbor : limitedDataSet;
  return [...always, ...(cls === 'default' ? [] : (more[cls] ?? []))];
}
