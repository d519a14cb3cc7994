// The surface of `detectors`: identifiers of the operator's own. Whether a pattern is one is checked in references.ts.

import { z } from 'zod';
import { type DetectorRule, phiClasses } from '../core/phi.ts';
import type { Config, OnnxConfig, PresidioConfig } from './config.ts';
import { closed, duration, type Place, path, text, upstreamUrl } from './scalars.ts';

const rulesMax = 100;
const patternCharsMax = 1_000;
const wordsMax = 50;

const rule = closed({
  name: text.describe('For people: `check` names it.'),
  pattern: z
    .string()
    .min(1, 'a pattern')
    .max(patternCharsMax, `at most ${patternCharsMax} characters`)
    .describe('RE2 syntax. `(?i)` at its start for any case; `\\b` at its ends for whole words.'),
  context: z
    .array(text)
    .max(wordsMax, `at most ${wordsMax} words`)
    .default([])
    .describe('Words of which one must stand within 60 characters, in any case; none = anywhere.'),
  class: z.enum(phiClasses).describe('What it is: decides how it is masked, and who sees it.'),
}).transform((each): DetectorRule => {
  return { name: each.name, pattern: each.pattern, context: each.context, cls: each.class };
});

/** The analyzer's own entities (microsoft.github.io/presidio/supported_entities). A nationality identifies nobody by itself. */
const entities: PresidioConfig['classes'] = {
  PERSON: 'name',
  LOCATION: 'address',
  DATE_TIME: 'date',
  AGE: 'age',
  PHONE_NUMBER: 'phone',
  EMAIL_ADDRESS: 'email',
  US_SSN: 'ssn',
  US_ITIN: 'ssn',
  US_DRIVER_LICENSE: 'license',
  US_PASSPORT: 'license',
  MEDICAL_LICENSE: 'license',
  US_BANK_NUMBER: 'account',
  CREDIT_CARD: 'account',
  IBAN_CODE: 'account',
  CRYPTO: 'account',
  IP_ADDRESS: 'ip',
  URL: 'url',
  NRP: 'clear',
};

const presidio = closed({
  url: upstreamUrl.describe('Address of the analyzer, which gets texts nobody has masked yet.'),
  timeout: duration('2s').describe('For one message. After that its sentences are masked as notes.'),
  language: text.default('en').describe('As the analyzer names it.'),
  score: z.number().min(0).max(1).default(0.4).describe('Least certainty, from 0 to 1.'),
  classes: z
    .record(text, z.enum([...phiClasses, 'clear']))
    .default({})
    .describe('Entity type → class, or clear, over the usual ones; an unknown type is other_id.'),
}).transform((each): PresidioConfig => {
  const { url, timeout, language, score, classes } = each;
  return { url, timeoutMs: timeout, language, score, classes: { ...entities, ...classes } };
});

/** Labels of the usual data sets (CoNLL-2003, OntoNotes, i2b2 2014), without their B- and I-. */
const modelLabels: OnnxConfig['labels'] = {
  PER: 'name',
  PERSON: 'name',
  NAME: 'name',
  PATIENT: 'name',
  STAFF: 'name',
  LOC: 'address',
  LOCATION: 'address',
  GPE: 'address',
  HOSP: 'address',
  DATE: 'date',
  AGE: 'age',
  PHONE: 'phone',
  EMAIL: 'email',
  ORG: 'clear',
  MISC: 'clear',
};

function onnx(place: Place): z.ZodType<OnnxConfig> {
  return closed({
    model: path(place).describe(
      'Directory with config.json, tokenizer.json and onnx/model.onnx. Nothing is ever fetched.',
    ),
    timeout: duration('2s').describe('For one message. After that its sentences are masked as notes.'),
    score: z.number().min(0).max(1).default(0.4).describe('Least certainty, from 0 to 1.'),
    labels: z
      .record(text, z.enum([...phiClasses, 'clear']))
      .default({})
      .describe('Label without B- or I- → class, or clear, over the usual ones; an unknown label is other_id.'),
  }).transform((each): OnnxConfig => {
    const { model, timeout, score, labels } = each;
    return { model, timeoutMs: timeout, score, labels: { ...modelLabels, ...labels } };
  });
}

export function detectors(place: Place): z.ZodType<Config['detectors']> {
  return closed({
    rules: z
      .array(rule)
      .max(rulesMax, `at most ${rulesMax} rules`)
      .default([])
      .describe('Looked for wherever text is.'),
    presidio: presidio
      .optional()
      .describe('A Presidio analyzer, asked about what MCP servers say; SQL shows no notes then.'),
    onnx: onnx(place)
      .optional()
      .describe('A token-classification model of this machine, asked likewise; needs @huggingface/transformers.'),
  }).transform((each): Config['detectors'] => {
    return { rules: each.rules, presidio: each.presidio ?? null, onnx: each.onnx ?? null };
  });
}
