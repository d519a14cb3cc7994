// The pages people meet: plain HTML for a phone and a keyboard, without script. Whatever stands in a page and was not
// written here goes through `escapeHtml`.

/** No script, no embedding, no cache. Forms are not bound by it: a consent ends in a redirect to the client's own address. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** For text and for values of attributes in double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Colours meet WCAG 2.2 AA in both schemes; what is pressed is 44 px high at least. */
const style = `:root{color-scheme:light dark;--text:#1b1d21;--quiet:#565b63;--ground:#fff;--soft:#f2f4f7;--rule:#d8dce2;--line:#7a7f87;--main:#0b57d0;--on-main:#fff;--bad:#b3261e;--on-bad:#fff;--focus:#b06000}
@media (prefers-color-scheme:dark){:root{--text:#e7e9ec;--quiet:#a9afb8;--ground:#14171a;--soft:#1f2327;--rule:#363b41;--line:#868c95;--main:#a8c7fa;--on-main:#062e6f;--bad:#f2b8b5;--on-bad:#601410;--focus:#fdb022}}
*{box-sizing:border-box}
body{margin:0;padding:.5rem 1rem 3rem;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--ground);overflow-wrap:anywhere}
header,main{max-width:40rem;margin:0 auto}
header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;column-gap:1.5rem;margin-bottom:1.5rem;border-bottom:1px solid var(--rule)}
header b{padding:.625rem 0;color:var(--quiet);font-weight:600;letter-spacing:.02em}
nav{display:flex;flex-wrap:wrap;column-gap:1.25rem}
nav a{display:flex;align-items:center;min-height:2.75rem;color:var(--text);text-decoration:none;border-bottom:2px solid transparent}
nav a[aria-current]{border-color:var(--main);font-weight:600}
nav a:hover{text-decoration:underline}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
h2{margin:2rem 0 .5rem;font-size:1.125rem;line-height:1.3}
h3{margin:1rem 0 .25rem;font-size:.875rem;font-weight:400;color:var(--quiet)}
p{margin:0 0 1rem}
a{color:var(--main)}
form{margin:0 0 .75rem}
label,legend{display:block;margin:1rem 0 .25rem;padding:0;font-weight:600}
fieldset{margin:0;padding:0;border:0}
.hint{margin:0 0 .5rem;color:var(--quiet);font-size:.875rem}
button,.button,textarea,input:not([type=radio],[type=hidden]){display:block;width:100%;min-height:2.75rem;margin:0 0 .75rem;padding:.5rem .75rem;font:inherit;color:var(--text);background:var(--ground);border:1px solid var(--line);border-radius:.375rem}
textarea{resize:vertical}
button,.button{background:var(--soft);text-align:center;text-decoration:none;cursor:pointer}
button.first,.button.first{font-weight:600;background:var(--main);border-color:var(--main);color:var(--on-main)}
button.danger{font-weight:600;background:var(--bad);border-color:var(--bad);color:var(--on-bad)}
button:hover,.button:hover{border-color:var(--text)}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
label.choice{display:flex;gap:.75rem;align-items:center;min-height:2.75rem;margin:0 0 .5rem;padding:.25rem .75rem;font-weight:400;border:1px solid var(--line);border-radius:.375rem;cursor:pointer}
input[type=radio]{flex:none;width:1.25rem;height:1.25rem;margin:0;accent-color:var(--main)}
input[name=user_code]{font-family:ui-monospace,monospace;font-size:1.125rem;letter-spacing:.1em;text-transform:uppercase}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
dl{margin:0 0 1.5rem}
dt{color:var(--quiet);font-size:.875rem}
dd{margin:0 0 .75rem}
@media (min-width:40rem){dl{display:grid;grid-template-columns:9rem 1fr;gap:.5rem 1rem}dt{line-height:1.5rem}dd{margin:0}}
ul{margin:0 0 1rem;padding:0 0 0 1.25rem}
li{margin:.25rem 0}
ul.rows{padding:0;list-style:none;border-top:1px solid var(--rule)}
ul.rows li{margin:0;border-bottom:1px solid var(--rule)}
ul.rows a{display:block;padding:.625rem 0;color:var(--text);text-decoration:none}
ul.rows b{color:var(--main);font-weight:600;text-decoration:underline}
ul.rows a:hover{background:var(--soft)}
ul.rows span{display:block;color:var(--quiet);font-size:.875rem}
pre,blockquote{margin:0 0 1rem;padding:.75rem;background:var(--soft);border-radius:.375rem}
pre{direction:ltr;overflow-x:auto;white-space:pre-wrap;font:.875rem/1.5 ui-monospace,monospace}
blockquote{white-space:pre-wrap}
code{font-family:ui-monospace,monospace;font-size:.9375em}
.code{font:600 1.75rem/1.4 ui-monospace,monospace;letter-spacing:.1em}
.problem{padding:.25rem 0 .25rem .75rem;border-left:4px solid var(--bad)}
@media (forced-colors:active){button,.button{border-color:ButtonText}}`;

/** Where people who are signed in go. */
const places = [
  ['/approvals', 'Requests'],
  ['/break-glass', 'Break the glass'],
  ['/signin', 'You'],
] as const;

export interface PageParts {
  /** Text. */
  readonly title: string;
  /** HTML. */
  readonly body: string;
  /** The place this page belongs to, for who is signed in; they find the way to the others. */
  readonly at?: (typeof places)[number][0];
}

export function page({ title, body, at }: PageParts): string {
  const links = places.map(
    ([href, label]) => `<a href="${href}"${href === at ? ' aria-current="page"' : ''}>${label}</a>`,
  );
  const ways = at === undefined ? '' : `\n<nav aria-label="Pages">${links.join('\n')}</nav>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(visible(title))} · Chartgate</title>
<style>${style}</style>
</head>
<body>
<header><b>Chartgate</b>${ways}</header>
<main>
<h1>${plainText(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** For people; `time` is RFC 3339 in UTC. */
export function timeText(time: string): string {
  return time.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC');
}

/**
 * Text somebody judges, as it is: what would not show, or would turn the order of what shows (bidirectional controls, zero
 * widths), stands as its code point. A statement must not read as another one than it is.
 */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{DI}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`,
  );
}

/** What is written from right to left (Hebrew, Arabic and their neighbours), with the spaces inside. */
const fromTheRight =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]+(?: +[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]+)*/gu;

/** Text of others as HTML: `visible`, and no run from right to left moves what stands around it. */
export function plainText(text: string): string {
  return escapeHtml(visible(text)).replaceAll(fromTheRight, '<bdi>$&</bdi>');
}

export function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;
}
