// Expressions → lineage. Closed world: a kind of node that is not in the table is refused. On the way it notes what filters
// and what could tell a protected value by failing.

import type { A_Expr, CaseExpr, FuncCall, Node, SortBy, SubLink, WindowDef } from 'libpg-query';
import { mayTell } from './functions.ts';
import { type Lineage, nothing, type Scope, unite, untraced } from './lineage.ts';
import { columnReference, fieldOrCall, isFieldOfRow } from './names.ts';
import { comparisonsOf, isSilentOperator } from './operators.ts';
import { isServerSetting, settingOfUsers } from './settings.ts';
import { isTextualType } from './types.ts';
import {
  functionOf,
  impliedOperators,
  kindOf,
  type NodeKind,
  type NodeOf,
  operatorOf,
  stringOf,
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

/** A condition, a sort key, a group: it decides which rows there are. */
export function filtering(walk: Walk, node: Node | undefined, scope: Scope): Lineage {
  const lineage = expression(walk, node, scope);
  walk.findings.filter(lineage);
  return lineage;
}

export function filteringAll(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Lineage {
  return unite((nodes ?? []).map((node) => filtering(walk, node, scope)));
}

/** ORDER BY inside a call or a window, where neither positions nor output names count. */
function sorting(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope): Lineage {
  return unite(
    (nodes ?? []).map((node) => filtering(walk, 'SortBy' in node ? sortKey(walk, node.SortBy) : node, scope)),
  );
}

export function sortKey(walk: Walk, sort: SortBy): Node | undefined {
  if (sort.useOp?.length) operatorOf(walk, sort.useOp);
  return sort.node;
}

export function window(walk: Walk, def: WindowDef, scope: Scope): Lineage {
  return unite([
    filteringAll(walk, def.partitionClause, scope),
    sorting(walk, def.orderClause, scope),
    filtering(walk, def.startOffset, scope),
    filtering(walk, def.endOffset, scope),
  ]);
}

type Handler<K extends NodeKind> = (walk: Walk, node: NodeOf<K>, scope: Scope) => Lineage;

/** Its parts decide by failing: a protected one is filtered by. */
function telling(walk: Walk, nodes: readonly (Node | undefined)[], scope: Scope): Lineage {
  const lineage = unite(nodes.map((node) => expression(walk, node, scope)));
  walk.findings.mayTell(lineage);
  return lineage;
}

const constant = (): Lineage => nothing;

const handlers: { readonly [K in NodeKind]?: Handler<K> } = {
  A_Const: constant,
  ParamRef: constant,
  SetToDefault: constant,
  SQLValueFunction: constant,
  MergeSupportFunc: constant,
  CurrentOfExpr: constant,
  ColumnRef: columnReference,
  A_Expr: operation,
  BoolExpr: (walk, node, scope) => telling(walk, node.args ?? [], scope),
  NullTest: (walk, node, scope) => telling(walk, [node.arg], scope),
  BooleanTest: (walk, node, scope) => telling(walk, [node.arg], scope),
  MinMaxExpr: (walk, node, scope) => telling(walk, node.args ?? [], scope),
  CaseExpr: choice,
  CoalesceExpr: (walk, node, scope) => {
    const simple = (node.args ?? []).every((each) => 'ColumnRef' in each || isConstant(each));
    return simple ? expressions(walk, node.args, scope) : telling(walk, node.args ?? [], scope);
  },
  FuncCall: call,
  TypeCast: (walk, node, scope) => {
    const type = typeOf(walk, node.typeName);
    return isTextualType(type) ? expression(walk, node.arg, scope) : telling(walk, [node.arg], scope);
  },
  CollateClause: (walk, node, scope) => expression(walk, node.arg, scope),
  SubLink: sublink,
  A_Indirection: (walk, node, scope) => {
    for (const part of node.indirection ?? []) {
      const field = stringOf(part);
      if (field !== undefined && !isFieldOfRow(node.arg, field, scope)) fieldOrCall(walk, field);
    }
    return unite([expression(walk, node.arg, scope), expressions(walk, node.indirection, scope)]);
  },
  String: constant,
  A_Star: constant,
  A_Indices: (walk, node, scope) => telling(walk, [node.lidx, node.uidx], scope),
  // Arrays inside an array must be of one size, or it fails.
  A_ArrayExpr: (walk, node, scope) => telling(walk, node.elements ?? [], scope),
  RowExpr: (walk, node, scope) => expressions(walk, node.args, scope),
  List: (walk, node, scope) => expressions(walk, node.items, scope),
  GroupingFunc: (walk, node, scope) => expressions(walk, node.args, scope),
  NamedArgExpr: (walk, node, scope) => expression(walk, node.arg, scope),
  MultiAssignRef: (walk, node, scope) => expression(walk, node.source, scope),
  JsonValueExpr: (walk, node, scope) => expression(walk, node.raw_expr ?? node.formatted_expr, scope),
  JsonObjectConstructor: json('json_object'),
  JsonArrayConstructor: json('json_array'),
  JsonArrayQueryConstructor: json('json_array'),
  JsonObjectAgg: json('json_objectagg'),
  JsonArrayAgg: json('json_arrayagg'),
  JsonParseExpr: json('json'),
  JsonScalarExpr: json('json_scalar'),
  JsonSerializeExpr: json('json_serialize'),
  JsonFuncExpr: json('json_value', 'json_query', 'json_exists'),
  JsonIsPredicate: (walk, node, scope) => telling(walk, [node.expr], scope),
};

const byKind: ReadonlyMap<string, (walk: Walk, node: never, scope: Scope) => Lineage> = new Map(
  Object.entries(handlers),
);

/** Whether an expression has the same value for every row, whatever the data. */
function isConstant(node: Node | undefined): boolean {
  if (!node || !kindOf(node)) return true;
  if ('A_Const' in node || 'ParamRef' in node) return true;
  return 'TypeCast' in node && isConstant(node.TypeCast.arg);
}

function operation(walk: Walk, node: A_Expr, scope: Scope): Lineage {
  const name = operatorOf(walk, node.name);
  const compared = comparisonsOf[name];
  if (compared) impliedOperators(walk, compared);
  const operands = [node.lexpr, node.rexpr];
  if (node.kind === 'AEXPR_OP' && isSilentOperator(name)) {
    return unite(operands.map((each) => expression(walk, each, scope)));
  }
  return telling(walk, operands, scope);
}

function choice(walk: Walk, node: CaseExpr, scope: Scope): Lineage {
  if (node.arg) impliedOperators(walk, ['=']);
  const parts = [telling(walk, [node.arg], scope)];
  for (const branch of node.args ?? []) {
    if (!('CaseWhen' in branch)) continue;
    parts.push(telling(walk, [branch.CaseWhen.expr], scope), expression(walk, branch.CaseWhen.result, scope));
  }
  return unite([...parts, expression(walk, node.defresult, scope)]);
}

function call(walk: Walk, node: FuncCall, scope: Scope): Lineage {
  const name = functionOf(walk, node);
  const args = node.args ?? [];
  if (name === 'current_setting' && !isServerSetting(textOf(args[0]) ?? '.')) {
    walk.findings.refuse('not_provable', settingOfUsers);
  }
  const given = expressions(walk, args, scope);
  const varying = args.flatMap((each, at) => (isConstant(each) ? [] : [at]));
  if (node.agg_distinct) walk.findings.filter(given);
  else if (node.func_variadic || mayTell(name, varying)) walk.findings.mayTell(given);
  return unite([
    given,
    sorting(walk, node.agg_order, scope),
    filtering(walk, node.agg_filter, scope),
    node.over ? window(walk, node.over, scope) : nothing,
  ]);
}

/** The text of a constant. */
function textOf(node: Node | undefined): string | undefined {
  return node && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
}

function sublink(walk: Walk, node: SubLink, scope: Scope): Lineage {
  if (!node.subselect) return nothing;
  const rows = walk.rows(node.subselect, scope);
  if (node.subLinkType === 'EXISTS_SUBLINK') return nothing;
  if (node.subLinkType === 'EXPR_SUBLINK' || node.subLinkType === 'ARRAY_SUBLINK') return rows.whole;
  // x IN (…), x op ANY (…): compared, row by row.
  if (node.operName?.length) operatorOf(walk, node.operName);
  else impliedOperators(walk, ['=']);
  const lineage = unite([expression(walk, node.testexpr, scope), rows.whole]);
  walk.findings.filter(lineage);
  return lineage;
}

/** SQL/JSON constructors and queries. Servers that do not know their syntax take them for calls of functions. */
function json(...names: readonly string[]): (walk: Walk, node: object, scope: Scope) => Lineage {
  return (walk, node, scope) => {
    if (names.some((name) => walk.catalog.isUserFunction(name))) {
      walk.findings.hide('The statement calls a function that is not known to be safe.');
    }
    const lineage = insideJson(walk, node, scope);
    walk.findings.mayTell(lineage);
    return lineage;
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
