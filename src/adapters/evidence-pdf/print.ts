// The report of an evidence package as a PDF for people who file PDFs: a copy for reading, in the standard fonts.
// INVARIANT: the same report gives the same bytes, on any machine: nothing is compressed, and no clock is read.

import PdfDocument from 'pdfkit';
import type { EvidenceReport } from '../../audit/evidence/report.ts';
import type { Table } from '../../audit/evidence/sections.ts';

const ink = '#1c2530';
const soft = '#5a6673';
const line = '#d5dbe1';
const margin = 48;

export async function printReport({ scope, making, sections }: EvidenceReport): Promise<Uint8Array> {
  const info = { Title: `Evidence of ${scope.origin}`, CreationDate: new Date(making.made) };
  const pdf = new PdfDocument({ size: 'A4', layout: 'landscape', margin, info, bufferPages: true, compress: false });
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  printTitle(pdf, { scope, making });
  sections.forEach(({ title, text, tables }, i) => {
    // A heading is not left alone at the foot of a page.
    if (pdf.y > pdf.page.height - margin - 90) pdf.addPage();
    const heading = written(`${i + 1}   ${title}`);
    pdf.moveDown(1.2).font('Helvetica-Bold').fontSize(12).fillColor(ink).text(heading, margin);
    pdf.moveDown(0.4).font('Helvetica').fontSize(9);
    for (const each of text) pdf.text(written(each), { width: 620 }).moveDown(0.3);
    for (const each of tables) printTable(pdf, each);
  });
  numberPages(pdf, scope.origin);
  pdf.end();
  await done;
  return Buffer.concat(chunks);
}

function printTitle(pdf: PDFKit.PDFDocument, { scope, making }: Pick<EvidenceReport, 'scope' | 'making'>): void {
  const { origin, from, to, records, size, root } = scope;
  pdf.font('Helvetica').fontSize(9).fillColor(soft).text('Evidence package');
  const period = written(`${from.slice(0, 10)} to ${to.slice(0, 10)}`);
  pdf.font('Helvetica-Bold').fontSize(20).fillColor(ink).text(period).moveDown(0.4);
  const facts = [
    ['Log', origin],
    ['Records', `${records} in the period, of ${size} in the tree`],
    ['Root of the tree', root],
    ['Made', `${making.made}, by ${making.by}`],
  ] as const;
  pdf.fontSize(9);
  for (const [name, value] of facts) {
    pdf.font('Helvetica').fillColor(soft).text(name, { continued: true, width: 620 });
    pdf.fillColor(ink).text(`   ${written(value)}`);
  }
}

function printTable(pdf: PDFKit.PDFDocument, { title, headings, rows }: Table): void {
  if (title !== '') pdf.moveDown(0.3).font('Helvetica-Bold').fontSize(9).text(written(title), margin).moveDown(0.2);
  pdf.font('Helvetica').fontSize(7.5).fillColor(ink);
  const head = headings.some((each) => each !== '') ? [headings.map(written)] : [];
  const full = rows.map((row) => headings.map((_, i) => written(row[i] ?? '')));
  pdf.table({
    data: [...head, ...full],
    columnStyles: widthsOf([...head, ...full], pdf.page.width - 2 * margin),
    rowStyles: (row: number) => (row < head.length ? { textColor: soft } : {}),
    defaultStyle: { border: [0, 0, 0.5, 0], borderColor: line, padding: [3, 8, 3, 0] },
  });
  pdf.moveDown(0.6).fontSize(9).fillColor(ink);
}

/** Points. A column gets as much as its longest word and its share of the text need; a narrow table stays narrow. */
function widthsOf(rows: readonly (readonly string[])[], room: number): number[] {
  const pointsPerCharacter = 4.1;
  const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? ''));
  const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length), 1);
  const wanted = columns.map((texts) => longest(texts) * pointsPerCharacter + 14);
  const least = columns.map((texts) => longest(texts.flatMap((text) => text.split(/\s/))) * pointsPerCharacter + 14);
  const total = wanted.reduce((sum, each) => sum + each, 0);
  if (total <= room) return wanted;
  const floor = least.map((each) => Math.min(each, room / Math.max(columns.length, 1)));
  const spare = room - floor.reduce((sum, each) => sum + each, 0);
  const lacking = wanted.map((each, column) => Math.sqrt(Math.max(0, each - (floor[column] ?? 0))));
  const lack = lacking.reduce((sum, each) => sum + each, 0) || 1;
  return floor.map((each, column) => each + (spare * (lacking[column] ?? 0)) / lack);
}

function numberPages(pdf: PDFKit.PDFDocument, origin: string): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    pdf.switchToPage(page);
    // Below the margin, where a text would begin another page.
    pdf.page.margins.bottom = 0;
    const place = pdf.page.height - margin + 16;
    pdf.font('Helvetica').fontSize(7.5).fillColor(soft);
    pdf.text(written(`Evidence of ${origin}, not certification`), margin, place, { lineBreak: false });
    const words = `${page - start + 1} / ${count}`;
    pdf.text(words, pdf.page.width - margin - pdf.widthOfString(words), place, { lineBreak: false });
    pdf.page.margins.bottom = margin;
  }
}

/** The standard fonts know Latin-1 and a few marks more. The rest is told by number: two people whose names they lack stay two. */
function written(text: string): string {
  return text.replaceAll(
    /[^\n\u0020-\u007e\u00a0-\u00ff–—‘’“”…]/gu,
    (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
