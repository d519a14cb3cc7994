// Expressions → lineage. Closed world: a kind of node that is not in the table is refused. On the way it notes what filters
// and what could tell a protected value by failing.

import type { A_Expr, A_Indirection, CaseExpr, Node, SubLink, TypeCast } from 'libpg-query';
import { call } from './calls.ts';
import { filtering, sorting, telling, window } from './conditions.ts';
import { alike, raisesOn } from './failing.ts';
import { neverFails } from './functions.ts';
import { isOfUnknownType, mayHold } from './held-types.ts';
import {
  absentBy,
  as,
  commonType,
  either,
  exactType,
  inArray,
  isNothing,
  isOfCatalog,
  isProtected,
  type Lineage,
  literal,
  nothing,
  nullValue,
  type Scope,
  sized,
  typed,
  unite,
  untraced,
} from './lineage.ts';
import { columnReference, fieldOrCall, inShape, isStar, rowOf } from './names.ts';
import { comparisonsOf, isArithmetic, isCatalogKeyword, isTest, joins, takesOut } from './operators.ts';
import {
  bytesCast,
  bytesGathered,
  bytesJoined,
  bytesListed,
  bytesOfText,
  bytesQuoted,
  measured,
  parameterBytes,
} from './sizes.ts';
import { treeText } from './tree-text.ts';
import { isMomentType, isTextualType, isZonedType } from './types.ts';
import {
  impliedOperators,
  isArrayColumn,
  isConstant,
  isMoment,
  isScalarColumn,
  isZoned,
  kindOf,
  type NodeKind,
  type NodeOf,
  operatorOf,
  stringOf,
  stringsOf,
  typeOf,
  type Walk,
} from './walk.ts';

/** What an expression's value derives from. */
export function expression(walk: Walk, node: Node | undefined, scope: Scope): Lineage {
  const kind = kindOf(node);
  if (!node || kind === undefined) return nothing;
  const handle = byKind.get(kind);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a node's kind is the type of what it holds
  if (handle) return handle(walk, (node as unknown as Record<string, never>)[kind] as never, scope);
  walk.findings.refuse('not_provable', `The statement has a part that cannot be analysed (${kind}).`);
  return untraced;
}

export function expressions(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Lineage {
  return unite((nodes ?? []).map((node) => expression(walk, node, scope)));
}

type Handler<K extends NodeKind> = (walk: Walk, node: NodeOf<K>, scope: Scope) => Lineage;

/** Yes or no to what its parts, which the statement is allowed to filter by, are. */
function asking(walk: Walk, nodes: readonly (Node | undefined)[], scope: Scope): Lineage {
  return as(telling(walk, nodes, scope), { kind: 'answer' });
}

/** Whether it never fails and does nothing, so that nobody can tell whether it was computed. */
function isSteady(node: Node): boolean {
  if ('ColumnRef' in node || 'SQLValueFunction' in node || isConstant(node)) return true;
  return (
    'FuncCall' in node &&
    neverFails(stringsOf(node.FuncCall.funcname).at(-1) ?? '', node.FuncCall.args?.length ?? 0) &&
    (node.FuncCall.args ?? []).every(isSteady)
  );
}

const constant = (): Lineage => nothing;
const parameter: Lineage = sized(nothing, parameterBytes);

const handlers: { readonly [K in NodeKind]?: Handler<K> } = {
  A_Const: (walk, node) =>
    node.isnull ? nullValue : measured(walk, literal, bytesOfText(node.sval?.sval ?? node.bsval?.bsval ?? '')),
  ParamRef: () => parameter,
  SetToDefault: constant,
  SQLValueFunction: constant,
  MergeSupportFunc: sinceLater('merge_action'),
  CurrentOfExpr: constant,
  ColumnRef: columnReference,
  A_Expr: operation,
  BoolExpr: (walk, node, scope) => asking(walk, node.args ?? [], scope),
  NullTest: (walk, node, scope) => {
    const lineage = expression(walk, node.arg, scope);
    if (isOfCatalog(lineage)) return nothing;
    walk.findings.mayTell(lineage);
    return as(unite([lineage]), { kind: 'answer' });
  },
  BooleanTest: (walk, node, scope) => asking(walk, [node.arg], scope),
  MinMaxExpr: (walk, node, scope) => telling(walk, node.args ?? [], scope),
  CaseExpr: choice,
  CoalesceExpr: (walk, node, scope) => {
    const parts = (node.args ?? []).map((each) => expression(walk, each, scope));
    // The first is computed whatever it is.
    if (!node.args?.slice(1).every(isSteady))
      for (const part of parts) if (!isOfCatalog(part)) walk.findings.mayTell(part);
    alike(walk, parts);
    return either(parts);
  },
  FuncCall: call,
  TypeCast: cast,
  CollateClause: (walk, node, scope) => expression(walk, node.arg, scope),
  SubLink: sublink,
  A_Indirection: part,
  String: constant,
  A_Star: constant,
  A_Indices: (walk, node, scope) => telling(walk, [node.lidx, node.uidx], scope),
  // Arrays inside an array must be of one size, or it fails.
  A_ArrayExpr: (walk, node, scope) => {
    const parts = (node.elements ?? []).map((each) => expression(walk, each, scope));
    for (const each of parts) if (!isScalarColumn(walk, each)) walk.findings.mayTell(each);
    alike(walk, parts);
    const element = commonType(parts);
    const array = parts.every((each) => isScalarColumn(walk, each)) ? inArray(either(parts)) : unite(parts);
    const type = element === undefined || element === 'literal' ? undefined : `_${element}`;
    return measured(walk, typed(array, type), bytesListed(walk, parts));
  },
  RowExpr: (walk, node, scope) => {
    const parts = (node.args ?? []).map((each) => expression(walk, each, scope));
    return measured(walk, typed(unite(parts), 'record'), bytesQuoted(parts));
  },
  List: (walk, node, scope) => expressions(walk, node.items, scope),
  GroupingFunc: (walk, node, scope) => {
    expressions(walk, node.args, scope);
    return nothing;
  },
  NamedArgExpr: (walk, node, scope) => expression(walk, node.arg, scope),
  MultiAssignRef: (walk, node, scope) => unite([expression(walk, node.source, scope)]),
  JsonValueExpr: (walk, node, scope) => expression(walk, node.raw_expr ?? node.formatted_expr, scope),
  JsonObjectConstructor: sinceLater('json_object'),
  JsonArrayConstructor: sinceLater('json_array'),
  JsonArrayQueryConstructor: sinceLater('json_array'),
  JsonObjectAgg: sinceLater('json_objectagg'),
  JsonArrayAgg: sinceLater('json_arrayagg'),
  JsonParseExpr: sinceLater('json'),
  JsonScalarExpr: sinceLater('json_scalar'),
  JsonSerializeExpr: sinceLater('json_serialize'),
  JsonFuncExpr: sinceLater('json_value', 'json_query', 'json_exists'),
  JsonIsPredicate: (walk, node, scope) => asking(walk, [node.expr], scope),
};

const byKind: ReadonlyMap<string, (walk: Walk, node: never, scope: Scope) => Lineage> = new Map(
  Object.entries(handlers),
);

function operation(walk: Walk, node: A_Expr, scope: Scope): Lineage {
  const name = operatorOf(walk, node.name);
  const compared = comparisonsOf[name];
  if (compared) impliedOperators(walk, compared);
  const operands = [node.lexpr, node.rexpr];
  const [left = nothing, right = nothing] = operands.map((each) => expression(walk, each, scope));
  walk.findings.meet([left, right]);
  if (node.kind === 'AEXPR_OP' && takesOut(name)) {
    if (raisesOn(walk, name, [left])) walk.findings.mayTell(left);
    return absentBy(unite([left, right]));
  }
  if (node.kind === 'AEXPR_OP' && joins(name)) {
    // What an extension means by it, as ltree does, may fail on a text.
    const isKnown = ![left, right].some((each) => isOfUnknownType(walk.catalog, each));
    if (!isKnown || isArrayBeside(walk, left, node.rexpr) || fills(walk, left, node)) walk.findings.mayTell(left);
    if (!isKnown || isArrayBeside(walk, right, node.lexpr) || fills(walk, right, node)) walk.findings.mayTell(right);
    return measured(walk, unite([left, right]), bytesJoined([left, right]));
  }
  if (left.form?.kind === 'definition' && asksForKeyword(node, name)) return nothing;
  walk.findings.mayTell(left);
  walk.findings.mayTell(right);
  walk.findings.bring(unite([left, right]));
  if (node.kind === 'AEXPR_NULLIF') return isProtected(right) ? unite([left, right]) : typed(left, undefined);
  const isAnswer = node.kind !== 'AEXPR_OP' || (isTest(name) && node.lexpr !== undefined);
  const both = unite([left, right]);
  if (isAnswer) return as(both, { kind: 'answer' });
  return isArithmetic(name) ? typed(both, exactType([left, right])) : both;
}

/** Whether this is, or beside this other operand could be, an array whose dimensions decide whether `||` fails. */
function isArrayBeside(walk: Walk, { form }: Lineage, other: Node | undefined): boolean {
  if (form?.kind === 'column') return !['base', 'enum', 'domain'].includes(walk.catalog.type(form.typeOid).kind);
  if (form !== undefined || !other) return false;
  if ('TypeCast' in other) return (other.TypeCast.typeName?.arrayBounds?.length ?? 0) > 0;
  return 'A_ArrayExpr' in other || /^\s*[[{]/.test(textOf(other));
}

const merged: ReadonlySet<string> = new Set(['tsvector', 'jsonb', 'hstore']);

/**
 * Where what is in both is kept once, how much there is of it says what is alike: beside a value that comes to the limit of its type,
 * as one may have written into a column. Beside itself a column is as much as it was.
 */
function fills(walk: Walk, lineage: Lineage, { lexpr, rexpr }: A_Expr): boolean {
  const isSmall = [lexpr, rexpr].some((each) => each && 'A_Const' in each && textOf(each).length < 1_000);
  const isTwice = lexpr && rexpr && 'ColumnRef' in lexpr && treeText(lexpr) === treeText(rexpr);
  return !isSmall && !isTwice && mayHold(walk.catalog, lineage, merged);
}

/** What tools ask of definitions: whether a default is NULL or a sequence's next value, whether a partition is the default one. */
function asksForKeyword({ kind, rexpr }: A_Expr, operator: string): boolean {
  const isPattern = kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE' || operator === '~' || operator === '~*';
  if (isPattern) return /^[%^]?nextval(?:\\?\(|%|$)/i.test(textOf(rexpr));
  if (kind !== 'AEXPR_OP' || (operator !== '=' && operator !== '<>')) return false;
  return isCatalogKeyword(textOf(rexpr)) || /^nextval\('$/.test(textOf(firstOf(rexpr)));
}

/** The first part of a text that is put together. */
function firstOf(node: Node | undefined): Node | undefined {
  const isChain = node && 'A_Expr' in node && stringOf(node.A_Expr.name?.[0]) === '||';
  return isChain ? firstOf(node.A_Expr.lexpr) : node;
}

function textOf(node: Node | undefined): string {
  return node && 'A_Const' in node ? (node.A_Const.sval?.sval ?? '') : '';
}

function choice(walk: Walk, node: CaseExpr, scope: Scope): Lineage {
  if (node.arg) impliedOperators(walk, ['=']);
  const conditions = [telling(walk, [node.arg], scope)];
  const results: Lineage[] = [];
  for (const branch of node.args ?? []) {
    if (!('CaseWhen' in branch)) continue;
    conditions.push(telling(walk, [branch.CaseWhen.expr], scope));
    results.push(outcome(walk, branch.CaseWhen.result, scope));
  }
  if (node.defresult) results.push(outcome(walk, node.defresult, scope));
  const asked = unite(conditions);
  if (node.arg) walk.findings.meet(conditions);
  walk.findings.bring(asked);
  alike(walk, results);
  const result = either(results);
  if (!isProtected(asked)) return result;
  return isProtected(result) ? unite([asked, result]) : as(asked, { kind: 'answer' });
}

/** A mark or nothing at all, in place of a definition, is nothing that its literals could be compared with. */
function outcome(walk: Walk, node: Node | undefined, scope: Scope): Lineage {
  const lineage = expression(walk, node, scope);
  const constant =
    node && 'TypeCast' in node && isTextualType(typeOf(walk, node.TypeCast.typeName)) ? node.TypeCast.arg : node;
  return isNothing(lineage) && constant && 'A_Const' in constant && /^[*-]?$/.test(constant.A_Const.sval?.sval ?? 'x')
    ? nullValue
    : lineage;
}

/**
 * INVARIANT: a date stays one only from one date type to another; every other cast says what it likes of the value. Which instant a
 * day is depends on the zone that the client sets, and then so would the year that is shown of it.
 */
function cast(walk: Walk, node: TypeCast, scope: Scope): Lineage {
  const type = typeOf(walk, node.typeName);
  const lineage = typed(castTo(walk, node, type, scope), type);
  return measured(walk, lineage, bytesCast(lineage, node.typeName));
}

function castTo(walk: Walk, node: TypeCast, type: string, scope: Scope): Lineage {
  const lineage = expression(walk, node.arg, scope);
  if (isMomentType(type) && isMoment(walk, lineage)) {
    const zoned = isZonedType(type);
    return zoned && !isZoned(walk, lineage) ? unite([lineage]) : as(lineage, { kind: 'moment', zoned });
  }
  if (!isTextualType(type) && !isRowOf(node, type, scope)) walk.findings.mayTell(lineage);
  // How long a text is, is all a cast of a definition changes.
  return lineage.form?.kind === 'definition' && isTextualType(type) ? lineage : unite([lineage]);
}

/** A row as what it is: so the server writes down that a view shows one (`p.*::patients`). */
function isRowOf({ arg }: TypeCast, type: string, scope: Scope): boolean {
  if (!isStar(arg) || !arg || !('ColumnRef' in arg) || arg.ColumnRef.fields?.length !== 2) return false;
  const name = stringOf(arg.ColumnRef.fields[0]);
  const source = [...scope.levels()].flat().find((each) => each.name === name);
  return source?.relation?.name === type;
}

/** `(row).column`, `array[1]`, `document['key']`, `(value).function`. */
function part(walk: Walk, node: A_Indirection, scope: Scope): Lineage {
  const [first, ...others] = node.indirection ?? [];
  const field = stringOf(first);
  const row = field === undefined ? undefined : rowOf(node.arg, scope);
  const column = row && field !== undefined && row.shape.columns?.some((each) => each.name === field);
  let lineage: Lineage;
  if (row && column) {
    lineage = inShape(row.shape, field ?? '') ?? untraced;
    walk.findings.use(lineage);
  } else {
    lineage = element(walk, expression(walk, node.arg, scope), first, scope);
  }
  for (const each of others) lineage = element(walk, lineage, each, scope);
  return lineage;
}

function element(walk: Walk, of: Lineage, by: Node | undefined, scope: Scope): Lineage {
  const field = stringOf(by);
  if (field !== undefined) {
    if (of.form?.kind === 'row') {
      const column = of.form.shape.columns?.find((each) => each.name === field);
      if (column) return column.lineage;
    }
    return fieldOrCall(walk, field, of);
  }
  const at = expression(walk, by, scope);
  // How long an array is that is masked as a whole, is not told.
  const isKnown = of.form?.kind === 'column' && of.form.cls !== 'unknown';
  return !isProtected(at) && isKnown && isArrayColumn(walk, of) ? of : absentBy(unite([of, at]));
}

function sublink(walk: Walk, node: SubLink, scope: Scope): Lineage {
  if (!node.subselect) return nothing;
  if (node.subLinkType === 'EXISTS_SUBLINK') {
    const { star } = walk.findings;
    walk.rows(node.subselect, scope);
    // `EXISTS (SELECT * …)` asks for no column.
    walk.findings.star = star;
    return nothing;
  }
  const rows = walk.rows(node.subselect, scope);
  if (node.subLinkType === 'EXPR_SUBLINK')
    return (rows.columns?.length === 1 && rows.columns[0]?.lineage) || rows.whole;
  if (node.subLinkType === 'ARRAY_SUBLINK') {
    const [column] = rows.columns ?? [];
    const array = column && isScalarColumn(walk, column.lineage) ? inArray(column.lineage) : rows.whole;
    return measured(walk, array, bytesGathered(walk, [array]));
  }
  // x IN (…), x op ANY (…): compared, row by row.
  if (node.operName?.length) operatorOf(walk, node.operName);
  else impliedOperators(walk, ['=']);
  const tested = expression(walk, node.testexpr, scope);
  const lineage = unite([tested, rows.whole]);
  walk.findings.meet([tested, rows.whole]);
  walk.findings.filter(lineage);
  return as(lineage, { kind: 'answer' });
}

/** Syntax of later releases, SQL/JSON above all. Servers that do not know it take it for calls of functions. */
function sinceLater(...names: readonly string[]): (walk: Walk, node: object, scope: Scope) => Lineage {
  return (walk, node, scope) => {
    if (names.some((name) => walk.catalog.isUserFunction(name))) {
      walk.findings.hide('The statement calls a function that is not known to be safe.');
    }
    const lineage = insideJson(walk, node, scope);
    walk.findings.mayTell(lineage);
    return measured(walk, lineage, bytesGathered(walk, [lineage]));
  };
}

/** These only group the parts of a SQL/JSON expression. */
const jsonParts: ReadonlySet<string> = new Set([
  'JsonKeyValue',
  'JsonValueExpr',
  'JsonArgument',
  'JsonOutput',
  'JsonBehavior',
  'JsonTablePathSpec',
  'JsonTableColumn',
  'JsonFormat',
  'JsonReturning',
  'JsonAggConstructor',
]);

/** Every expression, type and query below a SQL/JSON node, whose fields are nodes of their own or inlined. */
export function insideJson(walk: Walk, part: unknown, scope: Scope): Lineage {
  if (Array.isArray(part)) return unite(part.map((each) => insideJson(walk, each, scope)));
  if (typeof part !== 'object' || part === null) return nothing;
  const found: Lineage[] = [];
  for (const [key, value] of Object.entries(part)) {
    if (key === 'typeName') typeOf(walk, value);
    else if (key === 'alias') continue;
    else if (key === 'SelectStmt') found.push(walk.rows({ SelectStmt: value }, scope).whole);
    else if (key === 'over') found.push(window(walk, value, scope));
    else if (key === 'agg_filter') found.push(filtering(walk, value, scope));
    else if (key === 'agg_order') found.push(sorting(walk, value, scope));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- capitalised keys are kinds of nodes
    else if (/^[A-Z]/.test(key) && !jsonParts.has(key)) found.push(expression(walk, { [key]: value } as never, scope));
    else found.push(insideJson(walk, value, scope));
  }
  return unite(found);
}
