// XML and HTML: a leaf for every text, attribute and comment. A tag that was never closed ends with the one around it.

import type { PhiClass } from '../../core/phi.ts';
import { fitsLabel } from '../labelled-lines.ts';
import { type CdaElement, cdaAttribute, cdaText } from '../packs/ccda.ts';
import { fieldClass, labelClass, valueClass } from '../packs/generic.ts';
import { isSomebody } from '../packs/header.ts';
import { HtmlTables } from './html-tables.ts';
import type { Text } from './json-node.ts';
import { asWritten, type Container, isDate, type Leaf } from './leaf.ts';
import { entities, type XmlPart, xmlParts } from './xml-parts.ts';
import { XmlSegments } from './xml-segments.ts';

const depthMax = 1_000;
const empty: ReadonlySet<string> = new Set('br hr img input meta link col'.split(' '));
/** HL7 CDA, with its namespace or cut out of a document. */
const cda =
  /urn:hl7-org:v3|<(?:\w+:)?(?:ClinicalDocument|recordTarget|patientRole|assignedAuthor|assignedPerson|relatedEntity|structuredBody)[\s>]/;

export const readXml: Container = (text) => {
  if (!/^\s*<(?:\?xml|!--|!DOCTYPE|[A-Za-z])/.test(text) || !text.includes('>')) return null;
  const read = new Reading(cda.test(text));
  for (const part of xmlParts(text)) read.take(part);
  return read.leaves;
};

class Reading {
  readonly leaves: Leaf[] = [];
  readonly #isCda: boolean;
  readonly #open: CdaElement[] = [];
  readonly #tables = new HtmlTables();
  readonly #segments = new XmlSegments();
  #term = '';
  /** What the last `label` said of the field behind it. */
  #label = '';
  /** It, until something has stood behind it. */
  #ahead = '';

  constructor(isCda: boolean) {
    this.#isCda = isCda;
  }

  take(part: XmlPart): void {
    switch (part.kind) {
      case 'start':
        return this.#start(part);
      case 'end': {
        const from = this.#open.findLastIndex((each) => each.name === part.name);
        if (from !== -1) this.#open.length = from;
        this.#tables.end(part.name);
        return;
      }
      case 'text':
        return this.#text(part.text, entities);
      case 'cdata':
        return this.#text(part.text, asWritten);
      case 'comment':
        this.leaves.push({ ...part.text, cls: undefined, reads: this.#isCda ? 'record' : 'value', encode: asWritten });
        return;
      case 'declarations':
        // Entities of its own could say what no place of the document says: they are taken out, whatever the operator.
        this.leaves.push({ ...part.text, cls: 'other_id', reads: 'value', encode: () => '' });
    }
  }

  #start({ name, attributes, isEmpty }: Extract<XmlPart, { kind: 'start' }>): void {
    const others = Object.fromEntries(attributes.map((each) => [each.name, each.text.value]));
    const element: CdaElement = { name, attributes: others };
    this.#tables.start(name.toLowerCase());
    if (fields.has(name)) this.#ahead = '';
    const path = [...this.#open, element];
    for (const { name: called, text } of attributes) {
      if (text.value === '' || called.startsWith('xmlns') || called.startsWith('xsi:')) continue;
      const isLabelled = called === 'value' && (name === 'input' || name === 'option') && this.#label !== '';
      const said = this.#isCda
        ? cdaAttribute(path, called, text.value)
        : (attributeClass(path, called, text.value) ?? (isLabelled ? labelClass(this.#label) : undefined));
      const isTerm = this.#isCda && said === 'clear' && (called === 'displayName' || called === 'code');
      this.leaves.push({ ...text, cls: said, isTerm, reads: this.#isCda ? 'record' : 'value', encode: entities });
    }
    const isOpen = !isEmpty && !(this.#open[0]?.name === 'html' && empty.has(name));
    if (isOpen && this.#open.length < depthMax) this.#open.push(element);
  }

  #text(text: Text, encode: Leaf['encode']): void {
    const column = this.#tables.columnOf(text.value);
    const inColumn = (column?.cls === 'clear' ? undefined : column?.cls) ?? this.#defined(text.value);
    if (this.#isCda) {
      const isFile = this.#open.at(-1)?.attributes['representation'] === 'B64';
      const cls = isFile ? undefined : (cdaText(this.#open) ?? inColumn);
      this.leaves.push({ ...text, cls, reads: isFile ? 'encoded' : 'record', encode });
      return;
    }
    const said = this.#segments.said(this.#open, text.value);
    if (said !== null) {
      this.leaves.push({ ...text, cls: said, reads: 'record', encode });
      return;
    }
    const { value } = text;
    const named =
      this.#open.map(elementClass).findLast((each) => each !== undefined) ?? innermostClass(this.#open, value);
    const isDay = this.#open.length > 0 && isDate(value) && value.length > 6;
    const cls = named ?? inColumn ?? (isDay ? 'date' : undefined);
    const isRecord = column?.isOfPeople === true || this.#open.some((each) => isSomebody(each.name));
    this.leaves.push({ ...text, cls, reads: isRecord ? 'record' : 'prose', encode });
  }

  /** A list of terms, or of names and values (Apple's property lists too): what the term says of what follows it. */
  #defined(text: string): PhiClass | undefined {
    const [around, own] = [this.#open.at(-2)?.name, this.#open.at(-1)?.name];
    const ahead = this.#ahead;
    this.#ahead = '';
    if (own === 'label') {
      this.#label = text.trim();
      this.#ahead = this.#label;
      return undefined;
    }
    // "<b>MRN:</b> 44719"
    if (/^[^:\n]{2,40}:$/.test(text.trim()) && labelClass(text.trim().slice(0, -1)) !== 'name')
      this.#ahead = text.trim();
    const meant = ahead === '' ? undefined : labelClass(ahead.replace(/[:*\s]+$/, ''));
    if (meant !== undefined && fitsLabel(meant, text.trim())) return meant;
    const isTerm =
      own === 'dt' || (own === 'key' && around === 'dict') || (own === 'name' && fieldClass(text) !== undefined);
    if (isTerm) this.#term = text.trim();
    if (isTerm || this.#term === '') return undefined;
    const isMeant = around === 'dict' || own === 'value' || this.#open.some(({ name }) => name === 'dd');
    return isMeant ? labelClass(this.#term) : undefined;
  }
}

/** What a label is for; its text is in an attribute, and what follows says something else. */
const fields: ReadonlySet<string> = new Set('input select textarea'.split(' '));
const valueWordsMax = 4;

/** What an element says of a value right in it: `<PatientKey>`, `<doctor>`. */
function innermostClass(path: readonly CdaElement[], value: string): PhiClass | undefined {
  const element = path.at(-1);
  if (!element) return undefined;
  const said = valueClass(element.name);
  if (said !== undefined || !isSomebody(element.name) || value.trim().split(/\s+/).length > valueWordsMax) return said;
  return /\d/.test(value) ? 'other_id' : 'name';
}

const labels = ['name', 'key', 'label', 'field', 'column', 'keyword', 'itemprop', 'class', 'id'] as const;

/** By its own name, by what it is called (`<field name="dob">`, `<span class="dob">`), or by whom it calls (`<a href="tel:…">`). */
function elementClass({ name, attributes }: CdaElement): PhiClass | undefined {
  const own = fieldClass(name);
  if (own !== undefined) return own;
  const scheme = name === 'a' ? /^(tel|mailto|sms):/i.exec(attributes['href'] ?? '')?.[1] : undefined;
  if (scheme !== undefined) return /^mailto$/i.test(scheme) ? 'email' : 'phone';
  for (const label of labels) {
    const called = attributes[label];
    const cls = called === undefined ? undefined : fieldClass(called);
    if (cls !== undefined) return cls;
  }
  return undefined;
}

/** `<patient dob="…"/>`, `<dob value="…"/>`, `<field name="dob" value="…"/>`. */
function attributeClass(path: readonly CdaElement[], name: string, value: string): Leaf['cls'] {
  const element = path.at(-1);
  const bare = name.replace(/^data-/, '');
  // `<birth place="…"/>` is a birthplace, and the number of `<patient id="…"/>` a person's.
  const said = valueClass(bare) ?? (element && fieldClass(`${element.name} ${bare}`));
  if (said !== undefined) return said;
  if (element && isSomebody(element.name) && /^(?:id|key|uid|number)$/i.test(bare)) return 'other_id';
  if (!element || (name !== 'value' && name !== 'v' && name !== 'val' && name !== 'content')) return undefined;
  return elementClass(element) ?? (isDate(value) && value.length > 6 ? 'date' : undefined);
}
