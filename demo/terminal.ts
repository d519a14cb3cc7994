// What the demo says and how: narration on stdout, progress of slow steps on stderr, colour only on a terminal.

import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

function paint(format: Format, text: string): string {
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(format, text) : text;
}

let hushed = false;

/** From here on nothing more is narrated: what is still under way would speak of parts that are being stopped. */
export function hush(): void {
  hushed = true;
}

export function say(line = ''): void {
  if (!hushed) process.stdout.write(`${line}\n`);
}

export function heading(text: string): void {
  say(`\n${paint('bold', text)}`);
}

/** What somebody does, as they would type it. */
export function act(who: string, what: string): void {
  say(`  ${paint('cyan', who)} ${paint('dim', '›')} ${what}`);
}

/** What came back. */
export function answer(text: string): void {
  for (const line of text.trimEnd().split('\n')) say(`    ${paint('dim', '│')} ${line}`);
}

export function proven(text: string): void {
  say(`  ${paint('green', '✓')} ${text}`);
}

export function failed(text: string): void {
  say(`  ${paint('red', '✗')} ${text}`);
}

/** Runs a step that may be slow, and says so while it lasts. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  process.stderr.write(`  ${what} …\n`);
  const timer = setInterval(() => process.stderr.write(`    still at it, ${seconds(started)}\n`), 5_000);
  try {
    const result = await work();
    process.stderr.write(`    done in ${seconds(started)}\n`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** Rows as a small table. */
export function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
