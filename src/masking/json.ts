// JSON of any depth: same shape out, every string masked, and what a field's name gives away masked wherever it recurs.
// INVARIANT: object keys and the nesting stay; beyond the depth limit a value becomes null, never itself.

import { isJsonArray, type Json } from '../core/json.ts';
import { covers, type PhiClass } from '../core/phi.ts';
import type { MaskView } from './mask.ts';
import { ageCap, operatorFor } from './operators.ts';
import { fieldClass } from './packs/generic.ts';
import { applyOperator, scanText, type Tally, tally } from './text.ts';

/** Deeper than any record we know; strings holding JSON count on. */
const depthMax = 64;
/** Identity values followed through one payload, and the shortest worth following. */
const knownMax = 500;
const knownCharsMin = 3;

const followed: ReadonlySet<PhiClass> = new Set([
  'name',
  'ssn',
  'mrn',
  'email',
  'phone',
  'health_plan',
  'account',
  'license',
]);

/** A masked copy. Numbers and booleans under a PHI field name become null (ages are capped), all others stay. */
export function maskJson(value: Json, view: MaskView, counts?: Tally): Json {
  if (view.unmask === 'all') return value;
  const known = new Map<string, PhiClass>();
  collect(value, undefined, view, known, 0);
  return new JsonMasker(view, counts, known).mask(value, undefined, 0);
}

class JsonMasker {
  readonly #view: MaskView;
  readonly #counts: Tally | undefined;
  readonly #known: ReadonlyMap<string, PhiClass>;
  readonly #recurring: RegExp | null;

  constructor(view: MaskView, counts: Tally | undefined, known: ReadonlyMap<string, PhiClass>) {
    this.#view = view;
    this.#counts = counts;
    this.#known = known;
    this.#recurring = patternOf(known);
  }

  mask(value: Json, cls: PhiClass | undefined, depth: number): Json {
    if (depth > depthMax) return null;
    if (typeof value === 'string') return this.#string(value, cls, depth);
    if (typeof value !== 'object' || value === null) return this.#scalar(value, cls);
    if (isJsonArray(value)) return value.map((each) => this.mask(each, cls, depth + 1));
    const members = new Map<string, Json>();
    for (const [key, member] of Object.entries(value)) {
      const masked = this.#key(key);
      // Two keys may mask to the same token; neither member may be lost.
      const unique = members.has(masked) ? `${masked} ${members.size}` : masked;
      members.set(unique, this.mask(member, fieldClass(key) ?? cls, depth + 1));
    }
    return Object.fromEntries(members);
  }

  #string(text: string, cls: PhiClass | undefined, depth: number): string | null {
    if (cls !== undefined && cls !== 'note' && text !== '') {
      if (covers(this.#view.unmask, cls)) return text;
      return applyOperator(text, cls, operatorFor(cls, this.#view.rules), this.#view, this.#counts);
    }
    const inner = parseContainer(text);
    if (inner !== undefined) return JSON.stringify(this.mask(inner, cls, depth + 1));
    return scanText(this.#replaceKnown(text), this.#view, this.#counts);
  }

  #scalar(value: null | boolean | number, cls: PhiClass | undefined): null | boolean | number {
    if (typeof value !== 'number' || cls === undefined || cls === 'note' || covers(this.#view.unmask, cls))
      return value;
    if (cls === 'age') return Math.min(value, ageCap);
    tally(this.#counts, cls);
    return null;
  }

  /** A key may itself be an identifier (a map by e-mail address); it keeps its place. */
  #key(key: string): string {
    return fieldClass(key) === undefined ? scanText(this.#replaceKnown(key), this.#view, this.#counts) : key;
  }

  #replaceKnown(text: string): string {
    if (!this.#recurring) return text;
    return text.replace(this.#recurring, (found) => {
      const cls = this.#known.get(found.toLowerCase());
      if (cls === undefined) return found;
      return applyOperator(found, cls, operatorFor(cls, this.#view.rules), this.#view, this.#counts) ?? '';
    });
  }
}

function collect(
  value: Json,
  cls: PhiClass | undefined,
  view: MaskView,
  known: Map<string, PhiClass>,
  depth: number,
): void {
  if (depth > depthMax || known.size >= knownMax) return;
  if (typeof value === 'string') {
    const inner = cls === undefined || cls === 'note' ? parseContainer(value) : undefined;
    if (inner !== undefined) return collect(inner, cls, view, known, depth + 1);
    if (cls === undefined || !followed.has(cls) || covers(view.unmask, cls)) return;
    const word = value.trim().toLowerCase();
    if (word.length >= knownCharsMin && word.length <= 200) known.set(word, cls);
  } else if (typeof value === 'object' && value !== null) {
    if (isJsonArray(value)) {
      for (const each of value) collect(each, cls, view, known, depth + 1);
    } else {
      for (const [key, member] of Object.entries(value))
        collect(member, fieldClass(key) ?? cls, view, known, depth + 1);
    }
  }
}

/** Whole words only, the longest first. The alternatives are literals, so matching stays linear in the text. */
function patternOf(known: ReadonlyMap<string, PhiClass>): RegExp | null {
  if (known.size === 0) return null;
  const words = [...known.keys()]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}

function parseContainer(text: string): Json | undefined {
  const first = text.trimStart().charAt(0);
  if (first !== '{' && first !== '[') return undefined;
  try {
    const parsed: Json = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
