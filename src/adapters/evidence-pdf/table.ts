// A table of the print: as wide as its words need, its headings on every page it goes over, and no row cut in two.

import type { Table } from '../../audit/evidence/sections.ts';
import { ink, line, margin, soft, written } from './type.ts';

/** Points. */
const size = 7.5;
const above = 3;
const gutter = 10;

type Row = readonly string[];

interface Layout {
  readonly widths: readonly number[];
  readonly right: readonly boolean[];
}

/** `parent`: the part of the document's structure that it stands in. */
export function printTable(
  pdf: PDFKit.PDFDocument,
  parent: PDFKit.PDFStructureElement,
  { title, headings, rows }: Table,
): void {
  pdf.font('Helvetica').fontSize(size);
  const hasHead = headings.some((each) => each !== '');
  const head = headings.map(written);
  const all = rows.map((row) => headings.map((_, column) => written(row[column] ?? '')));
  const layout = layoutOf(pdf, hasHead ? [head, ...all] : all, all);
  const table = pdf.struct('Table', title === '' ? {} : { title });
  parent.add(table);
  const top = (hasHead ? heightOf(pdf, layout, head) : 0) + heightOf(pdf, layout, all[0] ?? []);
  if (pdf.y + (title === '' ? 0 : 20) + top > footOf(pdf)) pdf.addPage();
  if (title !== '') {
    pdf.moveDown(0.3).font('Helvetica-Bold').fontSize(9).fillColor(ink);
    pdf.text(written(title), margin, pdf.y, { structParent: table, structType: 'Caption' }).moveDown(0.2);
    pdf.font('Helvetica').fontSize(size);
  }
  if (hasHead) printRow(pdf, layout, head, { table, cell: 'TH' });
  for (const row of all) {
    if (pdf.y + heightOf(pdf, layout, row) > footOf(pdf)) {
      pdf.addPage();
      // Said once is enough for whoever has it read to them.
      if (hasHead) printRow(pdf, layout, head, null);
    }
    printRow(pdf, layout, row, { table, cell: 'TD' });
  }
  table.end();
  pdf.x = margin;
  pdf.moveDown(0.6).fontSize(9).fillColor(ink);
}

function footOf(pdf: PDFKit.PDFDocument): number {
  return pdf.page.height - margin;
}

/** `as` null: it is not part of what the document says. */
function printRow(
  pdf: PDFKit.PDFDocument,
  layout: Layout,
  row: Row,
  as: { readonly table: PDFKit.PDFStructureElement; readonly cell: 'TH' | 'TD' } | null,
): void {
  const { widths, right } = layout;
  const y = pdf.y;
  const tall = heightOf(pdf, layout, row);
  const struct = as && pdf.struct('TR');
  if (as && struct) as.table.add(struct);
  else pdf.markContent('Artifact', { type: 'Pagination' });
  pdf.fillColor(as?.cell === 'TD' ? ink : soft);
  let x = margin;
  for (const [column, text] of row.entries()) {
    const width = widths[column] ?? 0;
    const place = x;
    const write = (): void => {
      const align = right[column] ? 'right' : 'left';
      pdf.text(fitting(pdf, text, width - gutter), place, y + above, { width: width - gutter, align });
    };
    if (as && struct) {
      const cell = pdf.struct(as.cell);
      struct.add(cell);
      cell.add(write);
      cell.end();
    } else write();
    x += width;
  }
  if (struct) struct.end();
  else pdf.endMarkedContent();
  pdf.markContent('Artifact', { type: 'Layout' });
  pdf.lineWidth(0.5).strokeColor(line);
  pdf
    .moveTo(margin, y + tall)
    .lineTo(x, y + tall)
    .stroke();
  pdf.endMarkedContent();
  pdf.y = y + tall;
}

function heightOf(pdf: PDFKit.PDFDocument, { widths }: Layout, row: Row): number {
  const heights = row.map((text, column) => {
    const width = (widths[column] ?? 0) - gutter;
    return pdf.heightOfString(fitting(pdf, text, width), { width });
  });
  return Math.max(...heights, 0) + 2 * above;
}

/** What is longer than half a page stands in report.json. */
function fitting(pdf: PDFKit.PDFDocument, text: string, width: number): string {
  const charactersMax = Math.floor((width / size) * 2) * Math.floor(footOf(pdf) / 2 / (1.5 * size));
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;
}

/** A column gets as much as its longest word and its share of the text need; a narrow table stays narrow. */
function layoutOf(pdf: PDFKit.PDFDocument, lines: readonly Row[], body: readonly Row[]): Layout {
  const room = pdf.page.width - 2 * margin;
  const columns = (lines[0] ?? []).map((_, column) => lines.map((row) => row[column] ?? ''));
  const widest = (texts: readonly string[]): number =>
    Math.max(...texts.map((text) => pdf.widthOfString(text)), 0) + gutter + 1;
  const wanted = columns.map(widest);
  const right = columns.map((_, column) => {
    const filled = body.map((row) => row[column] ?? '').filter((each) => each !== '');
    return filled.length > 0 && filled.every((each) => /^\d+$/.test(each));
  });
  const total = wanted.reduce((sum, each) => sum + each, 0);
  if (total <= room) return { widths: wanted, right };
  const least = columns.map((texts) => widest(texts.flatMap((text) => text.split(/\s/))));
  const floor = least.map((each) => Math.min(each, room / Math.max(columns.length, 1)));
  const spare = room - floor.reduce((sum, each) => sum + each, 0);
  const lacking = wanted.map((each, column) => Math.sqrt(Math.max(0, each - (floor[column] ?? 0))));
  const lack = lacking.reduce((sum, each) => sum + each, 0) || 1;
  const widths = floor.map((each, column) => each + (spare * (lacking[column] ?? 0)) / lack);
  return { widths, right };
}
