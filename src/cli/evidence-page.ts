// The report of an evidence package as one page of HTML: no script, nothing from elsewhere, and it prints well. The verifier
// makes it again and compares, so it depends on nothing but the report.

import type { EvidenceReport } from '../audit/evidence/report.ts';
import type { Section, Table } from '../audit/evidence/sections.ts';
import { escapeHtml } from '../wire/http/page.ts';

const style = `:root{--ink:#1c2530;--soft:#5a6673;--line:#d5dbe1;--wash:#f4f6f8;--met:#0b6b3a;--partial:#8a5a00;--duty:#5a6673}
*{box-sizing:border-box}
body{font:15px/1.5 "Inter",system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);max-width:66rem;margin:3rem auto;padding:0 1.5rem;overflow-wrap:break-word}
header{border-bottom:2px solid var(--ink);padding-bottom:1.25rem;margin-bottom:1.5rem}
header p{margin:0;color:var(--soft)}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 1rem;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.25rem;margin:2.75rem 0 .75rem;padding-top:.9rem;border-top:1px solid var(--line);font-weight:650}
h2 span{color:var(--soft);font-weight:400;margin-right:.6rem;font-variant-numeric:tabular-nums}
p{margin:.4rem 0;max-width:50rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.25rem;margin:0;font-size:.9rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
nav ol{columns:2;column-gap:2.5rem;padding-left:1.6rem;margin:.5rem 0 0;font-size:.9rem}
nav li{break-inside:avoid;padding:.08rem 0}
a{color:inherit;text-decoration-color:var(--line);text-underline-offset:.2em}a:hover{text-decoration-color:currentColor}
.scroll{overflow-x:auto;margin:.35rem 0 1rem}:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
table{border-collapse:collapse;min-width:40%;font-size:.84rem;line-height:1.4}
table.wide{width:100%}
caption{padding:1.25rem 0 .35rem;text-align:left;font-size:.95rem;font-weight:600;line-height:1.4}
th,td{padding:.32rem .9rem .32rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:500;white-space:nowrap;border-bottom-color:var(--soft)}
tbody th{font-weight:inherit}
td:last-child,th:last-child{padding-right:0}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.m{font-family:ui-monospace,"SF Mono","DejaVu Sans Mono",monospace;font-size:.92em;overflow-wrap:anywhere}
td.k{white-space:nowrap}
.met{color:var(--met);font-weight:600}.partial{color:var(--partial)}.duty{color:var(--duty)}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.75rem;color:var(--soft);font-size:.85rem}
@page{margin:18mm 16mm 20mm;@bottom-right{content:counter(page) " / " counter(pages);font:8pt system-ui,sans-serif;color:#5a6673}}
@media print{body{max-width:none;margin:0;padding:0;font-size:9.5pt}h1{font-size:18pt}h2{font-size:12.5pt;margin-top:1.6rem;break-after:avoid}
caption{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}table{font-size:8pt}a{text-decoration:none}p{max-width:none}}
@media(max-width:40rem){nav ol{columns:1}dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}`;

export function evidencePage({ scope, making, sections }: EvidenceReport): string {
  const { origin, size, root } = scope;
  const contents = sections.map(({ title }, i) => `<li><a href="#s${i + 1}">${escapeHtml(title)}</a></li>`);
  const facts: readonly (readonly [string, string])[] = [
    ['Log', origin],
    ['Records', `${scope.records} in the period, of ${size} in the tree`],
    ['Root of the tree', root],
    ['Made', `${making.made}, by ${making.by}`],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Evidence of ${escapeHtml(origin)}</title>
<style>${style}</style>
</head>
<body>
<header>
<p>Evidence package</p>
<h1>${escapeHtml(dayOf(scope.from))} to ${escapeHtml(dayOf(scope.to))}</h1>
<dl>${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>
</header>
<nav aria-label="Contents"><ol>
${contents.join('\n')}
</ol></nav>
<main>
${sections.map(sectionHtml).join('\n')}
</main>
<footer>Evidence, not certification. Verify it: chartgate verify-evidence &lt;this directory&gt; --key &lt;the log’s public key&gt;</footer>
</body>
</html>
`;
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

function sectionHtml({ title, text, tables }: Section, i: number): string {
  const paragraphs = text.map((each) => `<p>${shown(each)}</p>`);
  const heading = `<h2 id="s${i + 1}"><span>${i + 1}</span>${escapeHtml(title)}</h2>`;
  const all = tables.map((each) => tableHtml(each, title));
  return [`<section aria-labelledby="s${i + 1}">`, heading, ...paragraphs, ...all, '</section>'].join('\n');
}

/** `inSection`: what the table is called where it has no title of its own. */
function tableHtml({ title, headings, rows }: Table, inSection: string): string {
  const classes = headings.map((_, column) =>
    classOf(rows.flatMap((row) => (row.length > 1 ? [row[column] ?? ''] : []))),
  );
  const hasHead = headings.some((each) => each !== '');
  const heading = (text: string, column: number): string =>
    `<th scope="col"${classes[column] === 'n' ? ' class="n"' : ''}>${shown(text)}</th>`;
  const cell = (text: string, column: number): string => {
    const found = statuses.get(text) ?? classes[column] ?? '';
    const marked = found === '' ? '' : ` class="${found}"`;
    return column === 0 && !hasHead
      ? `<th scope="row"${marked}>${shown(text)}</th>`
      : `<td${marked}>${shown(text)}</td>`;
  };
  const caption = title === '' ? '' : `<caption>${escapeHtml(title)}</caption>\n`;
  const body = rows.map((row) => {
    const [only = ''] = row;
    return row.length === 1 && headings.length > 1
      ? `<tr><td colspan="${headings.length}">${shown(only)}</td></tr>`
      : `<tr>${row.map(cell).join('')}</tr>`;
  });
  const head = hasHead ? `<thead><tr>${headings.map(heading).join('')}</tr></thead>\n` : '';
  const wide = headings.length > 3 ? ' class="wide"' : '';
  // What can be scrolled has to be reached by the keyboard.
  const label = escapeHtml(title === '' ? inSection : title);
  const region = `<div class="scroll" role="region" aria-label="${label}" tabindex="0">`;
  return `${region}<table${wide}>\n${caption}${head}<tbody>\n${body.join('\n')}\n</tbody>\n</table></div>`;
}

/** Names are other people's words: two that are not the same have to look so. */
function shown(text: string): string {
  const told = text.replaceAll(letters, (word) =>
    /\p{Script=Latin}/u.test(word) ? word.replaceAll(alike, byNumber) : word,
  );
  return escapeHtml(told.replaceAll(unseen, byNumber));
}

const letters = /[\p{L}\p{M}]+/gu;
/** Of the scripts that have letters which look like Latin ones. */
const alike = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/gu;
/** What takes no room, turns the reading direction, ends a line, or is a blank like another. */
const unseen = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

function byNumber(mark: string): string {
  return `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`;
}

/** How the control matrix words a status, and how that looks. */
const statuses: ReadonlyMap<string, string> = new Map([
  ['met on this path', 'met k'],
  ['partial', 'partial'],
  ['customer’s duty', 'duty k'],
]);

/** Of a column: numbers stand right, digests in one width, short words on one line. */
function classOf(column: readonly string[]): string {
  const filled = column.filter((each) => each !== '');
  if (filled.length === 0) return '';
  if (filled.every((each) => /^\d+$/.test(each))) return 'n';
  if (filled.every((each) => /^[0-9a-f]{64}$/.test(each))) return 'm';
  return filled.every((each) => each.length <= 24 && !/ .* /.test(each)) ? 'k' : '';
}
