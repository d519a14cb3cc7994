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

const style = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.4rem;line-height:1.25}
button,.button,input[type=text],input[type=email]{box-sizing:border-box;display:block;width:100%;min-height:2.75rem;margin:.5rem 0;padding:.5rem .75rem;font:inherit;border:1px solid #767676;border-radius:.25rem}
button,.button{text-align:center;text-decoration:none;cursor:pointer}
button.first,.button.first{font-weight:600;background:#0b57d0;border-color:#0b57d0;color:#fff}
:focus-visible{outline:3px solid #f9ab00;outline-offset:2px}
dt{font-weight:600}dd{margin:0 0 .75rem}
code{font-size:1.5rem;letter-spacing:.1em}
.problem{border-left:4px solid #b3261e;padding-left:.75rem}`;

/** `title` is text; `body` is HTML. */
export function page({ title, body }: { readonly title: string; readonly body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Chartgate</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

export function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;
}
