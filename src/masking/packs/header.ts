// The columns of a table somebody wrote as text: which of the data models it is of, nobody says; its names do.

import type { PhiClass } from '../../core/phi.ts';
import { isDate } from '../containers/leaf.ts';
import { ambiguousGivenNames, givenNames, surnames } from '../names.ts';
import { fieldWords, isPersonField, remembered } from './field-words.ts';
import { columnClass, fieldClass, plainWord } from './generic.ts';
import { omopHeader } from './omop.ts';
import { syntheaHeader } from './synthea.ts';

type Class = PhiClass | 'clear' | undefined;

export interface Header {
  readonly names: readonly string[];
  readonly classes: readonly Class[];
  /** Its rows are about people: what its names do not explain is read as a record's free text. */
  readonly isOfPeople: boolean;
}

const personal: ReadonlySet<Class> = new Set<Class>(['name', 'ssn', 'mrn', 'health_plan', 'phone', 'email']);
const births =
  /^(?:dob|dateofbirth|birthdate|birthday|birthdatetime|geburtsdatum|gebdat(?:um)?|fecha(?:de)?nacimiento|datenaissance)$/;
/** Words that are somebody's name where the others around are about people. */
const people =
  /^(?:name|patient|client|member|subscriber|guarantor|doctor|dr|physician|provider|nurse|attending|contact|spouse|mother|father|guardian|kin|nok|author|signedby|seenby|pcp|insured|beneficiary|employee|employer|person|paciente|médico|medico|arzt|hausarzt)$/;

/** `names`: those of a header row. */
export function headerOf(names: readonly string[]): Header {
  const model = syntheaHeader(names) ?? omopHeader(names);
  const isOfPeople = model !== undefined || names.some(isPersonal);
  const classes = names.map((name, at): Class => model?.[at] ?? (isOfPeople ? classOfPerson(name) : columnClass(name)));
  return { names, classes, isOfPeople };
}

/** Whether the fields of one object are about somebody: two of them or more identify. */
export function areOfPerson(names: readonly string[]): boolean {
  const count = names.filter(isPersonal).length;
  return count >= 2 || (count === 1 && names.some((name) => people.test(wordOf(name))));
}

/** The class of a column or a field, where others around are about people. `hasMore`: it has fields of its own. */
export function classOfPerson(name: string, hasMore = false): PhiClass | undefined {
  if (hasMore) return fieldClass(name);
  return columnClass(name) ?? (people.test(wordOf(name)) ? 'name' : undefined);
}

/** Words that are structure as often as they are somebody. */
const structural =
  /^(?:subject|user|owner|caller|child|parent|participant|resource|holder|customer|partner|form|main|text)s?$/;

/** An element that is called as people are in records, and by nothing else: `attendingPhysician`, `spouse`. */
export const isSomebody: (name: string) => boolean = remembered(
  (name) => name.length <= 40 && isPersonField(name) && !structural.test(plainWord(name)),
);

const manyPeople =
  /^(?:patient|member|person|people|subject|client|resident|beneficiarie|subscriber|provider|practitioner|physician|doctor|nurse|encounter|visit|admission)s?$/;

/** What a list, a map or a type is called whose entries are people or what happened to one. */
export const isOfPeople: (name: string) => boolean = remembered((name) => manyPeople.test(plainWord(name)));

/** Also where it is abbreviated: `nm`, `prov`. */
function wordOf(name: string): string {
  return name.length < 6 ? fieldWords(name).join('') : plainWord(name);
}

/** Values of one column are names: each is a word or two, and half of them are in the lists. */
export function areNames(values: readonly string[]): boolean {
  if (!values.every((value) => /^\p{Lu}[\p{L}'’. -]{2,40}$/u.test(value))) return false;
  const listed = values.filter((value) =>
    value
      .toLowerCase()
      .split(/[\s-]+/)
      .some(isListedName),
  );
  return listed.length * 2 >= values.length;
}

function isListedName(word: string): boolean {
  return givenNames.has(word) || ambiguousGivenNames.has(word) || surnames.has(word);
}

const digits =
  /^(?:\[(?:DATE|SSN|PHONE|EMAIL|OTHER_ID)\]|\d{3}-\d{2}-\d{4}|\+?[\d(][\d() .-]{8,18}\d|[^\s@]+@[^\s@]+\.[a-z]+)$/i;

/** A day, a number or an address of somebody's, or what a mask has put there. */
export function isPersonalValue(value: string): boolean {
  return isDate(value) || digits.test(value);
}

/** A field that somebody is known by. */
export const isPersonal: (name: string) => boolean = remembered(
  (name) => personal.has(columnClass(name)) || births.test(plainWord(name)),
);
