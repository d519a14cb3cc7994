// The report of an evidence package as one page of HTML: no script, nothing from elsewhere, and it prints well. The verifier
// makes it again and compares, so it depends on nothing but the report.

import type { EvidenceReport, Section, Table } from '../audit/evidence/report.ts';
import { escapeHtml } from '../wire/http/page.ts';

const style = `body{font:0.95rem/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-top:1px solid #999;padding-top:.75rem}h3{font-size:1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;font-size:.85rem}
th,td{min-width:4.5rem;border:1px solid #bbb;padding:.25rem .4rem;text-align:left;vertical-align:top}th{background:#eee}
@media print{body{max-width:none;margin:0;font-size:9pt}h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}}`;

export function evidencePage({ scope, sections }: EvidenceReport): string {
  const contents = sections.map(({ title }, i) => `<li><a href="#s${i + 1}">${escapeHtml(title)}</a></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Evidence of ${escapeHtml(scope.origin)}</title>
<style>${style}</style>
</head>
<body>
<h1>Evidence of ${escapeHtml(scope.origin)}, ${escapeHtml(scope.from.slice(0, 10))} to ${escapeHtml(scope.to.slice(0, 10))}</h1>
<ol>
${contents.join('\n')}
</ol>
${sections.map(sectionHtml).join('\n')}
</body>
</html>
`;
}

function sectionHtml({ title, text, tables }: Section, i: number): string {
  const paragraphs = text.map((each) => `<p>${escapeHtml(each)}</p>`);
  return [`<h2 id="s${i + 1}">${i + 1}. ${escapeHtml(title)}</h2>`, ...paragraphs, ...tables.map(tableHtml)].join('\n');
}

function tableHtml({ title, headings, rows }: Table): string {
  const cells = (row: readonly string[], tag: 'th' | 'td') =>
    row.map((each) => `<${tag}>${escapeHtml(each)}</${tag}>`).join('');
  const caption = title === '' ? '' : `<h3>${escapeHtml(title)}</h3>\n`;
  const body = rows.map((row) => {
    const [only = ''] = row;
    return row.length === 1 && headings.length > 1
      ? `<tr><td colspan="${headings.length}">${escapeHtml(only)}</td></tr>`
      : `<tr>${cells(row, 'td')}</tr>`;
  });
  const head = headings.some((each) => each !== '') ? `<thead><tr>${cells(headings, 'th')}</tr></thead>\n` : '';
  return `${caption}<table>\n${head}<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
}
