// The page behind the link a held request carries. It says how to decide, and nothing about the request: whoever opens it
// is not signed in here.

/** Plain HTML that needs no script. Null: there is no page at this path. */
export function approvalPage(path: string): string | null {
  const id = /^\/approvals\/(a_[0-9A-HJKMNP-TV-Z]{26})$/.exec(path)?.[1];
  if (id === undefined) return null;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Approval ${id}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.75rem;border:1px solid #999;border-radius:.25rem}</style>
<h1>A request waits for approval</h1>
<p>A reviewer named by its rule looks at it and decides on the command line, with a token of their own in <code>CHARTGATE_TOKEN</code>:</p>
<pre>chartgate approvals show ${id}
chartgate approvals approve ${id} --reason "…"
chartgate approvals deny ${id} --reason "…"</pre>
<p>Who asked for it sends exactly the same request again once it is approved. Nobody approves their own.</p>
</html>
`;
}

/** No script, no embedding, no cache. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
