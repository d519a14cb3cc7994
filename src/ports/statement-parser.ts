// Parses a text too long to be parsed where everybody waits.

import type { Result } from '../core/result.ts';
import type { ParsedStatement } from '../sql/parse.ts';

export interface StatementParser {
  /** As `parseStatements`, and then `condensed`. A text that takes too much time or memory fails with `too_large`. */
  parse(text: string): Promise<Result<readonly ParsedStatement[]>>;
}
