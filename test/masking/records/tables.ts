// Tables of people as text, and what tools print for rows, with quoting of every kind.

import { Canaries, type Planted } from './canaries.ts';

type Row = Readonly<Record<string, string>>;

function person(c: Canaries): Row {
  return {
    id: `${c.number()}-aaaa-4bbb-8ccc-${c.number(12)}`,
    birthdate: c.date(),
    ssn: `${c.number(3)}-${c.number(2)}-${c.number(4)}`,
    drivers: c.id(),
    passport: c.id(),
    prefix: 'Mrs.',
    first: c.name(),
    last: c.name(),
    maiden: c.name(),
    marital: 'M',
    race: 'white',
    gender: 'F',
    birthplace: `${c.name()} Massachusetts US`,
    address: c.street(),
    city: c.name(),
    state: 'Massachusetts',
    county: `${c.name()} County`,
    zip: c.zip(),
    lat: `42.${c.number(9)}`,
    lon: `-71.${c.number(9)}`,
    healthcare_expenses: '1234.56',
  };
}

function table(c: Canaries, separator: string, quote: (value: string) => string = (value) => value): string {
  const rows = [person(c), person(c), person(c)];
  const names = Object.keys(rows[0] ?? {});
  return `${[names.join(separator), ...rows.map((row) => names.map((name) => quote(row[name] ?? '')).join(separator))].join('\n')}\n`;
}

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

function own(c: Canaries): readonly Row[] {
  return [1, 2, 3].map(() => ({
    kdnr: c.number(7),
    Vorname: c.name(),
    Nachname: c.name(),
    Geburtsdatum: c.date(),
    Straße: c.street(),
    Ort: c.name(),
    Telefon: c.phone(),
    Bemerkung: `hustet, sagt ${c.name()}`,
    icd: 'E11.9',
  }));
}

export function tableRecords(seed: number): readonly (Planted & { readonly kind: string })[] {
  const made = (
    kind: string,
    of: (c: Canaries) => string,
    kept: readonly string[] = ['white', '1234.56'],
  ): Planted & { readonly kind: string } => {
    const c = new Canaries(seed + kind.length * 7);
    return { kind, text: of(c), gone: c.gone.filter((value) => value.length > 4), kept };
  };
  const pipes = (c: Canaries): string =>
    table(c, ' | ')
      .replace(/^/gm, '| ')
      .replace(/\n\| $/, '\n')
      .replace('\n', '\n|---|---|\n');
  const insert = (c: Canaries): string => {
    const rows = [person(c), person(c)];
    const names = Object.keys(rows[0] ?? {});
    const sql = (row: Row): string =>
      `(${names.map((name) => `'${(row[name] ?? '').replaceAll("'", "''")}'`).join(', ')})`;
    return `-- dump\nINSERT INTO public.patients (${names.join(', ')}) VALUES\n${rows.map(sql).join(',\n')};\n`;
  };
  const copy = (c: Canaries): string => {
    const rows = [person(c), person(c)];
    const names = Object.keys(rows[0] ?? {});
    return `COPY public.patients (${names.join(', ')}) FROM stdin;\n${rows.map((row) => names.map((name) => row[name] ?? '').join('\t')).join('\n')}\n\\.\n`;
  };
  const python = (c: Canaries): string =>
    `[${own(c)
      .map(
        (row) =>
          `{${Object.entries(row)
            .map(([key, value]) => `'${key}': '${value}'`)
            .join(', ')}, 'n': None, 'ok': True}`,
      )
      .join(', ')}]`;
  const yaml = (c: Canaries): string =>
    own(c)
      .map(
        (row) =>
          `- ${Object.entries(row)
            .map(([key, value]) => `${key}: ${value}`)
            .join('\n  ')}`,
      )
      .join('\n');
  return [
    made('commas', (c) => table(c, ',')),
    made('commas, all quoted', (c) => table(c, ',', quoted)),
    made('semicolons', (c) => table(c, ';')),
    made('tabs', (c) => table(c, '\t')),
    made('a byte order mark, line feeds of Windows', (c) => `\uFEFF${table(c, ',').replaceAll('\n', '\r\n')}`),
    made('line breaks in cells', (c) =>
      table(c, ',', (value) => (value.includes(' ') ? `"${value.replace(' ', '\n')}"` : value)),
    ),
    made('headers in capitals, quoted', (c) =>
      table(c, ',').replace(/^.*$/m, (line) =>
        line
          .split(',')
          .map((each) => quoted(each.toUpperCase()))
          .join(','),
      ),
    ),
    made('markdown', pipes),
    made('without a header', (c) => table(c, ',').replace(/^.*\n/, '')),
    made('in JSON', (c) => JSON.stringify({ csv: table(c, ',') })),
    made('in a code fence', (c) => `Patients found:\n\n\`\`\`csv\n${table(c, ',')}\`\`\`\nDone.`),
    made('below a sentence', (c) => `Patients found:\n\n${table(c, ',')}\nDone.`),
    made('INSERT', insert),
    made('COPY', copy),
    made(
      'German',
      (c) =>
        own(c)
          .map((row, at) => (at === 0 ? `${Object.keys(row).join(';')}\n` : '') + Object.values(row).join(';'))
          .join('\n'),
      ['E11.9'],
    ),
    made('German, in JSON', (c) => JSON.stringify(own(c)), ['E11.9']),
    made('German, as Python prints it', python, ['E11.9', 'None', 'True']),
    made('German, in YAML', yaml, ['E11.9']),
    made(
      'fields with labels',
      (c) =>
        JSON.stringify({
          fields: [
            { name: 'Last name', value: c.name() },
            { label: 'Home phone', value: c.phone() },
            { question: 'Where were you born?', answer: c.name() },
          ],
        }),
      [],
    ),
  ];
}
