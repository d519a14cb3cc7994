// Text → PostgreSQL's own syntax trees, by its own grammar (libpg-query). What the parser would see differently from the
// server (NUL, lone surrogates) or could not survive (deep nesting) never reaches it. No message repeats the text.

import { loadModule, type Node, parseSync, SqlError } from 'libpg-query';
import { limits } from '../core/limits.ts';
import { keepNewest } from '../core/newest.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import { nestsTooDeep, treeDepth } from './nesting.ts';

export interface ParsedStatement {
  readonly node: Node;
  /** Byte offsets (UTF-8) in the message's text; `end` exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A tree of ordinary SQL has about four levels for each level of the statement. */
const treeDepthMax = 4 * limits.statementDepthMax;

/** Has to have resolved once before anything is parsed. */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/** The statements of one message, none for an empty one. Fails with `syntax`, `malformed`, `too_large` or `too_many`. */
export function parseStatements(text: string): Result<readonly ParsedStatement[]> {
  const bytes = utf8Bytes(text);
  if (text.includes('\0')) return refuse('malformed', 'The statement contains a NUL character.');
  if (!text.isWellFormed()) return refuse('malformed', 'The statement is not valid Unicode text.');
  if (bytes > limits.statementBytesMax) return refuse('too_large', 'The statement is too long.');
  if (text.trim() === '') return ok([]);
  if (nestsTooDeep(text)) return refuse('too_large', 'The statement nests too deep to be analysed.');
  let parsed: ReturnType<typeof parseSync>;
  try {
    parsed = parseSync(text);
  } catch (error) {
    return parserFailure(error);
  }
  const statements = parsed.stmts ?? [];
  if (statements.length > limits.statementsPerMessageMax) {
    return refuse('too_many', `One message may hold ${limits.statementsPerMessageMax} statements.`);
  }
  if (treeDepth(statements, treeDepthMax) > treeDepthMax) {
    return refuse('too_large', 'The statement nests too deep to be analysed.');
  }
  return ok(
    statements.flatMap(({ stmt, stmt_location: start = 0, stmt_len: length }) =>
      stmt ? [{ node: stmt, start, end: length ? start + length : bytes }] : [],
    ),
  );
}

function parserFailure(error: unknown): Result<never> {
  if (error instanceof SqlError) {
    if (error.message.startsWith('memory exhausted')) {
      return refuse('too_large', 'The statement nests too deep to be analysed.');
    }
    const position = error.sqlDetails?.cursorPosition;
    return refuse('syntax', `Syntax error${position === undefined ? '' : ` at character ${position + 1}`}.`);
  }
  // The WASM parser out of stack or memory: the text is to blame, and the module goes on with the next one.
  if (error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError')) {
    return refuse('too_large', 'The statement is too large to be analysed.');
  }
  throw error;
}

function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** Longer texts are parsed elsewhere, and only a few of them are kept. */
const longCharacters = 32_768;
const longEntriesMax = 2;

/** Parsed statements by text: the oldest unused goes first. */
export class StatementCache {
  readonly #entriesMax: number;
  readonly #parseLong: (text: string) => Promise<Result<readonly ParsedStatement[]>>;
  readonly #byText = new Map<string, Result<readonly ParsedStatement[]>>();
  readonly #byLongText = new Map<string, Result<readonly ParsedStatement[]>>();

  /** `parseLong` does not keep anybody else waiting; without one, long texts are parsed like all others. */
  constructor(
    entriesMax = 2_000,
    parseLong: (text: string) => Promise<Result<readonly ParsedStatement[]>> = (text) =>
      Promise.resolve(parseStatements(text)),
  ) {
    this.#entriesMax = entriesMax;
    this.#parseLong = parseLong;
  }

  /** As `parseStatements`; long texts come back `condensed`. */
  async parseAny(text: string): Promise<Result<readonly ParsedStatement[]>> {
    if (text.length <= longCharacters) return this.parse(text);
    const parsed = this.#byLongText.get(text) ?? (await this.#parseLong(text));
    keep(this.#byLongText, longEntriesMax, text, parsed);
    return parsed;
  }

  /** As `parseStatements`. A long text that has not just been parsed is parsed here and now. */
  parse(text: string): Result<readonly ParsedStatement[]> {
    const isLong = text.length > longCharacters;
    const parsed = (isLong ? this.#byLongText : this.#byText).get(text) ?? parseStatements(text);
    if (!isLong) keep(this.#byText, this.#entriesMax, text, parsed);
    return parsed;
  }
}

/** As the newest; the oldest goes. */
function keep<T>(cache: Map<string, T>, entriesMax: number, text: string, parsed: T): void {
  cache.delete(text);
  cache.set(text, parsed);
  keepNewest(cache, entriesMax);
}
