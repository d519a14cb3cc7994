// A catalog that knows no name: what a statement means then is what it says itself.

import { unknownType } from '../core/postgres-type.ts';
import type { Catalog } from './catalog.ts';
import { searchPath } from './settings.ts';

export const emptyCatalog: Catalog = {
  version: 0,
  searchPath,
  complete: true,
  database: '',
  utf8: true,
  relation: () => undefined,
  relationByOid: () => undefined,
  relations: () => [],
  column: () => undefined,
  type: () => unknownType,
  isUserFunction: () => false,
  isDeclaredSafe: () => false,
  isUserOperator: () => false,
  isUserType: () => false,
  isEnumType: () => false,
  isCastByUsers: () => false,
};
