// Rows at the limit of a message, where one byte more or less is what a protected value says: whoever does not see the value is
// answered alike, byte by byte, in every protocol and format. What is shown counts as before.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import { decodeNoticeFields } from '../../src/wire/postgres/error-fields.ts';
import { encodeSync } from '../../src/wire/postgres/extended.ts';
import type { Frame } from '../../src/wire/postgres/frame.ts';
import { encodeQuery } from '../../src/wire/postgres/query.ts';
import { decodeDataRow } from '../../src/wire/postgres/rows.ts';
import { type Clinic, type Gate, startClinic } from '../parts/clinic.ts';
import { bind, execute, parse } from '../parts/extended-messages.ts';
import { signedInAt } from '../parts/scripted-postgres.ts';

const bytesMax = limits.backendMessageBytesMax;

let clinic: Clinic;
let gate: Gate;
before(async () => {
  clinic = await startClinic();
  await clinic.postgres.query(
    'ehr',
    `CREATE TABLE fillers (filler text, octets bytea);
     ALTER TABLE fillers ALTER filler SET STORAGE EXTERNAL, ALTER octets SET STORAGE EXTERNAL;
     INSERT INTO fillers VALUES (repeat('x', 40000000), repeat('x', 40000000)::bytea);
     GRANT SELECT ON fillers TO gate;`,
  );
  await clinic.writeConfig((config) =>
    config.replace(
      'public.wards.label: clear',
      'public.wards.label: clear\n      public.fillers.filler: clear\n      public.fillers.octets: clear',
    ),
  );
  gate = await clinic.startGate();
});
after(() => clinic.stop());

async function ask(person: string, messages: Buffer): Promise<Frame[]> {
  const peer = await signedInAt(clinic, person, {});
  try {
    peer.send(messages);
    const frames: Frame[] = [];
    for (let frame = await peer.receive(); frame; frame = await peer.receive()) {
      frames.push(frame);
      if (letterOf(frame) === 'Z') break;
    }
    return frames;
  } finally {
    peer.close();
  }
}

function letterOf({ type }: Frame): string {
  return String.fromCharCode(type);
}

const lettersOf = (frames: readonly Frame[]): string => frames.map(letterOf).join('');
const bytesOf = (frames: readonly Frame[]): Buffer => Buffer.concat(frames.map(({ whole }) => whole));

function errorOf(frames: readonly Frame[]): string {
  const failed = frames.find((frame) => letterOf(frame) === 'E');
  return failed ? (decodeNoticeFields(failed.body).get('M') ?? '') : '';
}

function extended(format: 0 | 1) {
  return (statement: string): Buffer =>
    Buffer.concat([parse(statement), bind('', '', [], format), execute(), encodeSync()]);
}

function copied(format: string) {
  return (statement: string): Buffer => encodeQuery(`COPY (${statement}) TO STDOUT (FORMAT ${format})`);
}

const ways = {
  'the simple protocol': encodeQuery,
  'the extended protocol': extended(0),
  'binary format': extended(1),
  'a cursor of SQL': (statement: string) =>
    encodeQuery(`BEGIN; DECLARE c CURSOR FOR ${statement}; FETCH ALL FROM c; COMMIT`),
  'a portal, a row at a time': (statement: string) =>
    Buffer.concat([parse(statement), bind(), execute('', 1), execute('', 1), encodeSync()]),
  'COPY in text': copied('text'),
  'COPY in csv': copied('csv'),
  'COPY in binary': copied('binary'),
} as const;

interface Question {
  /** With so much before it, a value that is longer where the guess is wrong. */
  readonly value: (pad: number, guess: string) => string;
  readonly by: readonly (keyof typeof ways)[];
}

const every = Object.keys(ways) as (keyof typeof ways)[];

const questions: Readonly<Record<string, Question>> = {
  text: { value: (pad, guess) => `left(filler, ${pad}) || starts_with(first, '${guess}')::text`, by: every },
  json: {
    value: (pad, guess) =>
      `json_build_object('a', left(filler, ${pad}) || starts_with(first, '${guess}')::text, 'id', p.id)`,
    by: ['the simple protocol', 'COPY in csv'],
  },
  jsonb: {
    value: (pad, guess) =>
      `jsonb_build_object('id', p.id, 'a', left(filler, ${pad}) || starts_with(first, '${guess}')::text)`,
    by: ['binary format', 'COPY in binary'],
  },
  'beside every other column': {
    value: (pad, guess) =>
      `p, left(filler, ${pad}) || starts_with(first, '${guess}')::text, p.*, to_jsonb(p), ARRAY[first]`,
    by: ['binary format', 'COPY in text'],
  },
};

/** The padding with which the longest message of a right guess is as long as one may be. */
async function padFor(value: Question['value'], asked: (statement: string) => Buffer): Promise<number> {
  const short = 100_000;
  const frames = await ask('dora', asked(statementOf(value(short, 'Zeb'))));
  return bytesMax - Math.max(...frames.map(({ whole }) => whole.length)) + short;
}

function statementOf(value: string): string {
  return `SELECT ${value} FROM patients p, fillers WHERE p.id = 1`;
}

describe('a guess at the limit', () => {
  for (const [what, { value, by }] of Object.entries(questions)) {
    for (const way of by) {
      it(`${what}, by ${way}`, async () => {
        const asked = ways[way];
        const pad = await padFor(value, asked);
        const right = await ask('ana', asked(statementOf(value(pad, 'Zeb'))));
        const wrong = await ask('ana', asked(statementOf(value(pad, 'Zab'))));
        assert.equal(errorOf(wrong), '');
        assert.equal(lettersOf(wrong), lettersOf(right));
        assert.ok(bytesOf(wrong).equals(bytesOf(right)));
      });
    }
  }
});

/** The most memory the gate has had resident, bytes. */
async function residentBytesMost(): Promise<number> {
  const status = await readFile(`/proc/${gate.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

describe('beyond the limit', () => {
  it('a value of 800 MB is not held where its mask does not look at it', async () => {
    const frames = await ask(
      'ana',
      encodeQuery('SELECT id, repeat(filler, 20) || first FROM patients, fillers WHERE id = 1'),
    );
    assert.equal(lettersOf(frames), 'TDCZ');
    assert.deepEqual(decodeDataRow(frames[1]?.body ?? assert.fail()).map(String), ['1', '[MASKED]']);
    const most = await residentBytesMost();
    assert.ok(most < 1e9, `${most} bytes`);
  });

  it('what is shown counts, and the refusal tells of nothing else', async () => {
    for (const asked of [extended(1), copied('csv'), copied('binary')]) {
      const [right, wrong] = await Promise.all(
        ['Zeb', 'Zab'].map((guess) =>
          ask(
            'ana',
            asked(
              `SELECT left(filler, ${bytesMax}), filler || starts_with(first, '${guess}') FROM patients, fillers WHERE id = 1`,
            ),
          ),
        ),
      );
      assert.match(
        errorOf(right ?? []),
        /^A message of type "[Dd]" has more than 33554432 bytes besides what is masked/,
      );
      assert.ok(bytesOf(right ?? []).equals(bytesOf(wrong ?? [])));
    }
  });

  it('a row that is shown is as long as the limit lets it be, beside one that is not', async () => {
    const shown = bytesMax - 1_000;
    const statement = `SELECT substr(octets, 1, ${shown}), filler || first FROM patients, fillers WHERE id = 1`;
    const row = (await ask('ana', extended(1)(statement))).find((frame) => letterOf(frame) === 'D');
    assert.deepEqual(
      decodeDataRow(row?.body ?? assert.fail()).map((each) => each?.length),
      [shown, '[MASKED]'.length],
    );
  });

  it('an error that quotes a long value is told without it, and the session goes on', async () => {
    const frames = await ask('ana', encodeQuery('SELECT filler::int, first FROM patients, fillers WHERE id = 1'));
    assert.match(lettersOf(frames), /^T?EZ$/);
    assert.equal(errorOf(frames), 'invalid text representation (details withheld)');
  });
});
