// Calls of functions → lineage: which may be called, which of them tell by failing, and of which the value says less than
// what it is computed from.

import type { FuncCall, Node } from 'libpg-query';
import { firstNormalOid } from '../core/postgres-type.ts';
import { filtering, sorting, window } from './conditions.ts';
import { documentMade } from './documents.ts';
import { alike, mayBeRange, raisesOn, takesAll } from './failing.ts';
import {
  counts,
  gathersObject,
  givesBound,
  isOfSequence,
  mayBeAbsent,
  mayTell,
  passesOn,
  ranks,
  writesDefinition,
} from './functions.ts';
import { isCoded, ofCodedType } from './held-types.ts';
import {
  absentBy,
  as,
  either,
  exactType,
  inArray,
  isDefinition,
  isOfCatalog,
  isProtected,
  type Lineage,
  nothing,
  type Scope,
  typed,
  unite,
} from './lineage.ts';
import { rowArgument } from './names.ts';
import { commentColumns, givesComment } from './relations.ts';
import { isFixedSetting, isServerSetting, settingAllowed, settingFree, settingOfUsers } from './settings.ts';
import { bytesOfCall, makesRows, measured } from './sizes.ts';
import { isBuiltinType } from './types.ts';
import {
  functionOf,
  isArrayColumn,
  isConstant,
  isDeclaredSafe,
  isMoment,
  isScalarColumn,
  stringsOf,
  type Walk,
} from './walk.ts';

export function call(walk: Walk, node: FuncCall, scope: Scope): Lineage {
  if (isDeclaredSafe(walk, node)) return callOfUsers(walk, node, scope);
  const args = node.args ?? [];
  const sets = setsSetting(node);
  const name = sets ? 'set_config' : functionOf(walk, node);
  if (sets) walk.findings.functions.add('set_config');
  if (name === 'current_setting') readsSetting(walk, args[0]);
  if (isOfSequence(name)) counter(walk, args);
  if (name === 'pg_show_all_settings') walk.findings.readsSettings = true;
  if (name === 'pg_input_is_valid') namesType(walk, args[1]);
  const given = args.map((each) => rowArgument(walk, each, scope) ?? walk.value(each, scope));
  if (given.length > 1 && given.some((each) => isCoded(walk.catalog, each))) walk.findings.hide(ofCodedType);
  noteTelling(walk, node, name, given);
  const around = [
    sorting(walk, node.agg_order, scope),
    filtering(walk, node.agg_filter, scope),
    node.over ? window(walk, node.over, scope) : nothing,
  ];
  if (node.agg_within_group && ranks(name)) return placeAmong(walk, given, around);
  if (counts(name) || ranks(name))
    return typed(as(unite(around), { kind: 'answer' }), name === 'count' ? 'int8' : undefined);
  const made = documentMade(walk, name, node, given) ?? valueOf(walk, name, args, given);
  makesRows(walk, name, node, given);
  const value = measured(walk, typed(made, typeOfResult(name, made, given)), bytesOfCall(walk, name, node, given));
  const asked = unite(around);
  return asked.classes.size > 0 ? unite([value, asked]) : value;
}

/** Undefined = not known. */
function typeOfResult(name: string, made: Lineage, [given]: readonly Lineage[]): string | undefined {
  if (name === 'min' || name === 'max') return given?.type;
  if (name === 'sum' || name === 'avg') return exactType(given ? [given] : []);
  return passesOn(name) && name !== 'unnest' ? made.type : undefined;
}

/** Where a given value would stand among those of a group: compared with each of them, and told as exactly as they lie close. */
function placeAmong({ findings }: Walk, given: readonly Lineage[], around: readonly Lineage[]): Lineage {
  const compared = unite([...given, ...around]);
  findings.filter(compared);
  return compared;
}

/** Nothing is known of how it computes: it may fail, or be NULL, because of whatever it is given. */
function callOfUsers(walk: Walk, node: FuncCall, scope: Scope): Lineage {
  walk.findings.functions.add(stringsOf(node.funcname).join('.'));
  const values = (node.args ?? []).map((each) => walk.value(each, scope));
  const given = unite(values);
  walk.findings.meet(values);
  walk.findings.mayTell(given);
  return absentBy(given);
}

/** `pg_get_serial_sequence` of a table and column that are written out. */
function isOfSerial(name: Node): boolean {
  if (!('FuncCall' in name)) return false;
  const { funcname, args = [] } = name.FuncCall;
  return stringsOf(funcname).at(-1) === 'pg_get_serial_sequence' && args.every(isConstant);
}

/** INVARIANT: which sequence is counted on is written out, so that no value decides it. */
function counter({ findings }: Walk, names: readonly Node[]): void {
  findings.writes = true;
  if (!names.every((each) => isConstant(each) || isOfSerial(each)))
    findings.hide('The statement counts on a sequence whose name is computed.');
}

/** The grammar's own names, which no other type takes. */
const ofSeveralWords = /^(?:double precision|character varying|(?:time|timestamp) with(?:out)? time zone)$/;

/** A type that is named in a text: its input function runs, and the checks of a domain. */
function namesType(walk: Walk, name: Node | undefined): void {
  const text = textOf(name) ?? '';
  const [, type = ''] = /^([a-z][a-z0-9]*)(?:\(\d+(?:, ?\d+)?\))?(?:\[\])?$/.exec(text) ?? [];
  const isBuiltIn = isBuiltinType(type) && !walk.catalog.isUserType(type);
  if (!(isBuiltIn || ofSeveralWords.test(text)))
    walk.findings.hide('The statement names a type in a text, and it is none that is built in.');
}

/** A setting whose name is a constant, or a parameter to be looked at when it is bound. */
function readsSetting({ findings }: Walk, name: Node | undefined): void {
  const inner = name && 'TypeCast' in name ? name.TypeCast.arg : name;
  if (!isFixedSetting(textOf(inner) ?? '')) findings.readsSettings = true;
  if (inner && 'ParamRef' in inner) findings.settingParams.add(inner.ParamRef.number ?? 0);
  else if (!isServerSetting(textOf(name) ?? '.')) findings.refuse('not_provable', settingOfUsers);
}

/** What may fail, or answer with more or fewer rows, because of what it is given. */
function noteTelling(walk: Walk, node: FuncCall, name: string, given: readonly Lineage[]): void {
  const varying = (node.args ?? []).flatMap((each, at) =>
    isConstant(each) || standsElsewhere(name, at, given[at]) ? [] : [at],
  );
  const all = unite(given);
  walk.findings.meet(given);
  if (node.agg_distinct) walk.findings.stand(all);
  else if (writesDefinition(name) && given.every(isPublic)) return;
  else if (gathersObject(name) && !isProtected(given[0] ?? nothing) && !raisesOn(walk, name, given)) return;
  else if (name === 'count' && all.nullTells) walk.findings.mayTell(all);
  else if (name === 'date' && given.every((each) => !isProtected(each) || isMoment(walk, each))) return;
  else if (name === 'array_agg' && given.every((each) => isScalarColumn(walk, each))) return;
  else if (name === 'format' && given.every((each) => !isProtected(each) || isDefinition(each))) return;
  else if (name === 'format' && !node.func_variadic && writesAnything(textOf(node.args?.[0]))) return;
  // With an encoding: there may be none of this name, or the bytes may not be in it.
  else if (name === 'length' && given.length > 1) walk.findings.mayTell(all);
  else if (node.func_variadic || mayTell(name, varying) || raisesOn(walk, name, given)) walk.findings.mayTell(all);
  else if (!takesAll(name, node.args ?? []) && !given.every(isPublic)) walk.findings.mayTell(all);
}

/** Of `lag` and `lead`: how many rows off, by what nobody hides, and what stands there where there is none. */
function standsElsewhere(name: string, at: number, given: Lineage = nothing): boolean {
  return (name === 'lag' || name === 'lead') && (at === 2 || (at === 1 && !isProtected(given)));
}

/** A format whose parts take any value: `%I` takes no NULL, and `*` a number only. */
function writesAnything(format: string | undefined): boolean {
  return format !== undefined && !/%[-\d$]*[^-\d$%sL]/.test(format);
}

/** Which definition is written down is no secret. */
function isPublic(lineage: Lineage): boolean {
  return !isProtected(lineage) || isOfCatalog(lineage);
}

/** What a definition may go through and still be masked as one. */
const keepsDefinition: ReadonlySet<string> = new Set(['lower', 'upper', 'btrim', 'array_agg']);

function valueOf(walk: Walk, name: string, args: readonly Node[], given: readonly Lineage[]): Lineage {
  const all = unite(given);
  const [first = nothing, second = nothing, third] = given;
  if (writesDefinition(name) && given.every(isPublic)) {
    if (isBuiltIn(walk, name, args[0])) return { classes: new Set(), columns: all.columns };
    return { classes: new Set(['unknown']), columns: all.columns, form: { kind: 'definition', mixed: false } };
  }
  if (givesComment(name)) return { classes: all.classes, columns: new Set([...all.columns, ...commentColumns]) };
  if (passesOn(name)) {
    if (name === 'unnest') return given.length === 1 && isArrayColumn(walk, first) ? first : all;
    // The row is chosen by a number, the value may be one that is given for none.
    if (third) alike(walk, [first, third]);
    return second.classes.size > 0 ? all : either(third ? [first, third] : [first]);
  }
  if (name === 'array_agg' && isScalarColumn(walk, first)) return inArray(first);
  if (isDefinition(first) && name === 'btrim' && textOf(args[1]) === '"') return as(all, { kind: 'word' });
  if (isDefinition(first) && keepsDefinition.has(name) && given.length === 1) return first;
  // The least and the greatest year are among those that are shown of each row.
  if ((name === 'min' || name === 'max') && isMoment(walk, first)) return as(all, { kind: 'year' });
  if (saysYear(walk, name, args, given)) return as(mayBeAbsent(name) ? absentBy(all) : all, { kind: 'year' });
  if (name === 'date' && isMoment(walk, first)) return as(first, { kind: 'moment', zoned: false });
  const isAbsent = mayBeAbsent(name) ? !isByPosition(name, args) : givesBound(name) && mayBeRange(walk, first);
  return isAbsent ? absentBy(all) : all;
}

/** Of a function or view that came with the server and is named by a constant, nobody has written anything into the definition. */
function isBuiltIn({ catalog }: Walk, name: string, node: Node | undefined): boolean {
  if (name !== 'pg_get_functiondef' && name !== 'pg_get_viewdef') return false;
  if (node && 'A_Const' in node)
    return node.A_Const.ival !== undefined && (node.A_Const.ival.ival ?? 0) < firstNormalOid;
  if (!node || !('TypeCast' in node) || stringsOf(node.TypeCast.typeName?.names).at(-1) !== 'regclass') return false;
  const [, schema = '', relation = ''] =
    /^(pg_catalog|information_schema)\.([a-z_]+)$/.exec(textOf(node.TypeCast.arg) ?? '') ?? [];
  return catalog.relation(schema, relation)?.system === true;
}

/** `substring` by numbers, not by a pattern: what a parameter is, the client decides. */
function isByPosition(name: string, [, ...positions]: readonly Node[]): boolean {
  return name === 'substring' && positions.every((each) => 'A_Const' in each && each.A_Const.ival !== undefined);
}

/** EXTRACT(year FROM d), date_part('year', d), date_trunc('year', d), to_char(d, 'YYYY'). */
function saysYear(walk: Walk, name: string, args: readonly Node[], given: readonly Lineage[]): boolean {
  if (args.length !== 2) return false;
  const isToChar = name === 'to_char';
  if (!isToChar && name !== 'extract' && name !== 'date_part' && name !== 'date_trunc') return false;
  const [word, of] = isToChar ? [textOf(args[1]), given[0]] : [textOf(args[0])?.toLowerCase(), given[1]];
  if (!of || word !== (isToChar ? 'YYYY' : 'year')) return false;
  return isMoment(walk, of);
}

/** `set_config` of what SET may set as well, with constants; a parameter will do where any value does. */
function setsSetting({ funcname = [], args = [] }: FuncCall): boolean {
  const name = funcname.map((each) => ('String' in each ? each.String.sval : '')).join('.');
  if (name !== 'set_config' && name !== 'pg_catalog.set_config') return false;
  const [setting, value] = args.map(textOf);
  if (setting === undefined || args.length !== 3 || !isConstant(args[2])) return false;
  if (value !== undefined) return settingAllowed(setting, value);
  return settingFree(setting) && args[1] !== undefined && 'ParamRef' in args[1];
}

/** The text of a constant. */
function textOf(node: Node | undefined): string | undefined {
  return node && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
}
