// Reads a TypeScript file as tokens, and from them its imports and functions. TypeScript 7 has no compiler API; this
// knows only what the rules need. Must never mistake a comment, string, template or regular expression for code.

export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'regex' | 'number' | 'mark';
  readonly text: string;
  readonly line: number;
}

export interface Import {
  /** Undefined: a dynamic import whose name is computed. */
  readonly from: string | undefined;
  /** Nothing of it remains when the types are stripped. */
  readonly typeOnly: boolean;
  readonly reExport: boolean;
  readonly names: readonly string[];
  readonly line: number;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly imports: readonly Import[];
  /** Bodies of functions, methods and arrow functions: where, and how many lines. */
  readonly functions: readonly { readonly line: number; readonly lines: number }[];
  /** True when it consists of `export … from` only. */
  readonly onlyReExports: boolean;
  readonly lines: number;
}

export function readSource(path: string, text: string): Source {
  const tokens = tokenize(text);
  const { imports, rest } = importsOf(tokens);
  return {
    path,
    text,
    tokens,
    imports,
    functions: functionsOf(tokens),
    onlyReExports: rest === 0 && imports.some((each) => each.reExport),
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
  };
}

const pieces =
  /(?<space>\s+|\/\/[^\n]*|\/\*[^]*?\*\/|^#![^\n]*)|(?<string>'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*")|(?<number>\d[\w.]*)|(?<word>[\p{ID_Start}$_#][\p{ID_Continue}$]*)|(?<mark>=>|\.\.\.|\?\.|[^])/uy;
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
// After one of these a slash divides; after anything else it opens a regular expression.
const endsOperand = /^[\w$)\]}'"`]/;
const beforeRegex = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'await',
  'yield',
]);

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  // Depth of braces inside each open `${`.
  const templates: number[] = [];
  let line = 1;
  let at = 0;
  const push = (kind: Token['kind'], end: number): void => {
    const part = text.slice(at, end);
    tokens.push({ kind, text: part, line });
    line += part.split('\n').length - 1;
    at = end;
  };
  while (at < text.length) {
    const depth = templates.at(-1);
    const character = text[at];
    if (character === '`' || (character === '}' && depth === 0)) {
      if (character === '}') templates.pop();
      const end = templateEnd(text, at + 1);
      push('template', end);
      if (text[end - 1] === '{') templates.push(0);
      continue;
    }
    const last = tokens.at(-1);
    if (character === '/' && text[at + 1] !== '/' && text[at + 1] !== '*' && opensRegex(last)) {
      regex.lastIndex = at;
      if (regex.test(text)) {
        push('regex', regex.lastIndex);
        continue;
      }
    }
    pieces.lastIndex = at;
    const groups = pieces.exec(text)?.groups ?? {};
    if (depth !== undefined && character === '{') templates.splice(-1, 1, depth + 1);
    if (depth !== undefined && character === '}') templates.splice(-1, 1, depth - 1);
    const kind = (['string', 'number', 'word', 'mark'] as const).find((each) => groups[each] !== undefined);
    if (kind) {
      push(kind, pieces.lastIndex);
    } else {
      line += text.slice(at, pieces.lastIndex).split('\n').length - 1;
      at = pieces.lastIndex;
    }
  }
  return tokens;
}

function opensRegex(last: Token | undefined): boolean {
  if (!last) return true;
  if (last.kind === 'word') return beforeRegex.has(last.text);
  return !endsOperand.test(last.text.slice(-1));
}

/** Just behind the closing backtick, or behind the `${` that interrupts the template. */
function templateEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return at + 1;
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2;
  }
  return text.length;
}

/** The imports, and how many tokens belong to anything else. */
function importsOf(tokens: readonly Token[]): { imports: Import[]; rest: number } {
  const imports: Import[] = [];
  let rest = 0;
  for (let at = 0; at < tokens.length; at++) {
    const found = tokens[at - 1]?.text === '.' ? undefined : importAt(tokens, at);
    if (found) {
      imports.push(found.import);
      at = found.end;
    } else if (tokens[at]?.text !== ';') {
      rest++;
    }
  }
  return { imports, rest };
}

function importAt(tokens: readonly Token[], at: number): { import: Import; end: number } | undefined {
  const [keyword, next] = [tokens[at], tokens[at + 1]];
  if (keyword?.kind !== 'word' || !next || (keyword.text !== 'import' && keyword.text !== 'export')) return undefined;
  const reExport = keyword.text === 'export';
  const base = { reExport, line: keyword.line };
  if (!reExport && next.text === '(') {
    const name = tokens[at + 2];
    // `import('…').Type` in a type is erased; it still is an edge.
    const from = name?.kind === 'string' && tokens[at + 3]?.text !== '+' ? name.text.slice(1, -1) : undefined;
    return { import: { ...base, from, typeOnly: false, names: [] }, end: at + 2 };
  }
  if (!reExport && next.kind === 'string') {
    return { import: { ...base, from: next.text.slice(1, -1), typeOnly: false, names: [] }, end: at + 1 };
  }
  if (
    reExport &&
    next.text !== '{' &&
    next.text !== '*' &&
    !(next.text === 'type' && /^[{*]$/.test(tokens[at + 2]?.text ?? ''))
  ) {
    return undefined;
  }
  for (let end = at + 1; end < tokens.length && !/^[;=(]$/.test(tokens[end]?.text ?? ''); end++) {
    const from = tokens[end + 1];
    if (tokens[end]?.text !== 'from' || from?.kind !== 'string') continue;
    const clause = tokens.slice(at + 1, end).map((each) => each.text);
    return {
      import: { ...base, from: from.text.slice(1, -1), typeOnly: isTypeOnly(clause), names: clause },
      end: end + 1,
    };
  }
  return undefined;
}

function isTypeOnly(clause: readonly string[]): boolean {
  if (clause[0] === 'type' && clause[1] !== ',' && clause.length > 1) return true;
  if (clause[0] !== '{') return false;
  const members = clause
    .slice(1, -1)
    .join(' ')
    .split(' , ')
    .map((each) => each.trim())
    .filter(Boolean);
  return members.length > 0 && members.every((each) => each.startsWith('type '));
}

const statements = new Set(['if', 'for', 'while', 'switch', 'catch', 'with']);

function functionsOf(tokens: readonly Token[]): { line: number; lines: number }[] {
  const closing = new Map<number, number>();
  const opening = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach((token, at) => {
    if (token.kind !== 'mark') return;
    if ('([{'.includes(token.text)) open.push(at);
    if (')]}'.includes(token.text)) {
      const start = open.pop();
      if (start !== undefined) {
        closing.set(start, at);
        opening.set(at, start);
      }
    }
  });
  const found: { line: number; lines: number }[] = [];
  for (const [start, end] of closing) {
    const first = tokens[start];
    if (first?.text !== '{' || !isFunctionBody(tokens, opening, start)) continue;
    found.push({ line: first.line, lines: (tokens[end]?.line ?? first.line) - first.line + 1 });
  }
  return found;
}

/** Whether the brace at `at` opens the body of a function: it follows `=>`, or a parameter list with or without a return type. */
function isFunctionBody(tokens: readonly Token[], opening: ReadonlyMap<number, number>, at: number): boolean {
  if (tokens[at - 1]?.text === '=>') return true;
  for (let back = at - 1; back >= 0; back--) {
    const token = tokens[back];
    if (!token) return false;
    if (token.text === ')' && (back === at - 1 || tokens[back + 1]?.text === ':')) {
      const before = tokens[(opening.get(back) ?? 0) - 1];
      return !(before && statements.has(before.text));
    }
    if (/^(?:;|=|=>|class|interface|return|else|try|finally|do|enum)$/.test(token.text)) return false;
    const start = opening.get(back);
    if (start !== undefined) back = start;
    else if ('([{'.includes(token.text)) return false;
  }
  return false;
}
