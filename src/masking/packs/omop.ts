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
  'location.country_source_value': 'clear',
  'care_site.care_site_name': 'address',
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
  'device_exposure.production_id': 'device',
  'drug_exposure.lot_number': 'device',
  'drug_exposure.sig': 'note',
  'drug_exposure.stop_reason': 'note',
  'condition_occurrence.stop_reason': 'note',
  'payer_plan_period.family_source_value': 'health_plan',
  'payer_plan_period.plan_source_value': 'health_plan',
  'payer_plan_period.payer_source_value': 'health_plan',
  'payer_plan_period.sponsor_source_value': 'health_plan',
  'specimen.specimen_source_id': 'other_id',
  'observation.value_as_string': 'note',
};

const vocabulary: ReadonlySet<string> = new Set(
  'concept vocabulary domain concept_class concept_relationship relationship concept_synonym concept_ancestor drug_strength'.split(
    ' ',
  ),
);

/** Row keys of what happened to one person are unique codes (164.514(b)(2)(i)(R)); those of places and staff are not. */
const personal =
  /^(?:person|subject|visit_occurrence|visit_detail|preceding_visit_occurrence|preceding_visit_detail|parent_visit_detail|condition_occurrence|drug_exposure|procedure_occurrence|device_exposure|measurement|observation|observation_period|note|note_nlp|note_event|observation_event|measurement_event|specimen|episode|episode_parent|event|cost|cost_event|payer_plan_period|condition_era|drug_era|dose_era|location)_id$|^fact_id_[12]$/;

export function omopColumn(table: string, column: string): PhiClass | 'clear' | undefined {
  const known = exact[`${table}.${column}`];
  if (known !== undefined) return known;
  if (vocabulary.has(table) || column.endsWith('_concept_id')) return 'clear';
  if (personal.test(column)) return 'other_id';
  if (/_(?:date|datetime|time)$/.test(column)) return 'date';
  return undefined;
}

const byColumn: ReadonlyMap<string, PhiClass | 'clear'> = new Map(
  Object.entries(exact).map(([name, cls]) => [name.slice(name.indexOf('.') + 1), cls]),
);

/** The classes of a header row's columns, if it is one of OMOP's; undefined for one it is not. */
export function omopHeader(names: readonly string[]): readonly (PhiClass | 'clear' | undefined)[] | undefined {
  const columns = names.map((name) => name.toLowerCase());
  const marks = columns.filter((name) => name.endsWith('_concept_id') || name.endsWith('_source_value')).length;
  if (marks < 2) return undefined;
  return columns.map((name) => byColumn.get(name) ?? omopColumn('', name));
}
