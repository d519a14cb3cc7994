// The whole corpus.

import type { Family } from './attack.ts';
import { computed, renamed, sets, wholeRow } from './families/expressions.ts';
import { inference } from './families/inference.ts';
import { errors, plans } from './families/messages.ts';
import { objects } from './families/objects.ts';
import { catalogs, copies, encodings, session } from './families/session.ts';
import { wireTricks } from './families/wire-tricks.ts';
import { laundering } from './families/writes.ts';

export const families: readonly Family[] = [
  renamed,
  wholeRow,
  computed,
  sets,
  objects,
  laundering,
  errors,
  plans,
  session,
  catalogs,
  copies,
  wireTricks,
  encodings,
  inference,
];
