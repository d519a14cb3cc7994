// Scores the detectors on labelled text (per class: recall, leak; and how much was masked that need not be), and prints
// their speed and their growth on adversarial input. `node bench/detect.ts [file.jsonl …]`, or CHARTGATE_DATA=<directory>.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { detect } from '../src/masking/detect.ts';

interface Labelled {
  readonly text: string;
  readonly spans: readonly {
    readonly start: number;
    readonly end: number;
    readonly type: string;
    readonly required: boolean;
  }[];
}

function read(file: string): readonly Labelled[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line): Labelled => JSON.parse(line));
}

function score(file: string): void {
  const show = process.env['CHARTGATE_SHOW'];
  const byType = new Map<string, { chars: number; left: number; spans: number; whole: number }>();
  let [clean, touched, maskedOutside, outside] = [0, 0, 0, 0];
  for (const document of read(file)) {
    // Labels count code points, spans UTF-16 units.
    const points = Array.from(document.text);
    const masked = new Uint8Array(document.text.length);
    for (const span of detect(document.text)) masked.fill(1, span.start, span.end);
    const units: number[] = [];
    let unit = 0;
    for (const point of points) {
      units.push(unit);
      unit += point.length;
    }
    const labelled = new Uint8Array(points.length);
    for (const span of document.spans) {
      labelled.fill(1, span.start, span.end);
      if (!span.required) continue;
      const tally = byType.get(span.type) ?? { chars: 0, left: 0, spans: 0, whole: 0 };
      let left = 0;
      for (let at = span.start; at < span.end; at++) {
        if (!/[\p{L}\p{N}]/u.test(points[at] ?? '')) continue;
        tally.chars++;
        if (masked[units[at] ?? 0] === 0) left++;
      }
      tally.left += left;
      tally.spans++;
      if (left === 0) tally.whole++;
      byType.set(span.type, tally);
      if (left > 0 && show === span.type) {
        console.log(`  missed: ${points.slice(Math.max(0, span.start - 40), span.end + 20).join('')}`);
      }
    }
    points.forEach((_point, at) => {
      if (labelled[at] === 1) return;
      outside++;
      maskedOutside += masked[units[at] ?? 0] ?? 0;
    });
    if (document.spans.every((span) => !span.required)) {
      clean++;
      if (masked.includes(1)) {
        touched++;
        if (show === 'clean')
          console.log(
            `  touched: ${document.text} ${detect(document.text)
              .map((s) => document.text.slice(s.start, s.end))
              .join('|')}`,
          );
      }
    }
  }
  console.log(basename(file));
  let [chars, left] = [0, 0];
  for (const [type, tally] of [...byType].sort(([, a], [, b]) => b.chars - a.chars)) {
    chars += tally.chars;
    left += tally.left;
    const recall = ((100 * tally.whole) / tally.spans).toFixed(1);
    console.log(
      `  ${type.padEnd(12)} recall ${recall.padStart(5)} %  leak ${((100 * tally.left) / tally.chars).toFixed(2).padStart(6)} %  (${tally.spans})`,
    );
  }
  console.log(
    `  all          leak ${((100 * left) / Math.max(1, chars)).toFixed(2)} %; clean texts touched ${touched} of ${clean}; unlabelled characters masked ${((100 * maskedOutside) / outside).toFixed(2)} %`,
  );
}

function speed(): void {
  const line =
    'Assessment: 62-year-old with type 2 diabetes (E11.9), BP 132/84, HbA1c 7.9 % (LOINC 4548-4). Continue metformin 500 mg twice daily, ' +
    'start lisinopril 10 mg; recheck in 3 months. No chest pain, no dyspnea; lungs clear to auscultation. ';
  const text = `${`${line}\n`.repeat(40)}Seen on 03/14/2024 by Dr. Okafor, MRN 4471902, phone 617-555-0142.\n`.repeat(
    100,
  );
  detect(text);
  const started = performance.now();
  detect(text);
  const seconds = (performance.now() - started) / 1000;
  console.log(`speed: ${(text.length / 1e6 / seconds).toFixed(1)} MB/s over clinical text`);
  for (const unit of [
    '1',
    'a@',
    '1-',
    'A ',
    'Aa ',
    '\'"',
    '1.',
    ':',
    '(1) ',
    'St. Aa ',
    'mrn ',
    '12 Aa ',
    '[',
    '*',
    'www.',
    'a-',
    'Dr. ',
  ]) {
    const times = [1, 4].map((factor) => {
      const hostile = unit.repeat((factor * 50_000) / unit.length);
      const from = performance.now();
      detect(hostile);
      return performance.now() - from;
    });
    console.log(
      `  ${JSON.stringify(unit).padEnd(10)} 50 kB ${times[0]?.toFixed(0)} ms, 200 kB ${times[1]?.toFixed(0)} ms`,
    );
  }
}

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
for (const file of files) score(file);
if (process.env['CHARTGATE_SHOW'] === undefined) speed();
