// The columns of a table somebody wrote as text: which of the data models it is of, nobody says; its names do.

import type { PhiClass } from '../../core/phi.ts';
import { columnClass, plainWord } from './generic.ts';
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
  /^(?:name|patient|client|member|subscriber|guarantor|doctor|dr|physician|provider|nurse|attending|contact|spouse|mother|father|guardian|author|signedby|seenby|pcp|insured|beneficiary|employee|person|paciente|médico|medico|arzt|hausarzt)$/;

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
  return count >= 2 || (count === 1 && names.some((name) => people.test(plainWord(name))));
}

/** The class of a column or a field, where others around are about people. */
export function classOfPerson(name: string): PhiClass | undefined {
  return columnClass(name) ?? (people.test(plainWord(name)) ? 'name' : undefined);
}

function isPersonal(name: string): boolean {
  return personal.has(columnClass(name)) || births.test(plainWord(name));
}
