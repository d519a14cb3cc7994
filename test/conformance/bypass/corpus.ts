// The whole corpus.

import type { Family } from './attack.ts';
import { computed, renamed, sets, wholeRow } from './families/expressions.ts';
import { extensions } from './families/extensions.ts';
import { inference } from './families/inference.ts';
import { innerNames, lookAlikes } from './families/look-alikes.ts';
import { errors, plans } from './families/messages.ts';
import { names } from './families/names.ts';
import { objects } from './families/objects.ts';
import { owners } from './families/owners.ts';
import { places, precise } from './families/precise.ts';
import { questions } from './families/questions.ts';
import { answers, scopes } from './families/scopes.ts';
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
  precise,
  places,
  extensions,
  questions,
  names,
  scopes,
  answers,
  owners,
  lookAlikes,
  innerNames,
];
