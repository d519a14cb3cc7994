// One cell of a PostgreSQL result, text or binary, masked in its own type: the value itself, or what is inside an array, a
// composite, a range or a document. What does not parse, and every type that has no honest mask, becomes NULL.
// INVARIANT: never throws, and never gives back a protected value because something went wrong.

import { limits } from '../core/limits.ts';
import { type Classification, covers, type JsonPaths, type PhiClass } from '../core/phi.ts';
import type { CompositeField, PostgresType } from '../core/postgres-type.ts';
import type { StandIn } from '../core/stand-in.ts';
import { maskJson } from './json.ts';
import { jsonPathMask } from './json-path.ts';
import type { MaskView } from './mask.ts';
import { operatorFor, tokenOf } from './operators.ts';
import { binaryArray, textArray } from './postgres/array.ts';
import { dateBounds, dateMask, isDateType } from './postgres/date.ts';
import { definitionMask, isName, isOfServer } from './postgres/definition.ts';
import { jsonMask } from './postgres/json.ts';
import { JsonStandIn } from './postgres/json-stand-in.ts';
import { numberMask } from './postgres/number.ts';
import { binaryMultirange, binaryRange, textMultirange, textRange } from './postgres/range.ts';
import { binaryRecord, textRecord } from './postgres/record.ts';
import { Held, isConstant, unheld } from './postgres/stand-ins.ts';
import { counted, isTextType, scanMask, textMask, tokenMask } from './postgres/text.ts';
import { toNull, type ValueMask } from './postgres/value-mask.ts';
import { yearMask } from './postgres/year.ts';
import type { Tally } from './text.ts';

export interface CellMasker {
  /** Null in, null out, unless the NULL is hidden too. The result is in the format the cell came in. */
  (value: Uint8Array | null): Uint8Array | null;
  /** Of a value that is too long to be held; undefined = all of it is needed. */
  readonly standIn?: () => StandIn;
}

export type CellRule = Classification | 'derived' | 'row' | 'year' | 'definition' | 'word' | 'source';

export interface CellColumn {
  readonly type: PostgresType;
  /** As RowDescription says: −1 = none. */
  readonly typmod: number;
  /** 0 text, 1 binary. */
  readonly format: 0 | 1;
  /**
   * `derived`: computed from protected columns, so nothing but a whole mask will do. `row`: a whole row of the table whose
   * row type this is, so each field has the class of its column; only for a row nobody has put together anew. `year`: no
   * more than the year of a date. `definition`: SQL text of the catalog's own writing. `word`: the same without quotes
   * around it. `source`: a column of the catalog that is not shown, but for that it is empty.
   */
  readonly classification: CellRule;
  /** What lies where in a document of class `unknown`. */
  readonly jsonPaths?: JsonPaths | undefined;
  /** Run the detectors over clear text as a tripwire. */
  readonly scanClear?: boolean;
  /** Comments on objects, and nothing else: the server's own stay. */
  readonly saysComment?: boolean;
  /** That a value is NULL is as secret as the value: both look alike. */
  readonly hidesNull?: boolean;
}

/** A masker made once per column. Null = leave every value as it is. */
export function columnMasker(column: CellColumn, view: MaskView, counts?: Tally): CellMasker | null {
  if (view.unmask === 'all') return null;
  const plan = new MaskPlan(column, view, counts);
  const mask = plan.maskOf(column.type, column.typmod, column.classification);
  if (mask === null) return null;
  const absent = column.hidesNull && column.classification === 'derived' ? attempt(mask, nothing) : null;
  const masker: CellMasker = (value) => (value === null ? absent : attempt(mask, value));
  const standIn = plan.standInOf(column.type);
  return standIn ? Object.assign(masker, { standIn }) : masker;
}

/** One cell; prefer columnMasker for more than one. */
export function maskValue(
  value: Uint8Array | null,
  column: CellColumn,
  view: MaskView,
  counts?: Tally,
): Uint8Array | null {
  const mask = columnMasker(column, view, counts);
  return mask === null ? value : mask(value);
}

const nothing = new Uint8Array();

/** Whatever cannot be read (bad UTF-8, bad JSON, short binary) is not shown. */
function attempt(mask: ValueMask, value: Uint8Array): Uint8Array | null {
  try {
    return mask(value);
  } catch {
    return null;
  }
}

type Rule = CellRule;

function isClass(rule: Rule): rule is PhiClass {
  return !['clear', 'unknown', 'derived', 'row', 'year', 'definition', 'word', 'source'].includes(rule);
}

/** The mask of a type follows the type's shape down to what is masked itself; null = it may stay. */
class MaskPlan {
  readonly #column: CellColumn;
  readonly #view: MaskView;
  readonly #counts: Tally | undefined;

  constructor(column: CellColumn, view: MaskView, counts: Tally | undefined) {
    this.#column = column;
    this.#view = view;
    this.#counts = counts;
  }

  maskOf(type: PostgresType, typmod: number, rule: Rule): ValueMask | null {
    if (type.kind === 'domain') return this.maskOf(type.base, type.typmod, rule);
    if (rule === 'unknown' && this.#column.jsonPaths && type === this.#column.type) {
      return this.#byPath(type, this.#column.jsonPaths);
    }
    // The shape of such a value (how many elements, which are NULL) may be computed as well: it goes with the rest.
    if (rule === 'derived' || rule === 'unknown') return this.#whole(type, typmod, rule);
    if (rule === 'year') return this.#year(type, typmod);
    if (rule === 'definition') return this.#definition(type, typmod);
    if (rule === 'word') return this.#word(type, typmod);
    if (rule === 'source') return this.#source(type, typmod);
    switch (type.kind) {
      case 'base':
        return this.#base(type.name, typmod, rule);
      case 'array': {
        const element = this.maskOf(type.element, typmod, rule);
        if (element === null) return null;
        return this.#format === 1 ? binaryArray(element) : textArray(element, type.delimiter);
      }
      case 'composite': {
        const fields = type.fields.map((field) => this.maskOf(field.type, field.typmod, this.#fieldRule(field, rule)));
        if (fields.every((each) => each === null)) return null;
        return this.#format === 1 ? binaryRecord(fields) : textRecord(fields);
      }
      case 'range':
      case 'multirange':
        return this.#range(type, rule);
      case 'enum':
      case 'unknown':
        return this.#isShown(rule) ? null : this.#nothing(rule);
    }
  }

  /** Undefined = the mask shows so much of a value that all of it is needed. */
  standInOf(type: PostgresType): (() => StandIn) | undefined {
    const { classification: rule, jsonPaths } = this.#column;
    if (type.kind === 'domain') return this.standInOf(type.base);
    if (rule === 'unknown' && jsonPaths && type === this.#column.type) return this.#documentStandIn(type, jsonPaths);
    if (rule === 'derived' || rule === 'unknown') return unheld;
    if (!isClass(rule) || this.#isShown(rule)) return undefined;
    const operator = operatorFor(rule, this.#view.rules);
    if (operator === 'scan') return undefined;
    // Of a document its kind of token is made, if it is one.
    const isDocument = type.kind === 'base' && (type.name === 'json' || type.name === 'jsonb');
    if (type.kind === 'base' && !isDocument && isConstant(operator)) return unheld;
    return () => new Held(limits.backendMessageBytesMax);
  }

  #documentStandIn(type: PostgresType, paths: JsonPaths): (() => StandIn) | undefined {
    const name = type.kind === 'base' ? type.name : '';
    if (isTextType(name)) return undefined;
    if (name !== 'json' && name !== 'jsonb') return unheld;
    const prefixBytes = name === 'jsonb' && this.#format === 1 ? 1 : 0;
    return () => new JsonStandIn(paths, this.#view, prefixBytes, limits.backendMessageBytesMax);
  }

  get #format(): 0 | 1 {
    return this.#column.format;
  }

  #isShown(rule: Rule): boolean {
    if (rule === 'clear') return true;
    return isClass(rule) && covers(this.#view.unmask, rule);
  }

  #year(type: PostgresType, typmod: number): ValueMask | null {
    if (covers(this.#view.unmask, 'date')) return null;
    if (operatorFor('date', this.#view.rules) !== 'year') return this.#whole(type, typmod, 'derived');
    if (type.kind !== 'base') return this.#nothing('date');
    if (isDateType(type.name)) return this.maskOf(type, typmod, 'date');
    return counted(yearMask(type.name, this.#format, this.#view), 'date', this.#counts);
  }

  #definition(type: PostgresType, typmod: number): ValueMask {
    if (type.kind === 'array') {
      const element = this.#definition(type.element, typmod);
      return this.#format === 1 ? binaryArray(element) : textArray(element, type.delimiter);
    }
    const isText = type.kind === 'base' && isTextType(type.name);
    return isText ? definitionMask : this.#whole(type, typmod, 'derived');
  }

  #word(type: PostgresType, typmod: number): ValueMask {
    const whole = this.#whole(type, typmod, 'derived');
    return type.kind === 'base' && isTextType(type.name) ? (value) => (isName(value) ? value : whole(value)) : whole;
  }

  #source(type: PostgresType, typmod: number): ValueMask {
    const whole = this.#whole(type, typmod, 'derived');
    const isText = type.kind === 'base' && type.name === 'bytea' && this.#format === 0;
    return (value) => (value.length === (isText ? '\\x'.length : 0) ? value : whole(value));
  }

  #nothing(rule: Rule): ValueMask {
    return counted(toNull, rule, this.#counts);
  }

  #whole(type: PostgresType, typmod: number, rule: 'derived' | 'unknown'): ValueMask {
    if (type.kind !== 'base' || !isTextType(type.name)) return this.#nothing(rule);
    return counted(tokenMask(type.name, typmod, 'masked'), rule, this.#counts);
  }

  /** The column's class, if the field has none of its own or one this subject sees. */
  #fieldRule(field: CompositeField, rule: Rule): Rule {
    const own = field.classification;
    if (rule === 'row') return own;
    if (own === 'clear' || own === 'unknown') return rule;
    return covers(this.#view.unmask, own) ? rule : own;
  }

  #byPath(type: PostgresType, paths: JsonPaths): ValueMask {
    const name = type.kind === 'base' ? type.name : '';
    if (name !== 'json' && name !== 'jsonb' && !isTextType(name)) return this.#nothing('unknown');
    const found: Tally = {};
    return jsonMask(name, this.#format, jsonPathMask(paths, this.#view, found), found, this.#counts);
  }

  #base(name: string, typmod: number, rule: PhiClass | 'clear' | 'row'): ValueMask | null {
    // A row is a composite: any other type under that name is not what the analysis believes it to be.
    if (rule === 'row') return this.#nothing(rule);
    if (rule === 'clear') return this.#tripwire(name, typmod);
    if (this.#isShown(rule)) return null;
    const operator = operatorFor(rule, this.#view.rules);
    if (isTextType(name)) return textMask(name, typmod, operator, rule, this.#view, this.#counts);
    if (name === 'json' || name === 'jsonb') {
      if (operator === 'scan') return this.#scanJson(name);
      if (operator === 'null' || operator === 'drop') return this.#nothing(rule);
      return counted(
        jsonMask(name, this.#format, () => tokenOf(rule)),
        rule,
        this.#counts,
      );
    }
    const mask = isDateType(name)
      ? dateMask(name, this.#format, operator, this.#view)
      : numberMask(name, this.#format, operator, rule, this.#view);
    return counted(mask, rule, this.#counts);
  }

  #tripwire(name: string, typmod: number): ValueMask | null {
    if (this.#column.scanClear !== true) return null;
    if (isTextType(name)) {
      const scan = scanMask(name, typmod, this.#view, this.#counts);
      return this.#column.saysComment ? (value) => (isOfServer(value) ? value : scan(value)) : scan;
    }
    return name === 'json' || name === 'jsonb' ? this.#scanJson(name) : null;
  }

  #scanJson(name: string): ValueMask {
    const found: Tally = {};
    return jsonMask(name, this.#format, (json) => maskJson(json, this.#view, found), found, this.#counts);
  }

  #range(type: PostgresType & { kind: 'range' | 'multirange' }, rule: PhiClass | 'clear' | 'row'): ValueMask | null {
    if (this.#isShown(rule)) return null;
    const subtype = type.subtype.kind === 'base' ? type.subtype.name : '';
    if (rule === 'row' || rule === 'clear' || !isDateType(subtype)) return this.#nothing(rule);
    const bounds = dateBounds(subtype, this.#format, operatorFor(rule, this.#view.rules), this.#view);
    if (bounds === null) return this.#nothing(rule);
    if (this.#format === 0) {
      return counted(type.kind === 'range' ? textRange(bounds) : textMultirange(bounds), rule, this.#counts);
    }
    const range = binaryRange(bounds);
    return counted(type.kind === 'range' ? range : binaryMultirange(range), rule, this.#counts);
  }
}
