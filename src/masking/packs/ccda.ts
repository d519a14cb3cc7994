// C-CDA (HL7 CDA R2): what an element's text and attributes hold, by the elements around it. Templates, codes and object
// identifiers are structure; the narrative says nothing and is read as a record's free text.

import type { PhiClass } from '../../core/phi.ts';
import { isDate } from '../containers/leaf.ts';

export interface CdaElement {
  /** Local name. */
  readonly name: string;
  /** By their names as written. */
  readonly attributes: Readonly<Record<string, string>>;
}

const nameParts = new Set('given family name delimiter'.split(' '));
const people = /^(?:patient|patientRole|.*[pP]erson|guardian|subject|relatedSubject)$/;
const organisations =
  /(?:Organization|Institution|Facility|healthCareFacility|location|serviceProvider|representedCustodianOrganization)$/;
/** Things with names: drugs, devices, what somebody is allergic to. */
const things =
  /^(?:manufacturedMaterial|manufacturedLabeledDrug|playingDevice|scopingDevice|assignedAuthoringDevice|associatedEntityDevice)$/;
const times = new Set('birthTime effectiveTime time low high center deceasedTime dateTime value'.split(' '));
/** Attributes that are structure wherever they stand. */
const structural = new Set(
  `code codeSystem codeSystemName codeSystemVersion displayName unit nullFlavor classCode moodCode typeCode determinerCode contextControlCode
  contextConductionInd inversionInd negationInd independentInd institutionSpecified operator inclusive use mediaType representation
  partType qualifier styleCode colspan rowspan align valign width border cellpadding cellspacing listType language lang schemaLocation
  space alignment type assigningAuthorityName displayable extensible`.split(/\s+/),
);

/** `path`: the elements around the text, the innermost last. */
export function cdaText(path: readonly CdaElement[]): PhiClass | 'clear' | undefined {
  const element = path.at(-1)?.name ?? '';
  const around = path.slice(0, -1).reverse();
  // The rest of a name or an address is part of it, whatever it is called.
  if (around.some((each) => each.name === 'addr') || element === 'addr')
    return element === 'state' || element === 'country' ? 'clear' : 'address';
  if (around.some((each) => each.name === 'telecom') || element === 'telecom') return 'phone';
  if (element === 'prefix' || element === 'suffix') return 'clear';
  if (element === 'given' || element === 'family') return 'name';
  if (/[bB]irthTime$|^deceasedTime$/.test(element)) return 'date';
  if (!nameParts.has(element)) return undefined;
  // What a participation consumes, and what is manufactured, is nobody.
  if (
    around.slice(0, 3).some(({ attributes }) => attributes['classCode'] === 'MANU' || attributes['typeCode'] === 'CSM')
  )
    return undefined;
  for (const { name, attributes } of around) {
    if (people.test(name)) return 'name';
    if (organisations.test(name)) return 'address';
    if (things.test(name)) return undefined;
    // An entity says by its class whether it is somebody: a manufactured material, a thing, food and the like are not.
    if (name === 'playingEntity' || name === 'scopingEntity')
      return /^(?:MMAT|MAT|FOOD|DEV|MODDV|CHEM|ANM|MIC|PLNT)$/.test(attributes['classCode'] ?? '') ? undefined : 'name';
  }
  return undefined;
}

export function cdaAttribute(
  path: readonly CdaElement[],
  written: string,
  value: string,
): PhiClass | 'clear' | undefined {
  const { name: element, attributes: others } = path.at(-1) ?? { name: '', attributes: {} };
  const name = written.slice(written.indexOf(':') + 1);
  if (element === 'telecom' && name === 'value') return telecom(value);
  if (name === 'value' && /[bB]irthTime$|^deceasedTime$/.test(element)) return 'date';
  if (name === 'value' && times.has(element) && isDate(value)) return 'date';
  if (name === 'extension') return identifier(path, others['root'] ?? '');
  if (name === 'root') return others['extension'] !== undefined || /^[\d.]+$/.test(value) ? 'clear' : 'other_id';
  if (structural.has(name)) return 'clear';
  // `ID` and what points to it stay within the document; a number of somebody's is found in them, too.
  if (/^(?:ID|IDREF|IDREFS|referencedObject)$/.test(name) || (/^(?:value|href)$/.test(name) && value.startsWith('#')))
    return 'clear';
  return name === 'value' && /^[\d.+-]+$/.test(value) ? 'clear' : undefined;
}

function identifier(path: readonly CdaElement[], root: string): PhiClass | 'clear' {
  const element = path.at(-1)?.name ?? '';
  if (element === 'templateId' || element === 'typeId') return 'clear';
  if (root === '2.16.840.1.113883.4.1') return 'ssn';
  if (root === '2.16.840.1.113883.4.6') return 'license';
  return path.some((each) => each.name === 'patientRole') ? 'mrn' : 'other_id';
}

function telecom(value: string): PhiClass {
  if (/^mailto:/i.test(value) || value.includes('@')) return 'email';
  if (/^fax:/i.test(value)) return 'fax';
  return /^(?:https?|ftp):/i.test(value) ? 'url' : 'phone';
}
