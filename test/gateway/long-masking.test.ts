// Long answers masked in a thread: what comes out is what would have come out here, whatever the answer and the rules; who hangs up
// is not masked for; and what the thread does not survive is refused by name, and the next one is masked.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { systemClock as clock } from '../../src/adapters/system/clock.ts';
import { WorkThread, type WorkThreadOptions } from '../../src/adapters/work-thread/work-thread.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { type ClassSet, type DetectorRule, type Operator, type PhiClass, phiClasses } from '../../src/core/phi.ts';
import type { Refusal, Result } from '../../src/core/result.ts';
import { type MaskingDone, type MaskingTask, masksAside } from '../../src/gateway/long-masking.ts';
import {
  type AnswerMasking,
  type AnswerTerms,
  type Awaiting,
  type MaskedAnswer,
  maskWherever,
  weightOf,
} from '../../src/gateway/masked-answer.ts';
import { dataOf } from '../../src/gateway/mcp-masking.ts';
import { maskingWith, type Recognition } from '../../src/gateway/recognition.ts';
import type { MaskRules, MaskView } from '../../src/masking/mask.ts';
import { shownBy } from '../../src/masking/operators.ts';
import { ownDetectors } from '../../src/masking/own-detectors.ts';
import type { Recognizer } from '../../src/ports/recognizer.ts';
import type { JsonRpcOutcome } from '../../src/wire/mcp/json-rpc.ts';
import { decision } from '../mcp/masked.ts';

const thread = new URL('../../src/masking-thread.ts', import.meta.url);
const never: Awaiting = {
  signal: new AbortController().signal,
  reply: { signal: new AbortController().signal, lost: false },
};

const tooLarge: Refusal = { code: 'too_large', text: 'Too long to be masked.' };
type Work = WorkThread<MaskingTask, MaskingDone>;
const work = (options: Partial<WorkThreadOptions> = {}): Work =>
  new WorkThread({ clock, thread, heapMegabytesMax: 512, taskMs: 60_000, tooLarge, idleMs: 100, ...options });

const key = new Uint8Array(32).fill(3);
const bed: DetectorRule = { name: 'bed', pattern: 'BED-[0-9]{3}', context: [], cls: 'other_id' };

interface Setting {
  readonly rules: MaskRules;
  readonly own: readonly DetectorRule[];
  readonly recognizers: readonly Recognizer[];
}

function maskings({ rules, own, recognizers }: Setting, by: Work): { here: AnswerMasking; aside: AnswerMasking } {
  const finds = ownDetectors(own);
  const viewOf = ({ obligations: { unmask } }: Decision): MaskView => ({
    rules,
    unmask: shownBy(rules, unmask),
    key,
    own: finds,
    now: Date.UTC(2026, 0, 1),
  });
  const recognition: Recognition = { viewOf, recognizers: () => recognizers, onFailure: () => {} };
  const aside = masksAside({ recognition, rules: () => own, work: by, longWork: by });
  return { here: maskingWith(recognition), aside: Object.assign(maskingWith(recognition), { aside }) };
}

const plain: Setting = { rules: { byClass: {}, default: 'redact' }, own: [], recognizers: [] };
const termsFor = (unmask: ClassSet = [], outputSchema: JsonObject | null = null): AnswerTerms => ({
  decision: { ...decision, obligations: { ...decision.obligations, unmask } },
  binary: 'withhold',
  listed: null,
  outputSchema,
});

const row = (at: number): JsonObject => ({
  last_name: ['Vandersloot', 'Ostrander', 'Quartermain'][at % 3] ?? '',
  ssn: `${100 + (at % 800)}-45-${1000 + (at % 8999)}`,
  seen: `2024-03-${10 + (at % 20)}`,
  note: `Seen by Dr. Ostrander in BED-1${10 + (at % 90)}, call 555-867-5309; copper kettle.`,
});
const rows = (count: number): JsonRpcOutcome => ({
  result: { content: [], structuredContent: { rows: Array.from({ length: count }, (_, at) => row(at)) } },
});

const shared = work({ idleMs: 5_000 });
after(() => shared.close());

test('what a thread masks is what would have come out here, whatever the answer, the masks and who reads', async () => {
  const words = fc.constantFrom(
    'Vandersloot',
    'SSN 123-45-6789',
    'BED-112',
    'a copper kettle',
    '1961-07-23',
    'stable',
    '\u{1f600}',
  );
  const json = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      words,
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('last_name', 'ssn', 'note', 'ward', 'dob'), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  const operator = fc.constantFrom<Operator[]>('redact', 'pseudonym', 'last4', 'null', 'shift', 'year', 'keep');
  const setting = fc.record({
    rules: fc.record({
      byClass: fc.dictionary(fc.constantFrom('name', 'ssn', 'date', 'note'), operator),
      default: fc.constant('redact' as const),
    }),
    own: fc.constantFrom([], [bed]),
    recognizers: fc.constantFrom<(readonly Recognizer[])[]>([], [kettles], [silent]),
  });
  const unmask: fc.Arbitrary<ClassSet> = fc.oneof(
    fc.constant('all' as const),
    fc.subarray([...phiClasses] as PhiClass[], { maxLength: 3 }),
  );
  const schema = fc.constantFrom(null, {
    type: 'object',
    properties: { rows: { type: 'array', items: { properties: { ssn: { type: 'string', pattern: '^\\d{3}-' } } } } },
  });
  await fc.assert(
    fc.asyncProperty(json, setting, unmask, schema, async (value, of, shown, outputSchema) => {
      const outcome: JsonRpcOutcome = {
        result: {
          content: [{ type: 'text', text: JSON.stringify(value) }],
          structuredContent: { rows: [value, row(1)] },
        },
      };
      const { here, aside } = maskings(of, shared);
      const terms = termsFor(shown, outputSchema);
      const expected = await maskWherever(outcome, terms, here, never);
      assert.equal(JSON.stringify(await aside.aside?.(outcome, terms, never)), JSON.stringify(expected));
    }),
    { numRuns: 60 },
  );
});

const kettles: Recognizer = {
  find: (texts) =>
    Promise.resolve({
      ok: true,
      value: texts.map((text) => {
        const start = text.indexOf('copper kettle');
        return start < 0 ? [] : [{ start, end: start + 13, type: 'name' as const }];
      }),
    }),
};
const silent: Recognizer = {
  find: () => Promise.resolve({ ok: false, error: { code: 'upstream_unavailable', text: 'It is away.' } }),
};

test('a short answer is masked here, a long one there, an error too', async () => {
  const { aside } = maskings(plain, shared);
  const asked: JsonRpcOutcome[] = [];
  const maskFor: AnswerMasking = Object.assign((message: Json) => aside(message), {
    aside: (...of: Parameters<NonNullable<AnswerMasking['aside']>>) => {
      asked.push(of[0]);
      return aside.aside?.(...of) ?? assert.fail();
    },
  });
  const long = rows(600);
  assert.ok(weightOf(dataOf(long), 1e9) > 65_536 && JSON.stringify(long).length > 65_536);
  const data = `SSN 123-45-6789. ${'The ward is quiet tonight. '.repeat(3_000)}`;
  const error: JsonRpcOutcome = { error: { code: -32_000, message: 'failed', data } };
  for (const outcome of [rows(3), long, error]) {
    const masked = await maskWherever(outcome, termsFor(), maskFor, never);
    assert.ok(masked.ok);
    assert.doesNotMatch(JSON.stringify(masked.value.outcome), /Vandersloot|-45-|867-5309/);
  }
  assert.deepEqual(asked, [long, error]);
});

test('who hangs up is not masked for, waiting or at work; who may come again is', async () => {
  const one = work();
  const { aside } = maskings(plain, one);
  const mask = (awaiting: Awaiting, count = 600): Promise<Result<MaskedAnswer>> =>
    aside.aside?.(rows(count), termsFor(), awaiting) ?? assert.fail();
  const caller = (lost: boolean): { readonly awaiting: Awaiting; readonly hangUp: AbortController } => {
    const hangUp = new AbortController();
    return { hangUp, awaiting: { ...never, reply: { signal: hangUp.signal, lost } } };
  };
  const [working, waiting, resuming] = [caller(true), caller(true), caller(false)];
  const answers = [mask(working.awaiting, 20_000), mask(waiting.awaiting), mask(resuming.awaiting)] as const;
  waiting.hangUp.abort();
  const second = await answers[1];
  assert.ok(!second.ok && second.error.code === 'canceled');
  resuming.hangUp.abort();
  working.hangUp.abort();
  const first = await answers[0];
  assert.ok(!first.ok && first.error.code === 'canceled');
  assert.ok((await answers[2]).ok, 'and the next one is masked by another thread');
  const gone = await mask({ ...never, signal: AbortSignal.abort() });
  assert.ok(!gone.ok && gone.error.code === 'canceled');
  for (const { hangUp } of [working, waiting, resuming])
    assert.deepEqual(getEventListeners(hangUp.signal, 'abort'), [], 'nobody listens any more');
  one.close();
});

test('what the thread does not survive, or does not finish, is refused by name; the next one is masked', async () => {
  const small = work({ heapMegabytesMax: 24 });
  const large = await maskings(plain, small).aside.aside?.(rows(30_000), termsFor(), never);
  assert.ok(large && !large.ok && large.error.code === 'too_large');
  const { aside } = maskings(plain, small);
  assert.ok((await aside.aside?.(rows(3), termsFor(), never))?.ok);
  small.close();

  const slow = work({ taskMs: 1 });
  const late = await maskings(plain, slow).aside.aside?.(rows(3), termsFor(), never);
  assert.ok(late && !late.ok && late.error.code === 'too_large');

  const deaf = work({ thread: new URL('data:text/javascript,throw new Error("broken")') });
  const broken = await maskings(plain, deaf).aside.aside?.(rows(3), termsFor(), never);
  assert.ok(broken && !broken.ok && broken.error.code === 'too_large');
});
