// The whole corpus.

import type { Family } from './attack.ts';
import { asDefinitions, conversions, hypothetical } from './families/asked-of.ts';
import { catalogProbes } from './families/catalog-probes.ts';
import { combinations } from './families/combinations.ts';
import { documentsMade } from './families/documents-made.ts';
import { computed, renamed, sets, wholeRow } from './families/expressions.ts';
import { extensions } from './families/extensions.ts';
import { features } from './families/features.ts';
import { formatsAndCopies } from './families/formats-and-copies.ts';
import { heldOutQuestions } from './families/held-out-questions.ts';
import { heldOutTypes } from './families/held-out-types.ts';
import { heldOutWrites } from './families/held-out-writes.ts';
import { inference } from './families/inference.ts';
import { limits } from './families/limits.ts';
import { innerNames, lookAlikes } from './families/look-alikes.ts';
import { errors, plans } from './families/messages.ts';
import { moreQuestions } from './families/more-questions.ts';
import { names } from './families/names.ts';
import { objects } from './families/objects.ts';
import { oneType } from './families/one-type.ts';
import { ownRows } from './families/own-rows.ts';
import { owners } from './families/owners.ts';
import { parameterTypes } from './families/parameter-types.ts';
import { places, precise } from './families/precise.ts';
import { questions } from './families/questions.ts';
import { readings } from './families/readings.ts';
import { rowsAndStars } from './families/rows-and-stars.ts';
import { answers, scopes } from './families/scopes.ts';
import { serverWords } from './families/server-words.ts';
import { catalogs, copies, encodings, session } from './families/session.ts';
import { extensionValues, shapes } from './families/shapes.ts';
import { reached, rowPlaces, ties } from './families/ties.ts';
import { wireGames } from './families/wire-games.ts';
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
  wireGames,
  serverWords,
  catalogProbes,
  formatsAndCopies,
  readings,
  hypothetical,
  asDefinitions,
  conversions,
  ties,
  reached,
  rowPlaces,
  shapes,
  extensionValues,
  parameterTypes,
  moreQuestions,
  features,
  combinations,
  oneType,
  heldOutTypes,
  heldOutQuestions,
  heldOutWrites,
  rowsAndStars,
  documentsMade,
  ownRows,
  limits,
];
