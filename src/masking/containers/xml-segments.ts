// Standards of segments and tags in their XML forms: HL7 v2 (v2.xml), X12 (`<segment Id="NM1">`), DICOM's native model. The packs of
// their own forms say what a place holds.

import type { CdaElement } from '../packs/ccda.ts';
import { dicomClass } from '../packs/dicom.ts';
import { hl7Field, isHl7Segment } from '../packs/hl7v2.ts';
import { x12Element } from '../packs/x12.ts';
import { isDate, type Leaf } from './leaf.ts';

const hl7Part = /^([A-Z][A-Z0-9]{2})\.(\d{1,2})$/;
const x12Part = /^([A-Z][A-Z0-9]{1,2})(\d{2})(?:-(\d+))?$/;

export class XmlSegments {
  #valueType = '';
  /** Of the X12 segment that is open: its name, then its elements as far as they are read. */
  #elements: string[] = [];

  /** Null: the text stands in no such place. Undefined: in one that says nothing of it. */
  said(path: readonly CdaElement[], value: string): Leaf['cls'] | null {
    return hl7Named(value) ?? hl7Said(path, value, this) ?? this.#x12(path, value) ?? dicomSaid(path, value);
  }

  /** OBX-2 says what OBX-5 is. */
  valueType(segment: string, field: number, value: string): string {
    if (segment === 'OBX' && field === 2) this.#valueType = value.trim();
    return this.#valueType;
  }

  #x12(path: readonly CdaElement[], value: string): Leaf['cls'] | null {
    const { name = '', attributes = {} } = path.at(-1) ?? {};
    const called = x12Part.exec(attributes['Id'] ?? attributes['id'] ?? name);
    const segment = called?.[1] ?? '';
    const isIn = path
      .slice(0, -1)
      .some((each) => each.name === segment || (each.attributes['Id'] ?? each.attributes['id']) === segment);
    if (!called || !isIn) return null;
    const at = Number(called[2]);
    if (this.#elements[0] !== segment || at <= this.#elements.length - 1) this.#elements = [segment];
    while (this.#elements.length < at) this.#elements.push('');
    if (called[3] === undefined || called[3] === '1') this.#elements[at] = value.trim();
    const said = x12Element(segment, at, this.#elements);
    if (said === 'codes') return isDate(value) && value.trim().length >= 8 ? 'date' : 'clear';
    if (said !== 'components') return said;
    return called[3] === '1' ? 'clear' : 'other_id';
  }
}

function hl7Said(path: readonly CdaElement[], value: string, state: XmlSegments): Leaf['cls'] | null {
  const from = path.findIndex((each, at) => {
    const segment = hl7Part.exec(each.name)?.[1];
    return segment !== undefined && isHl7Segment(segment) && path[at - 1]?.name === segment;
  });
  const [, segment = '', field = ''] = hl7Part.exec(path[from]?.name ?? '') ?? [];
  if (from === -1) return null;
  const component = Number(hl7Part.exec(path[from + 1]?.name ?? '')?.[2] ?? 1);
  const valueType = state.valueType(segment, Number(field), value);
  const { cls } = hl7Field({ segment, field: Number(field), component, values: [], valueType, label: '' }, value);
  return cls ?? (isDate(value) && value.trim().length >= 6 ? 'date' : undefined);
}

/** IHE XDS names a field of PID before its value (ITI TF-3 §4.2.3.2.23). */
function hl7Named(value: string): Leaf['cls'] | null {
  const field = /^\s*PID-(\d{1,2})\|/.exec(value)?.[1];
  if (field === undefined) return null;
  const { cls } = hl7Field(
    { segment: 'PID', field: Number(field), component: 1, values: [], valueType: '', label: '' },
    value,
  );
  return cls === 'clear' || cls === undefined ? undefined : cls;
}

function dicomSaid(path: readonly CdaElement[], value: string): Leaf['cls'] | null {
  const attribute = path.findLast((each) => each.name === 'DicomAttribute')?.attributes;
  return attribute ? dicomClass(attribute['tag'] ?? '', attribute['vr'] ?? '', value) : null;
}
