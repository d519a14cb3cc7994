// Looking into values nobody has checked yet, without a surprise: what is not there is undefined.

import type { Path } from './problem.ts';

export function member(value: unknown, key: string | number): unknown {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
  const found: unknown = Reflect.get(value, key);
  return found;
}

/** Members of a mapping or list, with a list's positions as numbers; of anything else none. */
export function members(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((each: unknown, index) => [index, each] as const);
  return value !== null && typeof value === 'object' ? Object.entries(value) : [];
}

export function dig(value: unknown, path: Path): unknown {
  return path.reduce(member, value);
}
