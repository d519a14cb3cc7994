// Operators, as data: which built-in ones cannot raise because of a value. All others applied to a protected column are
// filtering, since an error (or its absence) answers a question about it.

const silent: ReadonlySet<string> = new Set(['||', '->', '->>', '#>', '#>>']);

export function isSilentOperator(name: string): boolean {
  return silent.has(name);
}

/** What the grammar's BETWEEN and IN stand for. */
export const comparisonsOf: Readonly<Record<string, readonly string[]>> = {
  BETWEEN: ['>=', '<='],
  'NOT BETWEEN': ['<', '>'],
  'BETWEEN SYMMETRIC': ['>=', '<='],
  'NOT BETWEEN SYMMETRIC': ['<', '>'],
};
