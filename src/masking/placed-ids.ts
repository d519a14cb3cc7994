// What stands where programs put somebody: the number behind `/patients/`, in a path or a key, and names between carets as HL7 v2
// and DICOM write them. Linear.

import { isNameAlone, isNameOrUnknown } from './detectors/lower-case.ts';
import { isClinical } from './lexicon/clinical-words.ts';
import type { Span } from './mask.ts';

const owned =
  /\b(?:patients?|persons?|members?|subscribers?|residents?|practitioners?|providers?|encounters?|visits?|charts?|mrns?)(?:[/#]|%2F|(?<=\b[a-z]+):)(?:id[/:])?(?=[\w.-]{0,60}\d{3})([\w.-]{4,64})/gi;
/** The same for what is written as a name: `/patients/quillfeather-zebulon/`. */
const named =
  /\b(patients?|persons?|people|members?|residents?|clients?|charts?|records?)(?:[/#]|%2F)([a-z]{2,24}(?:[-_.][a-z]{2,24}){1,3}(?:[-_.]\d{1,12})?)(?![\w-])/gi;
/** Whose folder it is. */
const home = /(?<=\b[A-Za-z]:\\{1,2}Users\\{1,2}|\/(?:home|Users)\/)[A-Za-z][\w.-]{2,31}(?=[\\/])/g;
/** Accounts of machines that no list of words has. */
const machines: ReadonlySet<string> = new Set(
  'ubuntu debian vagrant jenkins circleci jovyan vsts vscode linuxbrew opc'.split(' '),
);
/** The last letter of any of them, its sign, and what comes behind. */
const mayBeOwned = /[tnrs](?:[/#:]|%2F)[\w.-]/i;
/** A number that is a part of a path by itself. */
const part = /(?<=[^\s/"']?\/)\d{6,20}(?=[./?#"'\s]|$)/g;
const fileEnd = /\.(?:jpe?g|png|pdf|json|xml|html?|csv|txt)$|[.]+$/i;
const mayBeNamed = /[tnsde](?:[/#]|%2F)[a-z]|[sS]\\/i;
const carets =
  /(?<![\p{L}\p{N}^&|-])\^?\p{Lu}[\p{L}'’-]{1,30}(?: \p{Lu}[\p{L}'’-]{1,30})?\^\p{Lu}[\p{L}'’.-]{0,30}(?:\^[\p{L}. ]{0,20}){0,5}(?![\p{L}\p{N}])/gu;

/** What all of them have. */
const mayBePlaced = /[/#%\\^]|:[\w.-]/;

export function placedIds(text: string): readonly Span[] {
  const spans: Span[] = [];
  if (!mayBePlaced.test(text)) return spans;
  if (mayBeOwned.test(text)) {
    for (const match of text.matchAll(owned)) {
      const end = match.index + match[0].length;
      const id = (match[1] ?? '').replace(fileEnd, '');
      const start = end - (match[1] ?? '').length;
      spans.push({ start, end: start + id.length, type: 'other_id' });
    }
  }
  if (mayBeNamed.test(text)) {
    for (const { 0: whole, 1: place = '', 2: slug = '', index } of text.matchAll(named)) {
      const name = slug.replace(fileEnd, '');
      const start = index + whole.length - slug.length;
      if (isSlugOf(name, /^[cr]/i.test(place) && !/^cl/i.test(place)))
        spans.push({ start, end: start + name.length, type: 'name' });
    }
    for (const { 0: owner, index } of text.matchAll(home))
      if (isStranger(owner)) spans.push({ start: index, end: index + owner.length, type: 'other_id' });
  }
  if (/\/\d{6}/.test(text)) {
    for (const { 0: id, index } of text.matchAll(part))
      spans.push({ start: index, end: index + id.length, type: 'other_id' });
  }
  if (text.includes('^')) {
    for (const { 0: name, index } of text.matchAll(carets)) {
      const words = name
        .toLowerCase()
        .split(/[\^ ]+/)
        .filter((word) => word.length > 2);
      if (words.length > 0 && !words.every(isClinical))
        spans.push({ start: index, end: index + name.length, type: 'name' });
    }
  }
  return spans;
}

/** Of other things than people, too, where one part has to be a name by itself. */
function isSlugOf(slug: string, isOfThings: boolean): boolean {
  const parts = slug.toLowerCase().match(/[a-z]+/g) ?? [];
  const names = parts.filter(isNameOrUnknown).length;
  return isOfThings ? names > 1 && parts.some(isNameAlone) : parts.length > 1 && names > 0;
}

function isStranger(owner: string): boolean {
  const parts = owner.toLowerCase().match(/[a-z]+/g) ?? [];
  return parts.some((part) => part.length > 2 && isNameOrUnknown(part) && !machines.has(part));
}
