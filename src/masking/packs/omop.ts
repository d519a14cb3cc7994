// OMOP CDM 5.4: the columns that identify. Concept ids and vocabulary are clear; source values are whatever the source
// wrote and stay undecided, so they are masked as unknown text until someone reviews them.

import type { PhiClass } from '../../core/phi.ts';

const exact: Readonly<Record<string, PhiClass | 'clear'>> = {
  'person.person_source_value': 'other_id',
  'person.birth_datetime': 'date',
  'person.year_of_birth': 'clear',
  'person.month_of_birth': 'date',
  'person.day_of_birth': 'date',
  'location.address_1': 'address',
  'location.address_2': 'address',
  'location.city': 'address',
  'location.state': 'clear',
  'location.zip': 'address',
  'location.county': 'address',
  'location.location_source_value': 'address',
  'location.latitude': 'address',
  'location.longitude': 'address',
  'location.country_concept_id': 'clear',
  'provider.provider_name': 'name',
  'provider.npi': 'license',
  'provider.dea': 'license',
  'provider.provider_source_value': 'other_id',
  'note.note_text': 'note',
  'note.note_title': 'note',
  'note_nlp.snippet': 'note',
  'note_nlp.lexical_variant': 'note',
  'visit_occurrence.visit_source_value': 'other_id',
  'visit_detail.visit_detail_source_value': 'other_id',
  'device_exposure.unique_device_id': 'device',
  'specimen.specimen_source_id': 'other_id',
  'observation.value_as_string': 'note',
};

const vocabulary: ReadonlySet<string> = new Set(
  'concept vocabulary domain concept_class concept_relationship relationship concept_synonym concept_ancestor drug_strength'.split(
    ' ',
  ),
);

export function omopColumn(table: string, column: string): PhiClass | 'clear' | undefined {
  const known = exact[`${table}.${column}`];
  if (known !== undefined) return known;
  if (vocabulary.has(table) || column.endsWith('_concept_id')) return 'clear';
  if (column === 'person_id' || column === 'visit_occurrence_id' || column === 'visit_detail_id') return 'other_id';
  if (/_(?:date|datetime|time)$/.test(column)) return 'date';
  return undefined;
}
