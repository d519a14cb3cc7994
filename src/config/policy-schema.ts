// The surface of `policy`: groups, rules, tests. What a condition says is checked elsewhere (policy/condition.ts).

import { z } from 'zod';
import type { Rate } from '../core/decision.ts';
import { parseDuration } from '../core/duration.ts';
import { phiClasses } from '../core/phi.ts';
import type { BreakGlassConfig, PolicyConfig, PolicyTestConfig, RuleConfig } from '../core/policy-text.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { riskPatternNames } from '../core/risk-patterns.ts';
import { classSet, closed, duration, lasting, text } from './scalars.ts';

const groups = z.array(text);

/** A grant is for a piece of work, not a role. */
const grantMsMax = 86_400_000;
const glassMsMax = 86_400_000;

/** `60/1h`: so often within any such time, by one subject on one connection. */
const rate = z
  .string()
  .regex(/^[1-9]\d{0,5}\/\d{1,9}(?:s|m|h|d)$/, 'a number of times and a duration, such as 60/1h')
  .transform((text): Rate => {
    const [times = '', per = ''] = text.split('/');
    return { times: Number(times), perMs: parseDuration(per) ?? 0 };
  })
  .refine(({ perMs }) => perMs > 0, 'a duration that is not 0');

const lookups = z.partialRecord(z.enum(phiClasses), rate);

const allow = closed({
  rows: z.number().int().min(1, 'a number of rows from 1').optional().describe('Rows per request; default no limit.'),
  unmask: classSet.default([]).describe('Classes seen as they are: a list, or all.'),
  filter: classSet.default([]).describe('Classes that may decide, join, group or sort rows: a list, or all.'),
  lookup: lookups
    .optional()
    .describe('Class → how often it may be compared with one given value (`= $1`), where it may not filter: 60/1h.'),
});

const hold = closed({
  reviewers: groups.min(1, 'at least one group').describe('Groups (or aliases) whose members may decide.'),
  quorum: z
    .number()
    .int()
    .min(1, 'a number of people from 1')
    .default(1)
    .describe('Different people who must approve.'),
  wait: duration('45s').describe('How long the request waits in place; 0s = not at all.'),
  expires: lasting('30m').describe('How long an approval is usable, counted from the request.'),
  grants: z
    .union([z.literal('once'), duration('30m')], { error: 'once, or a duration such as 30m' })
    .default('once')
    .describe('What an approval is good for: one run of exactly that act, or so long every act of the same shape.'),
  escalate: closed({
    after: duration('10m').describe('When nobody has decided by then.'),
    reviewers: groups.min(1, 'at least one group').describe('Groups (or aliases) that may decide too from then on.'),
  })
    .optional()
    .describe('Whom to ask as well when nobody answers. Default nobody.'),
})
  .refine((each) => !each.escalate || each.escalate.after < each.expires, {
    path: ['escalate', 'after'],
    error: 'less than expires: nobody is asked about what is over',
  })
  .refine((each) => each.grants === 'once' || (each.grants >= 60_000 && each.grants <= grantMsMax), {
    path: ['grants'],
    error: 'once, or a duration from 1m to 24h',
  });

const rule = closed({
  name: text.describe('Named in every decision, refusal and record. Unique.'),
  subjects: closed({ groups: groups.default([]), ids: z.array(text).default([]) })
    .refine(
      (each) => each.groups.length + each.ids.length > 0,
      'at least one group or id; leave subjects out for everybody',
    )
    .optional()
    .describe('Whom it concerns: anyone in one of the groups or with one of the ids. Default everybody.'),
  connections: z.array(text).min(1, 'at least one connection').optional().describe('Default every connection.'),
  when: z.union([text, z.boolean()]).optional().describe('CEL condition over the facts. Default true.'),
  risk: z
    .array(z.enum(riskPatternNames))
    .min(1, 'at least one pattern')
    .optional()
    .describe(
      'Ready-made conditions (docs/reference/risk-patterns.md), any of which is enough; with `when`, both hold.',
    ),
  allow: z
    .union([z.literal(true), allow])
    .optional()
    .describe('Let it pass; `{}` or true = everything masked.'),
  hold: hold.optional().describe('Ask people first.'),
  deny: text.optional().describe('Refuse, with this text for the caller.'),
  step_up: text
    .optional()
    .describe('Refuse while the sign-in does not meet this scope of identity.step_up; met, other rules decide.'),
}).transform((each, context): RuleConfig => {
  const effects = (['allow', 'hold', 'deny', 'step_up'] as const).filter((key) => each[key] !== undefined);
  if (effects.length !== 1)
    context.addIssue({ code: 'custom', message: 'exactly one of allow, hold, deny and step_up' });
  return {
    name: each.name,
    subjects: each.subjects ?? null,
    connections: each.connections ?? null,
    when: each.when === undefined ? null : String(each.when),
    risk: each.risk ?? [],
    effect: effectOf(each),
  };
});

function effectOf(each: {
  readonly allow?: true | z.infer<typeof allow> | undefined;
  readonly hold?: z.infer<typeof hold> | undefined;
  readonly deny?: string | undefined;
  readonly step_up?: string | undefined;
}): RuleConfig['effect'] {
  if (each.deny !== undefined) return { kind: 'deny', text: each.deny };
  if (each.step_up !== undefined) return { kind: 'step_up', scope: each.step_up };
  if (each.hold) {
    const { reviewers, quorum, wait, expires, grants, escalate } = each.hold;
    const escalated = escalate && { escalate: { afterMs: escalate.after, reviewers: escalate.reviewers } };
    return { kind: 'hold', reviewers, quorum, waitMs: wait, expiresMs: expires, grants, ...escalated };
  }
  const given: z.infer<typeof allow> =
    each.allow === true || each.allow === undefined ? { unmask: [], filter: [] } : each.allow;
  const { unmask, filter, lookup, rows = null } = given;
  return { kind: 'allow', unmask, filter, rows, ...(lookup && { lookup }) };
}

const words = z.array(z.string()).nullable();
const flag = z.boolean().nullable();
const classes = z.array(z.enum(phiClasses));

/** Milliseconds since 1970, or an RFC 3339 time. */
const moment = z
  .union([z.number().int(), z.iso.datetime({ offset: true })], {
    error: 'a time such as 2026-12-03T15:00:00Z, or milliseconds since 1970',
  })
  .transform((time) => (typeof time === 'number' ? time : Date.parse(time)));

/** Part of the facts, as a test or `policy explain` states them. What is left out is neutral; null = not known. */
const someFacts: z.ZodType<Readonly<Record<string, unknown>>> = closed({
  now: moment,
  subject: closed({
    id: z.string(),
    issuer: z.string(),
    kind: z.enum(['person', 'workload']),
    groups: z.array(z.string()),
    agent: z.string(),
    actors: z.array(z.string()),
    acr: z.string(),
    amr: z.array(z.string()),
    auth_time: moment,
    scopes: z.array(z.string()),
  }).partial(),
  connection: closed({ name: z.string(), type: z.enum(['postgres', 'mcp', 'http']) }).partial(),
  client: closed({ name: z.string() }).partial(),
  request: closed({ door: z.enum(['postgres', 'mcp', 'http']), phi: classes }).partial(),
  sql: closed({
    command: z.string(),
    reads: flag,
    writes: flag,
    bounded: flag,
    relations: words,
    columns: words,
    filters: words,
    functions: words,
    phi: classes.nullable(),
    opaque: z.boolean(),
    star: flag,
    estimated_rows: z.number().int().nonnegative().nullable(),
    params: z.array(z.string().nullable()),
  }).partial(),
  mcp: closed({
    method: z.string(),
    tool: closed({ name: z.string(), readonly: z.boolean(), destructive: z.boolean(), title: z.string() }).partial(),
    arguments: z.record(z.string(), z.unknown()).nullable(),
    resource: closed({ uri: z.string() }).partial(),
    prompt: closed({ name: z.string() }).partial(),
  }).partial(),
}).partial();

const effect = z.enum(['allow', 'hold', 'deny']);

const expected = closed({
  effect,
  rule: text.optional().describe('The rule that decides.'),
  unmask: classSet.optional(),
  filter: classSet.optional(),
  lookup: lookups.optional(),
  rows: z
    .union([z.literal('unlimited'), z.number().int().min(1)], { error: 'a number of rows from 1, or unlimited' })
    .optional(),
  reviewers: groups.optional().describe('Groups (or aliases) that may decide about a hold.'),
});

const test = closed({
  name: text.optional().describe('Default: test 1, test 2, …'),
  facts: someFacts.describe('Facts of the request; what is left out is neutral.'),
  expect: z
    .union([effect, expected])
    .describe(
      'The effect; or the effect, the deciding rule, and what it grants or who decides. What is left out may be anything.',
    ),
}).transform(
  ({ name = '', facts, expect }): PolicyTestConfig => ({
    name,
    facts,
    expect: typeof expect === 'string' ? { effect: expect } : given(expect),
  }),
);

/** What was left out is not there. */
function given({ effect, ...others }: z.infer<typeof expected>): PolicyTestConfig['expect'] {
  return { effect, ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)) };
}

const breakGlass = closed({
  subjects: closed({ groups: groups.default([]), ids: z.array(text).default([]) })
    .refine((each) => each.groups.length + each.ids.length > 0, 'at least one group or id')
    .describe('Who may.'),
  connections: z.array(text).min(1, 'at least one connection').optional().describe('Where. Default every connection.'),
  agents: z.boolean().default(false).describe("Whether it covers what an agent does in the person's name."),
  max: duration('1h').describe('How long one lasts at most.'),
  allow: allow.prefault({}).describe('What it adds to the rules; holds are stepped past, denies stay.'),
  reviewers: groups.min(1, 'at least one group').describe('Groups (or aliases) that are told at once, and review it.'),
  review_within: lasting('24h').describe('How long after its end the review is due.'),
  escalate: groups.default([]).describe('Groups (or aliases) that may review too once that is overdue.'),
})
  .refine((each) => each.max >= 60_000 && each.max <= glassMsMax, { path: ['max'], error: 'from 1m to 24h' })
  .transform(
    ({ subjects, connections, agents, max, allow, reviewers, review_within, escalate }): BreakGlassConfig => ({
      subjects,
      connections: connections ?? null,
      agents,
      unmask: allow.unmask,
      filter: allow.filter,
      ...(allow.lookup && { lookup: allow.lookup }),
      rows: allow.rows ?? null,
      maxMs: max,
      reviewers,
      reviewWithinMs: review_within,
      escalate,
    }),
  );

export const policy: z.ZodType<PolicyConfig> = closed({
  groups: z.record(text, groups).default({}).describe("Alias → the identity provider's groups it stands for."),
  rules: z.array(rule).default([]).describe('deny > hold > allow, whatever their order; no matching rule is a deny.'),
  break_glass: breakGlass.optional().describe('Stepping past holds in an emergency. Default nobody.'),
  tests: z.array(test).default([]).describe('Run by check; a failing one fails it.'),
}).transform(
  ({ break_glass: glass, tests, ...each }): PolicyConfig => ({
    ...each,
    tests: tests.map((one, index) => ({ ...one, name: one.name === '' ? `test ${index + 1}` : one.name })),
    ...(glass ? { breakGlass: glass } : {}),
  }),
);

/** A policy that is not part of this gate's configuration. Refused: config_invalid, which names the place. */
export function parsePolicy(said: unknown): Result<PolicyConfig> {
  const parsed = policy.safeParse(said ?? {});
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const place = ['policy', ...(issue?.path ?? [])].join('.');
  return refuse(
    'config_invalid',
    `This policy is not valid at ${place}: expected ${issue?.message ?? 'something else'}.`,
  );
}

/** Some facts, stated from outside: every name in them must be one there is. */
export function parseFacts(stated: unknown): Result<Readonly<Record<string, unknown>>> {
  const parsed = someFacts.safeParse(stated);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const path = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys : [])];
  return refuse('usage', `These are no facts: see ${path.join('.') || 'the top level'}.`);
}
