// The leaves of a tree of values. Classes come from FHIR's datatypes where a resource says it is one, else from field names;
// a field's class holds for everything below it.

import type { PhiClass } from '../../core/phi.ts';
import { isNameAlone, isNameOrUnknown } from '../detectors/lower-case.ts';
import { ageCap } from '../operators.ts';
import { dicomClass } from '../packs/dicom.ts';
import { type FhirPlace, fhirLeaf, referenceLeaf } from '../packs/fhir.ts';
import { fieldClass, labelClass, plainWord, valueClass } from '../packs/generic.ts';
import { areOfPerson, classOfPerson, type Header, isOfPeople, isPersonal, isSomebody } from '../packs/header.ts';
import { type JsonNode, memberOf, stringOf, type Text } from './json-node.ts';
import { isDate, type Leaf } from './leaf.ts';
import { cellOf, cellsOf, columnsOf, headerAbove, rowKeys, unnamedColumns } from './rows.ts';
import { spelledLeaf } from './spelled.ts';
import { toldBefore } from './told.ts';

/** `encode`: how a string is written in the text. */
export function treeLeaves(roots: readonly JsonNode[], encode: Leaf['encode']): readonly Leaf[] {
  const leaves: Leaf[] = [];
  // A fragment of a resource in the midst of others: one a line, some of them cut.
  for (const root of roots) new Walk(encode, leaves).generic(root, undefined, false);
  return leaves;
}

/** The same for what is FHIR without saying so itself: the place of the root is given. */
export function fhirLeaves(root: JsonNode, encode: Leaf['encode']): readonly Leaf[] {
  const leaves: Leaf[] = [];
  new Walk(encode, leaves).fhir(root, rootPlace);
  return leaves;
}

const rootPlace: FhirPlace = {
  key: '',
  parent: null,
  parentKey: '',
  around: null,
  aroundKey: '',
  resource: '',
  label: '',
};

class Walk {
  readonly #encode: Leaf['encode'];
  readonly #leaves: Leaf[];

  constructor(encode: Leaf['encode'], leaves: Leaf[]) {
    this.#encode = encode;
    this.#leaves = leaves;
  }

  /** `isOfPerson`: other fields around show that it is about somebody. `under`: the field it stands in. */
  generic(node: JsonNode, inherited: PhiClass | undefined, isOfPerson: boolean, under = ''): void {
    const spelled = inherited === undefined ? spelledLeaf(node, isOfPerson ? 'record' : 'prose') : null;
    if (spelled) this.#leaves.push(spelled);
    else if (node.kind === 'array') {
      const header = inherited === undefined ? (headerAbove(node.items) ?? unnamedColumns(node.items)) : null;
      node.items.forEach((item, at) => {
        this.#row(item, header, { inherited: inherited ?? toldBefore(node.items, at), isOfPerson, under });
      });
    } else if (node.kind !== 'object') {
      this.#leaf(node, inherited, isOfPerson);
    } else if (isResource(node)) {
      this.fhir(node, rootPlace);
    } else if (isDicom(node)) {
      this.#dicom(node);
    } else this.#members(node, inherited, isOfPerson, under);
  }

  #members(node: JsonObject, inherited: PhiClass | undefined, isOfPerson: boolean, under: string): void {
    const fields = fieldsOf(node, under, isOfPerson);
    const rows = columnsOf(node);
    const keyOf = node.members[0]?.key.start ?? 0;
    const keysOf = keyClass(under) ?? (areNames(node) ? 'name' : undefined);
    for (const { key, node: member } of node.members) {
      const said = fields.classOf(key.value, member);
      if (key !== member && keysOf !== undefined) this.#entry(key, keysOf, keyOf);
      else if (key !== member)
        this.#key(key, said !== undefined, fields.areKeysOfPeople || isKeyOfSomebody(key.value, member), keyOf);
      const context = { inherited: said ?? inherited, isOfPerson: fields.isOfPerson || isOfPerson, under: key.value };
      if (rows && member.kind === 'array' && rowKeys.has(plainWord(key.value)))
        for (const item of isRow(member.items, rows) ? [member] : member.items)
          this.#row(item, rows, { ...context, inherited });
      else this.generic(member, context.inherited, context.isOfPerson, key.value);
    }
  }

  /** A key of a map that is called by what its keys are. */
  #entry(key: Text, cls: PhiClass, keyOf: number): void {
    const said = fieldClass(key.value) !== undefined || !/[\p{L}\p{N}]/u.test(key.value) ? 'clear' : cls;
    this.#leaves.push({ ...key, cls: said, reads: 'value', encode: this.#encode, keyOf });
  }

  /** A key of a map is somebody's number or name as often as it is a field's. */
  #key(key: Text, isField: boolean, isOfPeople: boolean, keyOf: number): void {
    const { value } = key;
    const isWord =
      !(isOfPeople && isSlug(value)) &&
      ((isField && !/\d{4}/.test(value)) ||
        (/^[A-Za-z_$][\w$-]{0,39}(?:@(?:odata|Microsoft)\.[\w.]{1,80})?$/i.test(value) && !/\d{4}/.test(value)));
    // What another door has masked is no entry.
    const isEntry = isOfPeople && !/^(?:[a-z_][A-Za-z_]*$|\[)/.test(value);
    const cls = isWord ? 'clear' : isEntry ? (/\d/.test(value) ? 'other_id' : 'name') : undefined;
    const reads = cls === undefined && isOfSomebody(value) ? 'record' : 'value';
    this.#leaves.push({ ...key, cls, reads, encode: this.#encode, keyOf });
  }

  /** A row of cells below a header, or anything else. */
  #row(node: JsonNode, header: Header | null, { inherited, isOfPerson, under }: Context): void {
    const cells = header && cellsOf(node);
    if (!header || !cells) return this.generic(node, inherited, isOfPerson, under);
    cells.forEach((cell, at) => {
      const cls = header.classes[at];
      const bare = cellOf(cell);
      const isName =
        bare.kind === 'string' && cells.length === header.classes.length && header.names[at] === bare.value;
      if (isName) this.#leaves.push({ ...bare, cls: 'clear', reads: 'value', encode: this.#encode });
      else this.generic(cell, cls === 'clear' ? undefined : (cls ?? inherited), header.isOfPeople || isOfPerson);
    });
  }

  /** The JSON model of DICOM (PS3.18 F.2): attributes by tag, each with its representation. */
  #dicom(node: JsonObject): void {
    for (const { key, node: attribute } of node.members) {
      const vr = stringOf(attribute, 'vr') ?? '';
      this.#leaves.push({ ...key, cls: 'clear', reads: 'value', encode: this.#encode });
      for (const { key: name, node: value } of attribute.kind === 'object' ? attribute.members : []) {
        const isVr = name.value === 'vr';
        this.#leaves.push({ ...name, cls: 'clear', reads: 'value', encode: this.#encode });
        if (isVr || vr === 'SQ') this.#items(value, isVr);
        else this.#dicomValue(value, key.value, vr, name.value === 'InlineBinary');
      }
    }
  }

  #items(node: JsonNode, isVr: boolean): void {
    if (node.kind === 'array') for (const item of node.items) this.generic(item, undefined, true);
    else if (node.kind === 'string' && isVr)
      this.#leaves.push({ ...node, cls: 'clear', reads: 'value', encode: this.#encode });
    else this.generic(node, undefined, true);
  }

  #dicomValue(node: JsonNode, tag: string, vr: string, isBinary: boolean): void {
    if (node.kind === 'array') for (const item of node.items) this.#dicomValue(item, tag, vr, isBinary);
    else if (node.kind === 'object')
      for (const { key, node: member } of node.members) {
        this.#leaves.push({ ...key, cls: 'clear', reads: 'value', encode: this.#encode });
        this.#dicomValue(member, tag, vr, isBinary);
      }
    else {
      const cls = dicomClass(tag, vr, node.value);
      if (node.kind === 'scalar') this.#scalar(node, cls);
      else this.#leaves.push({ ...node, cls, reads: isBinary ? 'encoded' : 'record', encode: this.#encode });
    }
  }

  fhir(node: JsonNode, place: FhirPlace): void {
    if (node.kind === 'array') {
      for (const item of node.items) this.fhir(item, place);
    } else if (node.kind === 'object') {
      const resource = stringOf(node, 'resourceType') ?? place.resource;
      const label = labelOf(node, place) ?? place.label;
      const keyOf = node.members[0]?.key.start ?? 0;
      for (const { key, node: member } of node.members) {
        if (key !== member && key.end > key.start)
          this.#leaves.push({ ...key, cls: 'clear', reads: 'value', encode: this.#encode, keyOf });
        this.fhir(member, {
          key: key.value,
          parent: node,
          parentKey: place.key,
          around: place.parent,
          aroundKey: place.parentKey,
          resource,
          label,
        });
      }
    } else if (node.kind === 'string') {
      const leaf = fhirLeaf(place, { ...node, cls: undefined, reads: 'record', encode: this.#encode });
      if (leaf) this.#leaves.push(leaf);
    } else
      this.#scalar(
        node,
        /^-?\d/.test(node.value)
          ? fhirLeaf(place, { ...node, offsets: null, cls: undefined, reads: 'value', encode: this.#encode })?.cls
          : 'clear',
      );
  }

  #leaf(node: Exclude<JsonNode, { kind: 'object' | 'array' }>, said: PhiClass | undefined, isOfPerson: boolean): void {
    if (node.kind === 'scalar') return this.#scalar(node, said);
    const cls = said ?? (isDate(node.value) && node.value.length > 6 ? 'date' : undefined);
    const leaf: Leaf = { ...node, cls, reads: isOfPerson ? 'record' : 'prose', encode: this.#encode };
    const isReference = cls === undefined && node.value.includes('/') && fhirReference.test(node.value);
    this.#leaves.push(isReference ? referenceLeaf(leaf) : leaf);
  }

  /** A number by itself is no text to search; true, false and null identify nobody. */
  #scalar(node: Extract<JsonNode, { kind: 'scalar' }>, said: Leaf['cls']): void {
    const isNumber = /^-?\d/.test(node.value);
    this.#leaves.push({
      ...node,
      offsets: null,
      cls: isNumber ? (said ?? 'clear') : 'clear',
      reads: 'value',
      encode: said === 'age' ? ageOf(node.value) : numberOf(node.value),
    });
  }
}

type JsonObject = Extract<JsonNode, { kind: 'object' }>;

/** The only row, without a list around it. */
function isRow(items: readonly JsonNode[], { classes }: Header): boolean {
  return items.length === classes.length && items.every(({ kind }) => kind === 'string' || kind === 'scalar');
}

/** `by_mrn`, `visitsByLastName`: what the keys of the map are that is called so. */
function keyClass(under: string): PhiClass | undefined {
  const by = under === '' ? null : /(?:^|[_\s.-])by[_\s-]+(\w{2,40})$|(?:^by|[a-z]By)([A-Z]\w{1,40})$/.exec(under);
  return by ? valueClass(by[1] ?? by[2] ?? '') : undefined;
}

/** A long number, or a name as it is written. */
function isOfSomebody(key: string): boolean {
  return (/^\d{6,20}$/.test(key) && !isDate(key)) || /^\p{Lu}[\p{L}'’-]*,? \p{Lu}/u.test(key);
}

/** A key like `quillfeather-zebulon-4711` of what is about a person: no field is called by words that nothing is called by. */
function isKeyOfSomebody(key: string, member: JsonNode): boolean {
  return member.kind === 'object' && isSlug(key) && member.members.some((each) => isPersonal(each.key.value));
}

function isSlug(key: string): boolean {
  if (!/^[a-z]{2,24}(?:[-_.][a-z]{2,24}){1,3}(?:[-_.]?\d{1,12})?$/i.test(key) || fieldClass(key) !== undefined)
    return false;
  const parts = key.toLowerCase().match(/[a-z]+/g) ?? [];
  const unknown = parts.filter(isNameOrUnknown).length;
  return unknown > 1 || (unknown === 1 && (/\d{3}/.test(key) || parts.some(isNameAlone)));
}

/** A map by somebody's name: every key is one, as it is written, and nothing else. */
function areNames({ members }: JsonObject): boolean {
  return (
    members.length > 0 &&
    members.every(({ key: { value } }) => /^\p{Lu}\p{Ll}{2,19}$/u.test(value) && isNameAlone(value.toLowerCase()))
  );
}

function isDicom({ members }: JsonObject): boolean {
  return (
    members.length > 0 &&
    members.every((each) => stringOf(each.node, 'vr') !== undefined && /^[0-9A-Fa-f]{8}$/.test(each.key.value))
  );
}

function isResource(node: JsonNode): boolean {
  const type = stringOf(node, 'resourceType');
  return type !== undefined && /^[A-Za-z]{3,60}$/.test(type);
}

interface Context {
  readonly inherited: PhiClass | undefined;
  readonly isOfPerson: boolean;
  readonly under: string;
}

/** A reference wherever it stands (hl7.org/fhir/R4/references.html). */
const fhirReference =
  /^(?:Patient|Person|Practitioner|PractitionerRole|RelatedPerson|Encounter|EpisodeOfCare|Group|CareTeam|Coverage|Account|Device|Claim|Consent|Task|Appointment|Observation|Condition|Procedure|Specimen|Immunization|ServiceRequest|MedicationRequest|DiagnosticReport|DocumentReference|ImagingStudy|ExplanationOfBenefit|Binary)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/.{1,40})?$/;

interface Fields {
  readonly isOfPerson: boolean;
  readonly areKeysOfPeople: boolean;
  readonly classOf: (key: string, member: JsonNode) => PhiClass | undefined;
}

const own: ReadonlySet<string> = new Set(
  'id key pk sk uid uuid guid identifier alias record entityid entity number fhirid'.split(' '),
);
const ofIdentifier: ReadonlySet<string> = new Set(
  'id value val alias number extension identifier idvalue assigned'.split(' '),
);
const identifiers: ReadonlySet<string> = new Set('identifier identifiers aliases externalid externalids'.split(' '));

/** What an object's fields are, by their names, by one another and by the field the object stands in. */
function fieldsOf(node: JsonObject, under: string, isOfPerson: boolean): Fields {
  const named = labelled(node);
  const names = node.members.map((each) => each.key.value);
  const isPerson = areOfPerson(names) || isSomebody(under);
  const isRecord = isPerson || named !== undefined || isKindOfPeople(node);
  const areKeysOfPeople = isOfPeople(under) && node.members.every((each) => each.node.kind === 'object');
  return {
    isOfPerson: isPerson || named !== undefined,
    areKeysOfPeople,
    classOf: (key, member) => {
      const word = plainWord(key);
      const hasMore = !isValue(member);
      const said =
        isPerson || (isOfPerson && word !== 'name')
          ? classOfPerson(key, hasMore)
          : hasMore
            ? fieldClass(key)
            : valueClass(key);
      if (said !== undefined) return said;
      if (word === 'plate' && ![under, ...names].some(isOfLaboratory) && isPlate(member)) return 'vehicle';
      if (named && valueKeys.has(word)) return named;
      const isNumber =
        !hasMore && (isRecord ? own.has(word) : ofIdentifier.has(word) && identifiers.has(plainWord(under)));
      return isNumber && isUnique(member) ? 'other_id' : undefined;
    },
  };
}

/** What plates stand beside that have wells, and no wheels. */
const laboratory: ReadonlySet<string> = new Set(
  `well wells row col column agar media medium culture cultures growth colony colonies assay elisa pcr sample samples specimen barcode reader dilution lab
  microplate platetype format`.split(/\s+/),
);

function isOfLaboratory(name: string): boolean {
  return laboratory.has(plainWord(name));
}

/** As cars have them: letters and digits, five to eight. */
function isPlate(node: JsonNode): boolean {
  if (node.kind !== 'string' || !/^[A-ZÄÖÜ\d]{1,4}(?:[ -]?[A-Z\d]{1,4}){1,2}$/.test(node.value)) return false;
  const signs = node.value.replace(/[ -]/g, '');
  return signs.length >= 5 && signs.length <= 8 && /\d/.test(signs) && /\p{Lu}/u.test(signs);
}

function isValue(node: JsonNode): boolean {
  return node.kind === 'array'
    ? node.items.every((each) => each.kind !== 'object' && each.kind !== 'array')
    : node.kind !== 'object';
}

/** A number or a code long enough to be one person's. */
function isUnique(node: JsonNode): boolean {
  if (node.kind !== 'string' && node.kind !== 'scalar') return false;
  return /\d{4}|[0-9a-f]{8}-/i.test(node.value) && /^[\w:#/.-]{4,80}$/.test(node.value);
}

/** `{"type": "patients", …}`. */
function isKindOfPeople(node: JsonObject): boolean {
  if (!node.members.some(({ key }) => kinds.has(key.value))) return false;
  return Array.from(kinds).some((kind) => isOfPeople(stringOf(node, kind) ?? ''));
}

const kinds: ReadonlySet<string> = new Set('type _type __typename _index kind model object table'.split(' '));

const valueKeys: ReadonlySet<string> = new Set(
  'value val v answer response text content data number valuestring valuetext stringvalue entry display'.split(' '),
);
const nameKeys: ReadonlySet<string> = new Set(
  'name key k field label column question attribute property fieldname attributename propertyname columnname prompt caption header title variable aliaspool displayname fieldlabel'.split(
    ' ',
  ),
);
/** What tells kinds of things apart names a field only by its very name. */
const kindKeys: ReadonlySet<string> = new Set('type code id kind system'.split(' '));

/** Of `{"name": "Last name", "value": …}`: what stands in the value. */
function labelled({ members }: JsonObject): PhiClass | undefined {
  if (
    members.length > 10 ||
    !members.some((each) => valueKeys.has(plainWord(each.key.value)) || plainWord(each.key.value) === 'alias')
  )
    return undefined;
  for (const [keys, classOf] of [
    [nameKeys, labelClass],
    [kindKeys, fieldClass],
  ] as const)
    for (const { key, node } of members) {
      if (node.kind !== 'string' || !keys.has(plainWord(key.value))) continue;
      const cls = classOf(node.value);
      if (cls !== undefined) return cls;
    }
  return undefined;
}

/** What a FHIR element is called where its own name says nothing: a question, a parameter, an extension, a code. */
function labelOf(node: JsonNode, { key }: FhirPlace): string | undefined {
  if (key === 'item') return stringOf(node, 'text') ?? stringOf(node, 'linkId');
  if (key === 'parameter' || key === 'part') return stringOf(node, 'name');
  if (key === 'extension' || key === 'modifierExtension') return stringOf(node, 'url')?.replace(/^.*[/:#]/, '');
  if (key === 'input' || key === 'output' || key === 'detail')
    return stringOf(node, 'type') ?? stringOf(memberOf(node, 'type'), 'text');
  return undefined;
}

/** Only ages over 89 say who somebody is (164.514(b)(2)(i)(C)). */
function ageOf(written: string): Leaf['encode'] {
  return (replacement) => (replacement === written || Number(written) < ageCap ? written : String(ageCap));
}

/** A number stays one: itself, where it may be seen, else null. */
function numberOf(written: string): Leaf['encode'] {
  return (replacement) => (replacement === written ? written : 'null');
}
