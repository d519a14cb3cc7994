// Scores the detectors on labelled text (per class: precision, recall, leak; a fifth of every file is held out, for nobody to
// tune by), and prints their speed and their growth on adversarial input, in CPU time.
// `node bench/detect.ts [file.jsonl … | test/golden/phi/*.txt]`, or CHARTGATE_DATA=<directory>; CHARTGATE_SHOW=<label> prints what was missed of it in
// the part to tune by, `clean` what was touched for nothing.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { detect } from '../src/masking/detect.ts';
import { readMarked } from '../test/golden/marked-text.ts';

interface Labelled {
  readonly id?: string;
  readonly text: string;
  /** Offsets count code points. */
  readonly spans: readonly {
    readonly start: number;
    readonly end: number;
    readonly type: string;
    readonly required: boolean;
  }[];
}

/** Units of letters and digits, and of spans. */
interface Tally {
  chars: number;
  hit: number;
  spans: number;
  whole: number;
}

const show = process.env['CHARTGATE_SHOW'];

function read(file: string): readonly Labelled[] {
  if (file.endsWith('.txt')) return readMarked(file);
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line): Labelled => JSON.parse(line));
}

/** Decided by the document alone, so that it stays held out whatever else is in the file. */
function isHeldOut({ id, text }: Labelled): boolean {
  return (
    createHash('sha256')
      .update(id ?? text)
      .digest()
      .readUInt8(0) < 51
  );
}

function score(title: string, documents: readonly Labelled[], shown: string | undefined): void {
  const byLabel = new Map<string, Tally>();
  const byClass = new Map<string, Tally>();
  let [clean, touched, maskedOutside, outside] = [0, 0, 0, 0];
  for (const { text, spans } of documents) {
    const found = detect(text, true);
    const masked = new Uint8Array(text.length);
    for (const span of found) masked.fill(1, span.start, span.end);
    const at = unitOffsets(text);
    const labelled = new Uint8Array(text.length);
    for (const span of spans) {
      const [start, end] = [at[span.start] ?? text.length, at[span.end] ?? text.length];
      labelled.fill(1, start, end);
      if (!span.required) continue;
      const isWhole = count(byLabel, span.type, text, start, end, masked);
      if (!isWhole && shown === span.type) console.log(`  missed: ${text.slice(Math.max(0, start - 40), end + 20)}`);
    }
    for (const span of found) count(byClass, span.type, text, span.start, span.end, labelled);
    for (let unit = 0; unit < text.length; unit++) {
      if (labelled[unit] === 1) continue;
      outside++;
      maskedOutside += masked[unit] ?? 0;
    }
    if (spans.some((span) => span.required)) continue;
    clean++;
    if (found.length === 0) continue;
    touched++;
    if (shown === 'clean') {
      console.log(`  touched: ${text} → ${found.map((span) => text.slice(span.start, span.end)).join(' | ')}`);
    }
  }
  console.log(title);
  for (const [type, { chars, hit, spans, whole }] of sorted(byLabel)) {
    console.log(
      `  ${type.padEnd(12)} recall ${percent(whole, spans, 1)}  leak ${percent(chars - hit, chars, 2)}  (${spans})`,
    );
  }
  const precision = sorted(byClass).map(([type, { chars, hit }]) => `${type} ${percent(hit, chars, 1).trim()}`);
  console.log(`  precision    ${precision.join(', ')}`);
  const [chars, hit] = [total(byLabel, 'chars'), total(byLabel, 'hit')];
  console.log(
    `  all          leak ${percent(chars - hit, chars, 2).trim()}; clean texts touched ${touched} of ${clean}; ` +
      `unlabelled characters masked ${percent(maskedOutside, outside, 2).trim()}`,
  );
}

/** Offset in UTF-16 units of every code point. */
function unitOffsets(text: string): readonly number[] {
  const offsets: number[] = [];
  let unit = 0;
  for (const point of text) {
    offsets.push(unit);
    unit += point.length;
  }
  return offsets;
}

/** Whether all letters and digits of the place lie where `marks` is set. */
function count(
  tallies: Map<string, Tally>,
  type: string,
  text: string,
  start: number,
  end: number,
  marks: Uint8Array,
): boolean {
  const tally = tallies.get(type) ?? { chars: 0, hit: 0, spans: 0, whole: 0 };
  tallies.set(type, tally);
  let left = 0;
  for (let at = start; at < end; at++) {
    if (!/[\p{L}\p{N}]/u.test(text.charAt(at))) continue;
    tally.chars++;
    if (marks[at] === 1) tally.hit++;
    else left++;
  }
  tally.spans++;
  if (left === 0) tally.whole++;
  return left === 0;
}

function sorted(tallies: ReadonlyMap<string, Tally>): readonly (readonly [string, Tally])[] {
  return [...tallies].sort(([, a], [, b]) => b.chars - a.chars);
}

function total(tallies: ReadonlyMap<string, Tally>, of: 'chars' | 'hit'): number {
  return [...tallies.values()].reduce((sum, tally) => sum + tally[of], 0);
}

function percent(part: number, whole: number, digits: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(digits).padStart(6)} %`;
}

/** Notes as a clinic writes them: a head with who it is about, then pages that name nobody. */
function notes(): string {
  const pages = [
    'HISTORY OF PRESENT ILLNESS: 62-year-old woman with type 2 diabetes mellitus (E11.9), hypertension and stage 3a chronic kidney disease ' +
      'who comes for routine follow-up. She reports good adherence and checks fingersticks twice a day, mostly 110-160 mg/dL. No chest pain, ' +
      'dyspnea, orthopnea or edema. She walks thirty minutes most days and has stopped smoking. Sleep is fair; appetite is good.\n',
    'Vitals: BP 132/84, HR 72, RR 16, SpO2 98 % on room air, temp 98.6 F, weight 81.4 kg, BMI 29.1.\n' +
      'Labs: HbA1c 7.9 % (LOINC 4548-4), creatinine 1.3 mg/dL, eGFR 54 mL/min/1.73 m2, LDL 88, K 4.4, Na 139, TSH 2.1, WBC 6.8.\n',
    'Physical exam: Well developed, in no acute distress. Heart regular, no murmurs. Lungs clear to auscultation bilaterally. Abdomen soft, ' +
      'non-tender, bowel sounds present. Extremities without edema; monofilament intact. Skin: no rashes. Neuro: alert and oriented, gait steady.\n',
    'Assessment and plan:\n1. Diabetes: continue metformin 500 mg twice daily, start empagliflozin 10 mg daily. Recheck in 3 months.\n' +
      '2. Hypertension: at goal on lisinopril 20 mg; continue. 3. CKD: avoid NSAIDs; repeat urine albumin in six months.\n' +
      '4. Preventive care: influenza vaccine given in the left deltoid, lot on file; colonoscopy up to date; Foot exam done.\n',
    'Return precautions were discussed and the patient voiced understanding. Medications were reconciled, and the list was printed. The nurse ' +
      'reviewed inhaler technique and hypoglycemia. Referred to nutrition and to the eye clinic for the yearly dilated exam.\n',
  ];
  const head =
    'Patient: Ngozi Adeyemi, MRN 4471902, DOB 04/08/1961. Seen on 03/14/2024 by Dr. Okafor, phone 617-555-0142.\n';
  // One flat string, as text comes off a wire.
  return Buffer.from((head + pages.join('').repeat(5)).repeat(120)).toString();
}

function cpuMs(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

function speed(): void {
  const text = notes();
  for (let warm = 0; warm < 6; warm++) detect(text, true);
  const runs = Array.from({ length: 9 }, () => cpuMs(() => detect(text, true))).sort((a, b) => a - b);
  const rate = (ms: number | undefined): string => (text.length / 1000 / (ms ?? Number.NaN)).toFixed(1);
  console.log(
    `speed: ${rate(runs[4])} MB/s a core over clinical notes (warm, median of 9; ${rate(runs[8])} to ${rate(runs[0])})`,
  );
  const values = ['Wegovy', 'metformin 500 mg', '2024-03-14', 'active', 'CBC with differential', '4471902', 'true'];
  const all = (): void => {
    for (let at = 0; at < 70_000; at++) detect(values[at % values.length] ?? '');
  };
  all();
  console.log(`short values, as the cells of a table: ${((1000 * cpuMs(all)) / 70_000).toFixed(1)} µs each`);
  console.log('growth, CPU time for 100 kB and for four times as much:');
  for (const unit of hostile) {
    const [small, large] = [1, 4].map((factor) => {
      const repeated = unit.repeat((factor * 100_000) / unit.length);
      return Math.min(...[1, 2].map(() => cpuMs(() => detect(repeated, true))));
    });
    console.log(
      `  ${JSON.stringify(unit.length > 12 ? `${unit.slice(0, 12)}…` : unit).padEnd(18)} ${small?.toFixed(0).padStart(4)} ms ${large?.toFixed(0).padStart(5)} ms`,
    );
  }
}

const hostile = (
  '1|a@|1-|1 |1. |A |Aa |a|\'"|("|1.|:|(1) |St. Aa |mrn |12 Aa |[|*|www.|a-|Dr. |é|\u200b|March |Hospital |' +
  `${'x'.repeat(50_000)}|${'9'.repeat(5000)}`
).split('|');

const named = process.argv.slice(2);
const directory = process.env['CHARTGATE_DATA'];
const found =
  directory !== undefined && existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => name.endsWith('.jsonl'))
        .map((name) => join(directory, name))
    : [];
const files = named.length > 0 ? named : found;
if (files.length === 0) console.log('no labelled files: give paths, or set CHARTGATE_DATA to their directory');
for (const file of files) {
  const documents = read(file);
  score(
    `${basename(file)}, to tune by`,
    documents.filter((each) => !isHeldOut(each)),
    show,
  );
  score(`${basename(file)}, held out`, documents.filter(isHeldOut), undefined);
}
if (show === undefined) speed();
