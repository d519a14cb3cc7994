// Parts of the surface this version understands but cannot do. They are refused by name: a security setting that is
// silently ignored is worse than none.

import type { Finding, Path } from './problem.ts';
import { partsOf, schemes } from './secret-text.ts';
import { member, members } from './tree.ts';

const expected = 'nothing: not supported by this version';

/** What the file asks for and this version would not do. */
export function findUnsupported(raw: unknown): Finding[] {
  const found: Finding[] = [];
  const refuse = (path: Path, what: string): void => {
    found.push({ path, found: what, expected });
  };
  if (/^postgres(?:ql)?:\/\//.test(textOf(member(raw, 'state')))) refuse(['state'], 'a store in PostgreSQL');
  for (const [name, each] of members(member(raw, 'connections'))) {
    if (member(each, 'type') === 'http') refuse(['connections', name, 'type'], 'a connection of type http');
  }
  return [...found, ...findSchemes(raw, [])];
}

/** References to places secrets cannot come from, wherever they stand. */
function findSchemes(value: unknown, path: Path): Finding[] {
  if (typeof value !== 'string') return members(value).flatMap(([key, each]) => findSchemes(each, [...path, key]));
  // Conditions and the words of a rule are no place for references, so nothing in them is one.
  if (path[0] === 'policy') return [];
  return partsOf({ raw: value }).flatMap((part): Finding[] => {
    if (part.kind === 'text') return [];
    if (schemes.includes(part.scheme)) return [];
    return [
      {
        path,
        found: 'a reference of an unknown kind',
        expected: '${env:NAME}, ${file:path}, ${vault:…}, ${gcp:…}, ${aws:…} or ${dsn:connection}',
      },
    ];
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
