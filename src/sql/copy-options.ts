// The options of COPY … TO STDOUT, as far as they decide how a row is written. Total: what is not understood is null, and
// then nothing can be masked in what comes out.

import type { Node } from 'libpg-query';
import type { CopyFormat } from '../core/copy-format.ts';

const understood: ReadonlySet<string> = new Set([
  'format',
  'delimiter',
  'null',
  'header',
  'quote',
  'escape',
  'force_quote',
  'encoding',
]);

/** Of options written twice the server refuses the statement. */
export function copyFormatOf(options: readonly Node[]): CopyFormat | null {
  const given = new Map<string, string>();
  for (const each of options) {
    if (!('DefElem' in each)) return null;
    const { defname = '', arg } = each.DefElem;
    const name = defname.toLowerCase();
    const value = name === 'force_quote' ? '' : written(arg);
    if (!understood.has(name) || value === null || given.has(name)) return null;
    given.set(name, value);
  }
  if (!/^utf-?8$/i.test(given.get('encoding') ?? 'utf8')) return null;
  const header = given.get('header') ?? 'false';
  if (!/^(?:true|on|1|false|off|0)$/i.test(header)) return null;
  const kind = (given.get('format') ?? 'text').toLowerCase();
  if (kind === 'binary') return { kind };
  const common = {
    delimiter: given.get('delimiter') ?? (kind === 'csv' ? ',' : '\t'),
    nullText: given.get('null') ?? (kind === 'csv' ? '' : '\\N'),
    header: /^(?:true|on|1)$/i.test(header),
  };
  // A value that is written as NULL is would be taken for none, which tells that it is this one.
  if (kind === 'text') return common.nullText === '\\N' || common.nullText === '' ? { kind, ...common } : null;
  if (kind !== 'csv') return null;
  const quote = given.get('quote') ?? '"';
  return { kind, ...common, quote, escape: given.get('escape') ?? quote };
}

/** An option without a value is on. */
function written(arg: Node | undefined): string | null {
  if (!arg) return 'true';
  if ('String' in arg) return arg.String.sval ?? '';
  if ('Boolean' in arg) return String(arg.Boolean.boolval ?? false);
  if ('Integer' in arg) return String(arg.Integer.ival ?? 0);
  return null;
}
