// The report of an evidence package as a PDF for people who file PDFs: a copy for reading, in the standard fonts, tagged for those who
// have it read to them.
// INVARIANT: the same report gives the same bytes, on any machine: nothing is compressed, and no clock is read.

import PdfDocument from 'pdfkit';
import type { EvidenceReport } from '../../audit/evidence/report.ts';
import { printTable } from './table.ts';
import { ink, margin, soft, written } from './type.ts';

export async function printReport({ scope, making, sections }: EvidenceReport): Promise<Uint8Array> {
  const info = { Title: `Evidence of ${scope.origin}`, CreationDate: new Date(making.made) };
  const pdf = new PdfDocument({
    size: 'A4',
    layout: 'landscape',
    margin,
    info,
    bufferPages: true,
    compress: false,
    pdfVersion: '1.5',
    tagged: true,
    lang: 'en',
    displayTitle: true,
  });
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  const whole = pdf.struct('Document');
  pdf.addStructure(whole);
  printTitle(pdf, whole, { scope, making });
  sections.forEach(({ title, text, tables }, i) => {
    // A heading is not left alone at the foot of a page.
    if (pdf.y > pdf.page.height - margin - 90) pdf.addPage();
    const part = pdf.struct('Sect');
    whole.add(part);
    const heading = written(`${i + 1}   ${title}`);
    pdf.outline.addItem(`${i + 1} ${written(title)}`);
    pdf.moveDown(1.2).font('Helvetica-Bold').fontSize(12).fillColor(ink);
    pdf.text(heading, margin, pdf.y, { structParent: part, structType: 'H2' });
    pdf.moveDown(0.4).font('Helvetica').fontSize(9);
    for (const each of text) pdf.text(written(each), { width: 620, structParent: part, structType: 'P' }).moveDown(0.3);
    for (const each of tables) printTable(pdf, part, each);
    part.end();
  });
  whole.end();
  numberPages(pdf, scope.origin);
  pdf.end();
  await done;
  return Buffer.concat(chunks);
}

function printTitle(
  pdf: PDFKit.PDFDocument,
  whole: PDFKit.PDFStructureElement,
  { scope, making }: Pick<EvidenceReport, 'scope' | 'making'>,
): void {
  const { origin, from, to, records, size, root } = scope;
  const told = { structParent: whole, structType: 'P' };
  pdf.font('Helvetica').fontSize(9).fillColor(soft).text('Evidence package', told);
  const period = written(`${from.slice(0, 10)} to ${to.slice(0, 10)}`);
  pdf.font('Helvetica-Bold').fontSize(20).fillColor(ink);
  pdf.text(period, { structParent: whole, structType: 'H1' }).moveDown(0.4);
  const facts = [
    ['Log', origin],
    ['Records', `${records} in the period, of ${size} in the tree`],
    ['Root of the tree', root],
    ['Made', `${making.made}, by ${making.by}`],
  ] as const;
  pdf.font('Helvetica').fontSize(9);
  for (const [name, value] of facts) {
    const fact = pdf.struct('P');
    whole.add(fact);
    fact.add(() => {
      pdf.fillColor(soft).text(name, { continued: true, width: 620 });
      pdf.fillColor(ink).text(`   ${written(value)}`);
    });
    fact.end();
  }
}

function numberPages(pdf: PDFKit.PDFDocument, origin: string): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    pdf.switchToPage(page);
    // Below the margin, where a text would begin another page.
    pdf.page.margins.bottom = 0;
    const place = pdf.page.height - margin + 16;
    pdf.markContent('Artifact', { type: 'Pagination' });
    pdf.font('Helvetica').fontSize(7.5).fillColor(soft);
    pdf.text(written(`Evidence of ${origin}, not certification`), margin, place, { lineBreak: false });
    const words = `${page - start + 1} / ${count}`;
    pdf.text(words, pdf.page.width - margin - pdf.widthOfString(words), place, { lineBreak: false });
    pdf.endMarkedContent();
    pdf.page.margins.bottom = margin;
  }
}
