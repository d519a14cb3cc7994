// Which patients an MCP request and its answer name: by JSON pointer, and where FHIR says so. Taken before masking. Words of
// prose are not looked into: who is named only there is not found, and the answer counts as one that names nobody.

import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from '../core/json.ts';
import type { PatientPlaces } from '../core/patient-places.ts';
import type { JsonRpcOutcome } from '../wire/mcp/json-rpc.ts';
import { decoded } from './mcp-pointers.ts';
import { type PatientRef, PatientsSeen, type Seen } from './patients-seen.ts';

/** Deeper than any record we know. */
const depthMax = 64;

/** What data comes by. */
const methods = new Set(['tools/call', 'resources/read', 'prompts/get']);

/** Null where nobody has said which patient something is about, or nothing is said that could be about one. */
export function seenIn(
  method: string,
  params: JsonObject,
  outcome: JsonRpcOutcome,
  places: PatientPlaces | null,
): Seen | null {
  return places && 'result' in outcome && methods.has(method) ? patientsIn(params, outcome.result, places) : null;
}

/** `params` of the request and the result of it, as the server gave it. Null = there was nothing to say. */
export function patientsIn(params: JsonObject, result: JsonObject, places: PatientPlaces): Seen | null {
  const seen = new PatientsSeen();
  for (const document of documentsIn(result)) {
    pointed(document, places.json, 'row', seen);
    if (places.fhir) fhirIn(document, 'row', seen, 0);
  }
  const asked = params['arguments'] ?? {};
  pointed(asked, places.arguments, 'asked', seen);
  if (places.fhir) fhirIn([asked, params['uri'] ?? null], 'asked', seen, 0);
  const taken = seen.take();
  return taken ?? { patients: [], unnamed: true };
}

/** What an answer holds as data: structured content, and texts that are JSON. */
function* documentsIn(result: JsonObject): Generator<Json> {
  if (result['structuredContent'] !== undefined) yield result['structuredContent'];
  for (const list of [result['content'], result['contents'], result['messages']]) {
    if (list === undefined || !isJsonArray(list)) continue;
    for (const each of list) {
      if (!isJsonObject(each)) continue;
      const inner = isJsonObject(each['resource'])
        ? each['resource']
        : isJsonObject(each['content'])
          ? each['content']
          : each;
      if (typeof inner['uri'] === 'string') yield inner['uri'];
      const document = jsonOf(inner['text']);
      if (document !== undefined) yield document;
    }
  }
}

function jsonOf(text: Json | undefined): Json | undefined {
  if (typeof text !== 'string' || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** RFC 6901, `*` = any member or item, and a first segment `**` = at any depth. */
function pointed(
  value: Json,
  places: Readonly<Record<string, string>>,
  by: PatientRef['by'],
  seen: PatientsSeen,
): void {
  for (const [pointer, kind] of Object.entries(places)) {
    const segments = pointer
      .split('/')
      .slice(1)
      .map((each) => each.replaceAll('~1', '/').replaceAll('~0', '~'));
    const anywhere = segments[0] === '**';
    const steps = anywhere ? segments.slice(1) : segments;
    for (const start of anywhere ? everyPart(value, 0) : [value])
      for (const leaf of leavesAt(start, steps)) addValue(leaf, kind, by, seen);
  }
}

function* everyPart(value: Json, depth: number): Generator<Json> {
  yield value;
  if (typeof value !== 'object' || value === null || depth >= depthMax) return;
  for (const each of Object.values(value)) yield* everyPart(each, depth + 1);
}

function* leavesAt(value: Json, steps: readonly string[]): Generator<Json> {
  const [step, ...rest] = steps;
  if (step === undefined) {
    yield value;
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) if (step === '*' || step === name) yield* leavesAt(each, rest);
  }
}

function addValue(leaf: Json, kind: string, by: PatientRef['by'], seen: PatientsSeen): void {
  // A row about somebody that does not say about whom.
  if (leaf === null && by === 'row') seen.addUnnamed();
  if (typeof leaf !== 'string' && typeof leaf !== 'number') return;
  const text = String(leaf);
  seen.add({ kind, value: patientReference.exec(text)?.[1] ?? text, by });
}

/**
 * R4, Reference.reference: relative, absolute or versioned, also as the value of a search parameter; ids are
 * `[A-Za-z0-9\-.]{1,64}`.
 */
export const patientReference: RegExp = /(?:^|[/=,])Patient\/([A-Za-z0-9\-.]{1,64})(?:$|[/?#&,])/;
/** R4, search: `…?patient=4711`, `Patient?_id=4711`, `Patient?identifier=system|4711`. */
const searchedId = /[?&](?:patient|subject:Patient)=(?:Patient\/)?([A-Za-z0-9\-.]{1,64})(?:$|[&,])/;
const searchedPatient = /(?:^|\/)Patient\?(?:[^#]*&)?(_id|identifier)=(?:[^&,|]*\|)?([^&,]{1,200})(?:$|[&,])/;

/** A Patient's id and its medical record numbers (v2-0203 `MR`), and every reference to one. */
function fhirIn(value: Json, by: PatientRef['by'], seen: PatientsSeen, depth: number): void {
  if (depth > depthMax) return;
  if (typeof value === 'string') {
    for (const { kind, value: id } of namedIn(value.length > urlCharsMax ? value : decoded(value)))
      seen.add({ kind, value: id, by });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (isJsonObject(value)) {
    if (value['resourceType'] === 'Patient') {
      if (typeof value['id'] === 'string') seen.add({ kind: 'fhir', value: value['id'], by });
      recordNumbersIn(value['identifier'] ?? null, by, seen);
    }
    const { fullUrl, resource, reference } = value;
    // An entry of a Bundle that is known by a name of its own, and a Reference that says what it points to.
    const urn = isPatient(resource ?? null) ? fullUrl : value['type'] === 'Patient' ? reference : undefined;
    if (typeof urn === 'string' && urn.startsWith('urn:uuid:')) seen.add({ kind: 'fhir', value: urn, by });
    if (value['type'] === 'Patient') recordNumbersIn([value['identifier'] ?? null], by, seen);
  }
  for (const each of Object.values(value)) fhirIn(each, by, seen, depth + 1);
}

/** Longer texts are no URLs. */
const urlCharsMax = 2_000;

function namedIn(text: string): { readonly kind: string; readonly value: string }[] {
  const id = patientReference.exec(text)?.[1] ?? searchedId.exec(text)?.[1];
  const [, by, searched] = searchedPatient.exec(text) ?? [];
  return [
    ...(id === undefined ? [] : [{ kind: 'fhir', value: id }]),
    ...(searched === undefined ? [] : [{ kind: by === '_id' ? 'fhir' : 'mrn', value: searched }]),
  ];
}

function isPatient(resource: Json): boolean {
  return isJsonObject(resource) && resource['resourceType'] === 'Patient';
}

function recordNumbersIn(identifiers: Json, by: PatientRef['by'], seen: PatientsSeen): void {
  for (const each of isJsonArray(identifiers) ? identifiers : [])
    if (isJsonObject(each) && typeof each['value'] === 'string' && isRecordNumber(each))
      seen.add({ kind: 'mrn', value: each['value'], by });
}

function isRecordNumber({ type = null }: JsonObject): boolean {
  if (!isJsonObject(type)) return false;
  const codings = type['coding'] ?? null;
  if (isJsonArray(codings) && codings.some((each) => isJsonObject(each) && each['code'] === 'MR')) return true;
  return typeof type['text'] === 'string' && /\bmrn\b|medical record/i.test(type['text']);
}
