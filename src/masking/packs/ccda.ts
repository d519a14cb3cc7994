// C-CDA (HL7 CDA R2): what an element's text and attributes hold, by the elements around it. Templates, codes and object
// identifiers are structure; the narrative says nothing and is searched.

import type { PhiClass } from '../../core/phi.ts';
import { isDate } from '../containers/leaf.ts';

const addressParts = new Set(
  'addr streetAddressLine city postalCode county houseNumber houseNumberNumeric streetName streetNameBase streetNameType additionalLocator unitID unitType postBox precinct censusTract deliveryAddressLine direction buildingNumberSuffix careOf'.split(
    ' ',
  ),
);
const nameParts = new Set('given family name delimiter'.split(' '));
const people = /^(?:patient|patientRole|.*[pP]erson|guardian|subject|relatedSubject)$/;
const organisations =
  /(?:Organization|Institution|Facility|healthCareFacility|location|serviceProvider|representedCustodianOrganization)$/;
const times = new Set('birthTime effectiveTime time low high center deceasedTime dateTime value'.split(' '));

/** `path`: local names of the elements around the text, the innermost last. */
export function cdaText(path: readonly string[]): PhiClass | 'clear' | undefined {
  const element = path.at(-1) ?? '';
  if (element === 'prefix' || element === 'suffix' || element === 'state' || element === 'country') return 'clear';
  if (path.includes('addr') && addressParts.has(element)) return 'address';
  if (element === 'given' || element === 'family') return 'name';
  if (!nameParts.has(element)) return undefined;
  for (const around of path.toReversed()) {
    if (people.test(around)) return 'name';
    if (organisations.test(around)) return 'address';
    if (
      /^(?:manufacturedMaterial|manufacturedLabeledDrug|playingEntity|playingDevice|participantRole|author|assignedAuthoringDevice)$/.test(
        around,
      )
    )
      return undefined;
  }
  return undefined;
}

/** `others`: all attributes of the element. */
export function cdaAttribute(
  path: readonly string[],
  name: string,
  value: string,
  others: Readonly<Record<string, string>>,
): PhiClass | 'clear' | undefined {
  const element = path.at(-1) ?? '';
  if (element === 'telecom' && name === 'value') return telecom(value);
  if (name === 'value' && times.has(element) && isDate(value)) return 'date';
  if (element !== 'id' && element !== 'setId')
    return name === 'value' && !/^[\d.+-]+$/.test(value) ? undefined : 'clear';
  if (name === 'assigningAuthorityName' || name === 'displayable' || name === 'nullFlavor') return 'clear';
  if (name === 'root') return others['extension'] !== undefined || /^[\d.]+$/.test(value) ? 'clear' : 'other_id';
  if (name !== 'extension') return undefined;
  if (others['root'] === '2.16.840.1.113883.4.1') return 'ssn';
  if (others['root'] === '2.16.840.1.113883.4.6') return 'license';
  return path.includes('patientRole') ? 'mrn' : 'other_id';
}

function telecom(value: string): PhiClass {
  if (/^mailto:/i.test(value) || value.includes('@')) return 'email';
  if (/^fax:/i.test(value)) return 'fax';
  return /^(?:https?|ftp):/i.test(value) ? 'url' : 'phone';
}
