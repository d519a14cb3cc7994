// The report of an evidence package as a PDF for people who file PDFs: a copy for reading, in the standard fonts.
// What is verified is the report itself.

import PdfDocument from 'pdfkit';
import type { EvidenceReport, Table } from '../../audit/evidence/report.ts';

export async function printReport({ scope, making, sections }: EvidenceReport): Promise<Uint8Array> {
  const info = { Title: `Evidence of ${scope.origin}`, CreationDate: new Date(making.made) };
  const pdf = new PdfDocument({ size: 'A4', layout: 'landscape', margin: 42, info });
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  pdf
    .font('Helvetica-Bold')
    .fontSize(16)
    .text(written(`Evidence of ${scope.origin}`));
  sections.forEach(({ title, text, tables }, i) => {
    pdf
      .moveDown()
      .font('Helvetica-Bold')
      .fontSize(12)
      .text(written(`${i + 1}. ${title}`));
    pdf.moveDown(0.3).font('Helvetica').fontSize(9);
    for (const each of text) pdf.text(written(each)).moveDown(0.3);
    for (const each of tables) printTable(pdf, each);
  });
  pdf.end();
  await done;
  return Buffer.concat(chunks);
}

function printTable(pdf: PDFKit.PDFDocument, { title, headings, rows }: Table): void {
  if (title !== '') pdf.font('Helvetica-Bold').fontSize(9).text(written(title)).moveDown(0.2);
  pdf.font('Helvetica').fontSize(7);
  const head = headings.some((each) => each !== '') ? headings.map(written) : [];
  const full = rows.map((row) => headings.map((_, i) => written(row[i] ?? '')));
  pdf.table({
    data: head.length === 0 ? full : [head, ...full],
    defaultStyle: { border: 0.5, borderColor: '#bbb', padding: 2 },
  });
  pdf.moveDown(0.5).fontSize(9);
}

/** The standard fonts know Latin-1 and a few marks more: what they do not know is shown as a question mark. */
function written(text: string): string {
  return text.replaceAll(/[^\n\u0020-\u007e\u00a0-\u00ff–—‘’“”…]/gu, '?');
}
