// Operators, as data: which built-in ones cannot raise because of a value. All others applied to a protected column are
// filtering, since an error (or its absence) answers a question about it.

const taking: ReadonlySet<string> = new Set(['->', '->>', '#>', '#>>']);

/** Takes out of a document what may not be there; never raises. */
export function takesOut(name: string): boolean {
  return taking.has(name);
}

/** Puts two texts or documents together; of arrays it raises where their dimensions do not fit. */
export function joins(name: string): boolean {
  return name === '||';
}

const tests: ReadonlySet<string> = new Set('= <> != < > <= >= ~~ !~~ ~~* !~~* ~ ~* !~ !~*'.split(' '));

/** Whether a built-in operator of this name between two operands says no more than yes or no. */
export function isTest(name: string): boolean {
  return tests.has(name);
}

const arithmetic: ReadonlySet<string> = new Set('+ - * / %'.split(' '));

/** Of exact numbers an exact number. */
export function isArithmetic(name: string): boolean {
  return arithmetic.has(name);
}

/** What the grammar's BETWEEN and IN stand for. */
export const comparisonsOf: Readonly<Record<string, readonly string[]>> = {
  BETWEEN: ['>=', '<='],
  'NOT BETWEEN': ['<', '>'],
  'BETWEEN SYMMETRIC': ['>=', '<='],
  'NOT BETWEEN SYMMETRIC': ['<', '>'],
};

/** What tools compare definitions with: it asks what kind of default there is, not what was written into it. */
export function isCatalogKeyword(text: string): boolean {
  return /^(?:default|null)$/i.test(text);
}
