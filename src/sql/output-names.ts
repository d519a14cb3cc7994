// The name PostgreSQL gives an output column that has none: FigureColname of parse_target.c, the same in 14 to 18.

import type { Node } from 'libpg-query';
import { anyName } from './lineage.ts';
import { isStar } from './names.ts';
import { kindOf, type NodeKind, stringOf } from './walk.ts';

const nameless = '?column?';

/** Whose names no other name takes the place of. */
const fixed: { readonly [K in NodeKind]?: string } = {
  GroupingFunc: 'grouping',
  MergeSupportFunc: 'merge_action',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  CoalesceExpr: 'coalesce',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
};

const unnamed: ReadonlySet<NodeKind> = new Set([
  'A_Const',
  'ParamRef',
  'BoolExpr',
  'NullTest',
  'BooleanTest',
  'SetToDefault',
  'CurrentOfExpr',
  'JsonIsPredicate',
]);

interface Named {
  readonly name: string;
  /** Not to be replaced by the name of a type or `case` around it. */
  readonly firm: boolean;
}

const none: Named = { name: nameless, firm: false };

/** `anyName` where that is not known. */
export function outputName(node: Node | undefined): string {
  return figure(node).name;
}

function figure(node: Node | undefined): Named {
  if (!node) return none;
  const firm = (name: string | undefined): Named => (name === undefined ? none : { name, firm: true });
  if ('ColumnRef' in node) return firm(node.ColumnRef.fields?.map(stringOf).findLast((each) => each !== undefined));
  if ('FuncCall' in node) return firm(stringOf(node.FuncCall.funcname?.at(-1)));
  if ('A_Indirection' in node) {
    const field = node.A_Indirection.indirection?.map(stringOf).findLast((each) => each !== undefined);
    return field === undefined ? figure(node.A_Indirection.arg) : firm(field);
  }
  if ('CollateClause' in node) return figure(node.CollateClause.arg);
  if ('TypeCast' in node) {
    const inner = figure(node.TypeCast.arg);
    const type = stringOf(node.TypeCast.typeName?.names?.at(-1));
    return inner.firm || type === undefined ? inner : { name: type, firm: false };
  }
  if ('CaseExpr' in node) {
    const otherwise = figure(node.CaseExpr.defresult);
    return otherwise.firm ? otherwise : { name: 'case', firm: false };
  }
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? firm('nullif') : none;
  if ('MinMaxExpr' in node) return firm(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  if ('SQLValueFunction' in node)
    return firm(node.SQLValueFunction.op?.replace(/^SVFOP_|_N$/g, '').toLowerCase() ?? anyName);
  if ('JsonFuncExpr' in node) return firm(node.JsonFuncExpr.op?.replace(/_OP$/, '').toLowerCase() ?? anyName);
  if ('SubLink' in node) {
    const { subLinkType, subselect } = node.SubLink;
    if (subLinkType === 'EXISTS_SUBLINK') return firm('exists');
    if (subLinkType === 'ARRAY_SUBLINK') return firm('array');
    return subLinkType === 'EXPR_SUBLINK' && subselect ? firm(firstName(subselect)) : none;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a node's only key is its kind
  const kind = kindOf(node) as NodeKind;
  return fixed[kind] === undefined && !unnamed.has(kind) ? firm(anyName) : firm(fixed[kind]);
}

/** Of a scalar subquery: the name of its column. */
function firstName(query: Node): string {
  if (!('SelectStmt' in query)) return anyName;
  const { larg, valuesLists, targetList } = query.SelectStmt;
  if (larg) return firstName({ SelectStmt: larg });
  if (valuesLists?.length) return 'column1';
  const [first] = targetList ?? [];
  if (!first || !('ResTarget' in first) || isStar(first.ResTarget.val)) return anyName;
  return first.ResTarget.name ?? outputName(first.ResTarget.val);
}
