// The surface of `masks`: an operator by class, from a preset or without one. What a preset does not let a file choose is
// refused here, so that no data set is called by a rule it does not keep.

import { z } from 'zod';
import { maskPresetNames, maskPresets, operatorsWithin } from '../core/mask-presets.ts';
import { type Operator, operators, type PhiClass, phiClasses } from '../core/phi.ts';
import type { MaskConfig } from './config.ts';
import { oneOf } from './problem.ts';
import { closed } from './scalars.ts';

// Unquoted, the operator `null` is YAML's null.
const operator: z.ZodOptional<z.ZodType<Operator>> = z
  .preprocess((value) => (value === null ? 'null' : value), z.enum(operators))
  .optional();

const byClass: Readonly<Record<string, typeof operator>> = Object.fromEntries(phiClasses.map((cls) => [cls, operator]));

export const masks: z.ZodType<MaskConfig> = closed({
  ...byClass,
  preset: z
    .enum(maskPresetNames)
    .optional()
    .describe('Ready-made masks to start from; what is named beside it goes first, as far as the preset lets it.'),
  default: operator.describe('For every class nothing is said of. Default: what the preset says, else redact.'),
}).transform(({ preset, default: rest, ...others }, context): MaskConfig => {
  const named: Readonly<Record<string, Operator | undefined>> = others;
  const chosen = [...phiClasses.map((cls) => [cls, named[cls]] as const), ['default', rest] as const];
  for (const [key, word] of chosen) {
    const within = preset && word ? operatorsWithin(preset, key) : null;
    if (preset && word && within?.includes(word) === false)
      context.addIssue({ code: 'custom', path: [key], message: `${oneOf(within)}: ${maskPresets[preset].rule}` });
  }
  const start = preset ? maskPresets[preset] : { byClass: {}, default: 'redact' as const };
  const said: Partial<Record<PhiClass, Operator>> = {};
  for (const cls of phiClasses) if (named[cls] !== undefined) said[cls] = named[cls];
  return { byClass: { ...start.byClass, ...said }, default: rest ?? start.default };
});
