// The surface of `audit.witnesses`: who cosigns the log's checkpoints, and how many of them have to.

import { z } from 'zod';
import type { WitnessConfig } from './config.ts';
import { closed, upstreamUrl } from './scalars.ts';

const vkeyText = /^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$/;

export const witnesses: z.ZodType<readonly WitnessConfig[]> = z
  .array(
    closed({
      url: upstreamUrl.describe('Its submission prefix: add-checkpoint is asked for below it.'),
      key: z.string().regex(vkeyText, 'a verifier key: name+id+key').describe('Its verifier key, as it prints it.'),
    }),
  )
  .max(16, 'at most 16 witnesses');

/** `2-of-3`: the second number is how many witnesses there are. Default: a majority. */
export const witnessPolicy: z.ZodType<{ readonly quorum: number; readonly of: number }> = z
  .string()
  .regex(/^[1-9]\d?-of-[1-9]\d?$/, 'k-of-n, such as 2-of-3')
  .transform((text) => {
    const [quorum = 0, of = 0] = text.split('-of-').map(Number);
    return { quorum, of };
  })
  .refine(({ quorum, of }) => quorum <= of, 'k-of-n with k no more than n');
