// JSON masked by path: what each place of a document holds is said by JSON pointers (RFC 6901) in which `*` stands for any
// member or item. The longest pointer that fits counts, and between two of the same length the one that protects.
// INVARIANT: a place no pointer names is masked, unless the entry `*` says otherwise.

import { isJsonArray, isWrittenNumber, type Json } from '../core/json.ts';
import { type Classification, covers, type JsonPathClass, type JsonPaths } from '../core/phi.ts';
import { maskJson } from './json.ts';
import type { MaskView } from './mask.ts';
import { ageCap, operatorFor, tokenOf } from './operators.ts';
import { applyOperator, scanText, type Tally, tally } from './text.ts';

/** For whoever sees the column as one: clear only if every path is, and the rest too. */
export function classificationOf(paths: JsonPaths): Classification {
  return paths['*'] === 'clear' && Object.values(paths).every((each) => each === 'clear') ? 'clear' : 'unknown';
}

export interface Step {
  readonly members: Map<string, Step>;
  any: Step | null;
  cls: JsonPathClass | null;
}

/** Deeper than any record we know: what lies deeper is null. */
export const depthMax = 64;

/** A place in a document: where the pointers stand there, and what the longest that ended on the way says. */
export interface Place {
  readonly steps: readonly Step[];
  readonly cls: JsonPathClass;
}

/** The document itself. */
export function wholeOf(paths: JsonPaths): Place {
  const { '*': rest = 'unknown', ...pointers } = paths;
  const root = newStep();
  for (const [pointer, cls] of Object.entries(pointers)) plant(root, pointer, cls);
  return { steps: [root], cls: root.cls ?? rest };
}

/** `key`: the name of a member, or the index of an item. */
export function placeBelow({ steps, cls }: Place, key: string): Place {
  const next = steps.flatMap((step) => [step.members.get(key) ?? [], step.any ?? []].flat());
  return { steps: next, cls: protectingOf(next) ?? cls };
}

/** Whatever object or array is there: it is masked alike. */
export function hidesContainer({ steps, cls }: Place): boolean {
  return steps.length === 0 && cls === 'unknown';
}

/** A mask for one document after the other. */
export function jsonPathMask(paths: JsonPaths, view: MaskView, counts?: Tally): (value: Json) => Json {
  const whole = wholeOf(paths);
  const masker = new PathMasker(view, counts);
  return (value) => masker.mask(value, whole, 0);
}

function newStep(): Step {
  return { members: new Map(), any: null, cls: null };
}

function plant(root: Step, pointer: string, cls: JsonPathClass): void {
  let step = root;
  for (const segment of pointer.split('/').slice(1)) {
    if (segment === '*') {
      step.any ??= newStep();
      step = step.any;
      continue;
    }
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = step.members.get(key) ?? newStep();
    step.members.set(key, next);
    step = next;
  }
  step.cls = cls;
}

class PathMasker {
  readonly #view: MaskView;
  readonly #counts: Tally | undefined;

  constructor(view: MaskView, counts: Tally | undefined) {
    this.#view = view;
    this.#counts = counts;
  }

  mask(value: Json, place: Place, depth: number): Json {
    const { steps, cls } = place;
    if (depth > depthMax) return null;
    if (typeof value !== 'object' || value === null) return this.#leaf(value, cls);
    if (isWrittenNumber(value)) {
      const number = Number(value.rawJSON);
      const masked = this.#leaf(number, cls);
      return masked === number ? value : masked;
    }
    if (hidesContainer(place)) return this.#gone(null);
    if (steps.length === 0) {
      if (cls === 'clear') return value;
      if (cls === 'scan' || this.#isSearchedNote(cls)) return maskJson(value, this.#view, this.#counts);
    }
    if (isJsonArray(value)) {
      return value.map((each, index) => this.mask(each, placeBelow(place, String(index)), depth + 1));
    }
    const members = new Map<string, Json>();
    for (const [key, member] of Object.entries(value)) {
      const masked = this.#key(key, steps, cls);
      // Two keys may mask to the same text; neither member may be lost.
      const unique = members.has(masked) ? `${masked} ${members.size}` : masked;
      members.set(unique, this.mask(member, placeBelow(place, key), depth + 1));
    }
    return Object.fromEntries(members);
  }

  /** A key the pointers spell out is part of the schema; any other may be data. */
  #key(key: string, steps: readonly Step[], cls: JsonPathClass): string {
    if (cls === 'clear' || steps.some((step) => step.members.has(key))) return key;
    if (cls === 'unknown' && !steps.some((step) => step.any)) return tokenOf('masked');
    return scanText(key, this.#view, this.#counts);
  }

  #leaf(value: null | boolean | number | string, cls: JsonPathClass): Json {
    if (value === null || cls === 'clear') return value;
    if (cls === 'unknown') return this.#gone(typeof value === 'string' ? tokenOf('masked') : null);
    if (cls === 'scan' || this.#isSearchedNote(cls)) return maskJson(value, this.#view, this.#counts);
    if (covers(this.#view.unmask, cls)) return value;
    const operator = operatorFor(cls, this.#view.rules);
    if (typeof value === 'string') return applyOperator(value, cls, operator, this.#view, this.#counts);
    tally(this.#counts, cls);
    return typeof value === 'number' && operator === 'age90' ? Math.min(value, ageCap) : null;
  }

  #isSearchedNote(cls: JsonPathClass): boolean {
    return cls === 'note' && operatorFor(cls, this.#view.rules) === 'scan';
  }

  #gone(token: string | null): string | null {
    tally(this.#counts, 'unknown');
    return token;
  }
}

function protectingOf(steps: readonly Step[]): JsonPathClass | null {
  const said = steps.flatMap((step) => step.cls ?? []);
  return said.find((each) => each === 'unknown') ?? said.find((each) => each !== 'clear') ?? said[0] ?? null;
}
