// In a record about a patient, a word that no dictionary has and a long number are taken for somebody's. For texts inside of
// records only: what is nobody's there says so by its place. Linear.

import { isClinical } from './lexicon/clinical-words.ts';
import { englishWords } from './lexicon/english-words.ts';
import type { Span } from './mask.ts';
import { notNames } from './names.ts';
import { coverSpans } from './normalise.ts';
import { findMaskTokens } from './operators.ts';

const token = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}]|['’-](?=\p{L}))*/gu;
/** Shorter words in capitals are abbreviations, and shorter numbers measures and codes. */
const capitalsMin = 5;
const wordMin = 3;
const digitsMin = 6;
/** ITU-T X.660: what the standards name their tables and authorities by. */
const objectIdentifier = /(?<![\w.])[0-2](?:\.\d{1,20}){4,30}(?![\w.])/g;
/** So few words are a value and no sentence: a name may stand there in small letters. */
const valueWordsMax = 3;

/** Days, languages, origins: in capitals, and in no dictionary of common words. */
const proper: ReadonlySet<string> = new Set(
  `january february march april may june july august september october november december monday tuesday wednesday thursday friday
  saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
  english spanish french german italian portuguese chinese mandarin russian arabic vietnamese korean japanese hispanic latino african american asian
  european caucasian`.split(/\s+/),
);

/** Of laboratories and their catalogues. */
const laboratory: ReadonlySet<string> = new Set(
  `serpl mcnc scnc ccnc acnc bld plas cholest lipoprotein lipoproteins serology chlamydia blocker blockers antiplatelet antiplatelets macroalbumin
  microalbumin troponin trigl calc inpt outpt behav tartrate maleate succinate hydrochloride sulfate mesylate injectable transdermal intramuscular
  neisseria gonorrhoeae streptococcus staphylococcus escherichia candida helicobacter varicella papanicolaou glycated snomed loinc rxnorm`.split(
    /\s+/,
  ),
);

/** `vocabulary`: words, in lower case, that the record itself shows to be of its terminology. */
export function unlistedWords(text: string, vocabulary: ReadonlySet<string>): readonly Span[] {
  const found: Span[] = [];
  const tokensOfMasks = findMaskTokens(text);
  const unmasked = coverSpans(text, tokensOfMasks);
  const covered = unmasked.replace(objectIdentifier, (oid) => ' '.repeat(oid.length));
  const tokens = Array.from(covered.matchAll(token), (match) => ({ word: match[0], start: match.index }));
  // What is masked was once words: a sentence stays one.
  const isValue = tokens.length <= valueWordsMax && tokensOfMasks.length === 0;
  for (const { word, start } of tokens) {
    const end = start + word.length;
    const lower = word.toLowerCase();
    if (vocabulary.has(lower)) continue;
    if (/\d/.test(word)) {
      if (isNumber(word)) found.push({ start, end, type: 'other_id' });
    } else if (isName(word, lower, isValue)) found.push({ start, end, type: 'name' });
  }
  return found;
}

function isNumber(word: string): boolean {
  const digits = word.replace(/[^\d]/g, '').length;
  return digits >= digitsMin || (digits >= 5 && digits < word.length) || /^[A-Z]{2,}\d{4,}$/.test(word);
}

function isName(word: string, lower: string, isValue: boolean): boolean {
  const isCapitals = word === word.toUpperCase();
  if (word.length < (isCapitals ? capitalsMin : wordMin)) return false;
  if (!isValue && !/^\p{Lu}/u.test(word)) return false;
  const partMin = isCapitals ? capitalsMin : wordMin;
  return !lower.split(/['’-]/).every((part) => part.length < partMin || isListed(part));
}

function isListed(word: string): boolean {
  return (
    englishWords.has(word, 0, word.length) ||
    isClinical(word) ||
    proper.has(word) ||
    laboratory.has(word) ||
    notNames.has(word) ||
    (word.endsWith('s') && englishWords.has(word, 0, word.length - 1))
  );
}
