// What tools and people make of records: grids, fragments, mistakes, and one format inside of another.

import { Canaries, type Planted } from './canaries.ts';

type Made = Planted & { readonly kind: string };

const names = ['id', 'first_name', 'last_name', 'dob', 'phone', 'icd'] as const;

function rowOf(c: Canaries): readonly string[] {
  return [c.number(), c.name(), c.name(), c.date(), c.phone(), 'E11.9'];
}

/** Columns as wide as their widest cell. */
function grid(c: Canaries, left: string, middle: string, right: string): string {
  const rows = [names, rowOf(c), rowOf(c), rowOf(c)];
  const widths = names.map((_name, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    left + row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(middle) + right;
  const rule = `+-${widths.map((width) => '-'.repeat(width)).join('-+-')}-+`;
  return left === '| '
    ? [rule, line(rows[0] ?? []), rule, ...rows.slice(1).map(line), rule].join('\n')
    : rows.map(line).join('\n');
}

export function oddRecords(seed: number): readonly Made[] {
  const made = (kind: string, of: (c: Canaries) => string, kept: readonly string[] = ['E11.9']): Made => {
    const c = new Canaries(seed + kind.length * 13);
    return { kind, text: of(c), gone: c.gone, kept };
  };
  const table = (c: Canaries): string => [names, rowOf(c), rowOf(c)].map((row) => row.join(',')).join('\n');
  const person = (c: Canaries): string =>
    JSON.stringify({
      name: `${c.name()} ${c.name()}`,
      dob: c.date(),
      city: c.name(),
      note: `asked for ${c.name()}`,
      code: 'E11.9',
    });
  return [
    made('columns and rows', (c) => JSON.stringify({ columns: names, rows: [rowOf(c), rowOf(c)], count: 2 })),
    made('columns that are objects', (c) =>
      JSON.stringify({ fields: names.map((name) => ({ name, type: 'text' })), data: [rowOf(c), rowOf(c)] }),
    ),
    made('rows below a row of names', (c) => JSON.stringify({ result: [names, rowOf(c), rowOf(c)] })),
    made('a list a column', (c) =>
      JSON.stringify(Object.fromEntries(names.map((name, at) => [name, [rowOf(c)[at], rowOf(c)[at]]]))),
    ),
    made('a box of dashes', (c) => grid(c, '| ', ' | ', ' |')),
    made('a box of lines', (c) => grid(c, '│ ', ' │ ', ' │')),
    made('blanks between columns', (c) => grid(c, '', '   ', '')),
    made('name, day of birth, town', (c) => `[${person(c)}, ${person(c)}]`),
    made('one a line, the last cut', (c) => `${person(c)}\n${person(c)}\n${person(c).slice(0, -30)}`),
    made('after a word', (c) => `Result: ${person(c)}`),
    made('two, with prose between', (c) => `First:\n${person(c)}\n\nthen\n\n${person(c)}\nand no more.`),
    made('with a comma too many', (c) => person(c).replace('}', ',}')),
    made('a key that is a number', (c) => JSON.stringify({ patients: { [c.id()]: { code: 'E11.9' } } })),
    made('a key that is a name', (c) => {
      const name = c.name();
      return JSON.stringify({ last_name: name, notes: { [name]: 'E11.9', [`${name.toLowerCase()}_2`]: 1 } });
    }),
    made('a message about many', (c) => {
      const many = Array.from({ length: 3000 }, () => ({ first_name: 'Maria', last_name: c.name(), mrn: c.number() }));
      return JSON.stringify({ summary: `E11.9: ${c.gone[0]}, ${c.gone[1]}, ${c.gone.at(-2)}, ${c.gone.at(-1)}`, many });
    }),
    made(
      'escaped letters',
      (c) =>
        person(c)
          .replace(/[a-z](?=[a-z]*")/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
          .replaceAll('\\u00', '\\u00'),
      [],
    ),
    made(
      'a data URI',
      (c) => JSON.stringify({ file: `data:text/csv;base64,${Buffer.from(table(c)).toString('base64')}` }),
      [],
    ),
    made(
      'a PDF in a data URI',
      (c) =>
        JSON.stringify({
          file: `data:application/pdf;base64,${Buffer.from(`%PDF-1.7 \u0000${c.name()}`).toString('base64')}`,
        }),
      [],
    ),
    made(
      'wrapped base64',
      (c) => JSON.stringify({ body: Buffer.from(table(c)).toString('base64').replace(/.{40}/g, '$&\r\n') }),
      [],
    ),
    made(
      'base64 without its end signs, safe for URLs',
      (c) => JSON.stringify({ body: Buffer.from(`${table(c)}?`).toString('base64url') }),
      [],
    ),
    made('hexadecimal', (c) => JSON.stringify({ body: Buffer.from(table(c)).toString('hex') }), []),
    made(
      'Latin-1 in base64',
      (c) =>
        JSON.stringify({
          last_name: c.name(),
          body: Buffer.from(`Für ${c.gone[0]} und ${c.gone[0]}, täglich`, 'latin1').toString('base64'),
        }),
      [],
    ),
    made(
      'a form in HTML',
      (c) =>
        `<html><body><table><tr><th>Name</th></tr></table><input name="last_name" value="${c.name()}"><input value='${c.phone()}' name=phone><span class="dob">${c.date()}</span><ssn>${c.number(9)}</ssn><p data-mrn=${c.number()}>E11.9</p></body></html>`,
    ),
    made(
      'attributes',
      (c) =>
        `<patients><patient first="${c.name()}" last='${c.name()}' dob="${c.date()}" code="E11.9"/><field name="last_name" value="${c.name()}"/><field name="ssn">${c.number(9)}</field></patients>`,
    ),
    made(
      'a table and a message below each other',
      (c) => `${table(c)}\n\nMSH|^~\\&|A|B\nPID|1||${c.id()}||${c.name()}^${c.name()}\n`,
    ),
    made(
      'YAML of a person',
      (c) =>
        `patient:\n  name: ${c.name()} ${c.name()}\n  dob: ${c.date()}\n  phone: "${c.phone()}"\n  contacts:\n    - name: ${c.name()}\n      email: ${c.email()}\n  icd: E11.9\n`,
    ),
    made('properties', (c) => `first_name=${c.name()}\nlast_name=${c.name()}\nmrn=${c.number()}\nicd=E11.9\n`),
    made(
      'psql, expanded',
      (c) =>
        `-[ RECORD 1 ]-----\nfirst_name | ${c.name()}\nlast_name  | ${c.name()}\nmrn        | ${c.number()}\nicd        | E11.9\n`,
    ),
    made(
      'a query string',
      (c) =>
        JSON.stringify({
          last_name: c.name(),
          url: `/search?q=${encodeURIComponent(`x ${c.gone[0]} y`)}&name=${c.gone[0]}`,
        }),
      [],
    ),
    made('names that are words', () =>
      JSON.stringify({
        first_name: 'Rose',
        last_name: 'Fields',
        note: 'Ms. Fields came with ROSE FIELDS and Rose.',
        icd: 'E11.9',
      }),
    ),
    made(
      'FHIR: names that are words',
      () =>
        JSON.stringify({
          resourceType: 'Patient',
          name: [{ text: 'Grace Young' }],
          text: { div: '<div>Grace Young, YOUNG</div>' },
          contact: [{ name: { text: 'Will Hope' } }],
        }),
      [],
    ),
  ].map((each) =>
    each.kind.includes('that are words')
      ? { ...each, gone: ['Fields', 'Grace', 'Will', 'Hope', 'ROSE'].filter((word) => each.text.includes(word)) }
      : each,
  );
}
