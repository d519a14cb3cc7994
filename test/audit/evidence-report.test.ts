// What people read of an evidence package: whose acts are counted as whose, what the page shows of names that were made to deceive,
// and that the print leaves nothing out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printReport } from '../../src/adapters/evidence-pdf/print.ts';
import { type Gap, Gaps } from '../../src/audit/evidence/gaps.ts';
import { type EvidenceReport, reportOf } from '../../src/audit/evidence/report.ts';
import type { Section } from '../../src/audit/evidence/sections.ts';
import { Tally } from '../../src/audit/evidence/tally.ts';
import { typeWords } from '../../src/audit/evidence/words.ts';
import { evidencePage } from '../../src/cli/evidence-page.ts';
import { type Entry, type RecordInput, recordTypes } from '../../src/core/record.ts';

const issuer = 'https://idp.test';
const person = (id: string): NonNullable<RecordInput['subject']> => ({ id, issuer, kind: 'person' });

function reportOfRecords(records: readonly RecordInput[]): EvidenceReport {
  const tally = new Tally('seed');
  const time = '2026-11-01T00:00:00.000Z';
  for (const [seq, record] of records.entries()) {
    const entry: Entry = { ...record, v: 1, seq, time };
    tally.see(entry);
  }
  const scope = {
    origin: 'gate.test/log',
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-02T00:00:00.000Z',
    size: records.length,
    root: '',
    before: 0,
    records: records.length,
    after: 0,
    firstTime: time,
    lastTime: time,
    seed: 'seed',
    signatures: ['gate.test/log'],
    policies: [],
    unproven: 0,
  };
  const making = { made: time, by: 'chartgate 0.0.0', recorded: null, patient: null };
  return reportOf(scope, tally.tallies(), making);
}

test('rows are of whoever has the session, also where others decided about it or read it meanwhile', () => {
  const [session, request] = ['s_1', 'r_1'];
  const end: RecordInput = {
    type: 'request.end',
    session,
    request,
    data: { status: 'ok', rows: 7, masked: { ssn: 2 } },
  };
  const { tallies } = reportOfRecords([
    { type: 'session.start', session, subject: person('cora'), data: { door: 'postgres', method: 'jwt' } },
    { type: 'request', session, request, subject: person('cora'), data: { effect: 'allow', rule: 'a' } },
    { type: 'approval.decided', session, approval: 'a_1', subject: person('pia'), data: { effect: 'approve' } },
    end,
    { type: 'audit.read', session, subject: person('augusto'), data: { what: 'replay' } },
    end,
  ]);
  const { [`cora (${issuer})`]: cora, [`pia (${issuer})`]: pia, [`augusto (${issuer})`]: augusto } = tallies.identities;
  assert.deepEqual(cora, { allow: 1, 'masked values': 4, requests: 1, rows: 14, sessions: 1 });
  assert.deepEqual([pia, augusto], [{ 'listed acts': 1 }, { 'readings of the log': 1 }]);
});

const at = (minute: number): string => `2026-11-01T00:${String(minute).padStart(2, '0')}:00.000Z`;

/** Minutes past the hour, and what was recorded then. */
function gapsOf(records: readonly (readonly [number, RecordInput])[], first = 0): readonly Gap[] {
  const gaps = new Gaps();
  for (const [place, [minute, record]] of records.entries())
    gaps.see({ ...record, v: 1, seq: first + place, time: at(minute) });
  return gaps.found;
}

const began: RecordInput = { type: 'node.start', data: { closed: 0 } };
const asked: RecordInput = { type: 'request', session: 's_1', request: 'r_1', subject: person('ana'), data: {} };
const unknown: RecordInput = { type: 'outcome_unknown', session: 's_1', request: 'r_1', data: { reason: 'crash' } };
const ended: RecordInput = { type: 'session.end', session: 's_1', data: { reason: 'crash' } };

test('the gate was away from its last record on, not from what the next start wrote of it', () => {
  assert.deepEqual(
    gapsOf([
      [0, began],
      [1, asked],
      [30, unknown],
      [30, ended],
      [30, began],
    ]),
    [{ from: at(1), to: at(30), how: 'not stopped in order' }],
  );
  const replaced: RecordInput = { type: 'key.replaced', data: { keys: 4 } };
  const renewed: RecordInput = { type: 'key.added', data: {} };
  assert.deepEqual(
    gapsOf([
      [0, began],
      [1, { type: 'node.stop' }],
      [20, replaced],
      [29, renewed],
      [30, began],
    ]),
    [{ from: at(1), to: at(30), how: 'stopped' }],
  );
  const rotated: RecordInput = { type: 'key.added', subject: person('op'), data: {} };
  assert.deepEqual(
    gapsOf([
      [0, began],
      [1, asked],
      [5, rotated],
      [30, began],
    ]),
    [{ from: at(5), to: at(30), how: 'not stopped in order' }],
  );
});

test('with its first run a log begins, and a period may begin while the gate was away', () => {
  assert.deepEqual(
    gapsOf([
      [0, began],
      [1, asked],
    ]),
    [],
  );
  assert.deepEqual(
    gapsOf([
      [0, { type: 'key.added', data: {} }],
      [0, began],
      [1, asked],
    ]),
    [],
  );
  assert.deepEqual(
    gapsOf(
      [
        [30, unknown],
        [30, began],
      ],
      7,
    ),
    [{ from: null, to: at(30), how: 'not in the period' }],
  );
});

test('of an emergency, a hold and a refusal it is said which, and of whom or why', () => {
  const [opened, closed, held, released, refused] = [
    { type: 'break_glass.opened', subject: person('cora'), data: { break_glass: 'b_1', until: at(9) } },
    { type: 'break_glass.ended', data: { break_glass: 'b_1', reason: 'time' } },
    { type: 'retention.held', subject: person('augusto'), data: { hold: 'h_1', kind: 'subject', target: 'ana' } },
    { type: 'retention.released', subject: person('augusto'), data: { hold: 'h_1', kind: 'subject', target: 'ana' } },
    {
      type: 'approval.refused',
      approval: 'a_1',
      subject: person('ana'),
      data: { effect: 'approve', code: 'own_request' },
    },
  ] as const satisfies readonly RecordInput[];
  const { lists } = reportOfRecords([opened, closed, held, released, refused]).tallies;
  assert.deepEqual(
    [...lists.emergencies, ...lists.retention, ...lists.approvals].map(({ says }) => says),
    [
      `break_glass b_1, until ${at(9)}`,
      'break_glass b_1, reason time',
      'hold h_1, kind subject, target ana',
      'hold h_1, kind subject, target ana',
      'a_1, effect approve, code own_request',
    ],
  );
});

test('an emergency that nobody has reviewed in the period is named, whether its time is over or not', () => {
  const of = (type: RecordInput['type'], id: string): RecordInput => ({ type, data: { break_glass: id } });
  const report = (...records: RecordInput[]): string =>
    evidencePage(reportOfRecords([of('break_glass.opened', 'b_1'), of('break_glass.opened', 'b_2'), ...records]));
  const one = report(
    of('break_glass.refused', 'b_2'),
    of('break_glass.overdue', 'b_2'),
    of('break_glass.reviewed', 'b_1'),
  );
  assert.match(one, /2 opened, 1 reviewed, 1 not reviewed in time\./);
  assert.match(one, /Opened in this period, and not reviewed in it: b_2\./);
  const earlier = of('break_glass.reviewed', 'b_0');
  assert.match(report(earlier), /not reviewed in it: b_1, b_2\./);
  assert.doesNotMatch(
    report(of('break_glass.reviewed', 'b_1'), of('break_glass.reviewed', 'b_2')),
    /not reviewed in it/,
  );
});

const deceivers = ['ana', '\u0430na', 'an\u200ba', '\u202eana', 'ana\u00a0', 'a\u0301na', 'Мария', '<img src=x>'];

test('two names that are not the same are not shown the same; a name in its own script stays what it is', () => {
  const report = reportOfRecords(
    deceivers.map((id) => ({ type: 'session.start', session: `s_${id}`, subject: person(id), data: {} })),
  );
  const page = evidencePage(report);
  assert.doesNotMatch(page, /[\p{Cf}\u00a0]|<img/u);
  for (const shown of [
    '>ana (',
    '\\u{430}na (',
    'an\\u{200b}a (',
    '\\u{202e}ana (',
    'ana\\u{a0} (',
    'Мария (',
    '&#60;img',
  ])
    assert.ok(page.includes(shown), shown);
});

test('every heading and every table says what it is to whoever does not see it', () => {
  const report = reportOfRecords(recordTypes.map((type) => ({ type, subject: person('ana'), data: { what: type } })));
  const page = evidencePage(report);
  const count = (pattern: RegExp): number => page.match(pattern)?.length ?? 0;
  assert.equal(count(/<table/g), count(/role="region" aria-label="[^"]+" tabindex="0"><table/g));
  assert.equal(count(/<th[ >]/g), count(/<th scope="(?:col|row)"/g));
  assert.equal(count(/<section aria-labelledby="s\d+">/g), report.sections.length);
  assert.equal(count(/<main>/g), 1);
  assert.equal(count(/<th[^>]*><\/th>/g), 0);
  for (const type of recordTypes) assert.ok(page.includes(typeWords[type]), type);
});

/** What is written in a PDF whose streams are not compressed, without blanks. */
function wordsIn(pdf: Uint8Array): string {
  const marks: string[] = [];
  for (const [, shown = ''] of Buffer.from(pdf)
    .toString('latin1')
    .matchAll(/\[([^\]]*)\] TJ/g))
    for (const [, hex = ''] of shown.matchAll(/<([0-9a-f]+)>/g)) marks.push(Buffer.from(hex, 'hex').toString('latin1'));
  return marks.join('').replaceAll(/\s/g, '');
}

test('the print has every word of every table, its headings on each page it goes over, and a structure that can be read aloud', async () => {
  const long = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
  const rows = Array.from({ length: 120 }, (_, i) => [String(i), `${i} ${long}`, 'x'.repeat(90)]);
  const headings = ['number', 'first-heading', 'second-heading'];
  const section: Section = { title: 'Long', text: ['Some text.'], tables: [{ title: 'Rows', headings, rows }] };
  const report = { ...reportOfRecords([{ type: 'node.start' }]), sections: [section] };
  const pdf = await printReport(report);
  assert.deepEqual(pdf, await printReport(report));
  const words = wordsIn(pdf);
  for (const row of rows) for (const cell of row) assert.ok(words.includes(cell.replaceAll(/\s/g, '')), cell);
  const source = Buffer.from(pdf).toString('latin1');
  const pages = source.match(/\/Type \/Page\n/g)?.length ?? 0;
  assert.ok(pages > 5);
  assert.equal(words.split('first-heading').length - 1, pages);
  assert.match(source, /\/Marked true/);
  assert.match(source, /\/Lang \(en\)/);
  assert.equal(source.match(/\/S \/TH\b/g)?.length, headings.length);
  assert.equal(source.match(/\/S \/TR\b/g)?.length, rows.length + 1);
});
