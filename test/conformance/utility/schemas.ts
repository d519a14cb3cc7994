// Two schemas that analysts of health data meet everywhere, a few rows each: Synthea's CSV export and the OMOP common data
// model. What a person has reviewed is clear; what is not named here is classified or masked by its type.

import type { Family } from '../bypass/attack.ts';

export const schemas: Family = {
  name: 'schemas of analysts',
  setup: `
    CREATE SCHEMA synthea;
    CREATE TABLE synthea.patients (id uuid PRIMARY KEY, birthdate date, deathdate date, ssn text, first text, last text, marital char(1), race text,
      ethnicity text, gender char(1), address text, city text, state text, zip text, lat float8, lon float8, healthcare_expenses numeric(12,2), income int);
    CREATE TABLE synthea.organizations (id uuid PRIMARY KEY, name text, state text, utilization int);
    CREATE TABLE synthea.encounters (id uuid PRIMARY KEY, start timestamptz, stop timestamptz, patient uuid REFERENCES synthea.patients,
      organization uuid REFERENCES synthea.organizations, encounterclass text, code bigint, description text, base_encounter_cost numeric(10,2),
      total_claim_cost numeric(10,2), reasoncode bigint, reasondescription text);
    CREATE TABLE synthea.conditions (start date, stop date, patient uuid REFERENCES synthea.patients, encounter uuid REFERENCES synthea.encounters, code bigint, description text);
    CREATE TABLE synthea.observations (date timestamptz, patient uuid, encounter uuid, category text, code text, description text, value numeric, units text);
    CREATE TABLE synthea.medications (start timestamptz, stop timestamptz, patient uuid, code bigint, description text, totalcost numeric(10,2), dispenses int, meta jsonb);
    INSERT INTO synthea.patients SELECT md5('p' || n)::uuid, date '1950-03-01' + n * 400, NULL, '123-45-6' || 700 + n, 'Zebulon', 'Quartermain', 'M', 'white',
      'nonhispanic', CASE n % 2 WHEN 0 THEN 'M' ELSE 'F' END, '1 Elm St', 'Springfield', 'MA', '0210' || n % 10, 42.1, -71.2, n * 100.5, n * 1000 FROM generate_series(1, 20) n;
    INSERT INTO synthea.organizations SELECT md5('o' || n)::uuid, 'Clinic ' || n, 'MA', n * 10 FROM generate_series(1, 3) n;
    INSERT INTO synthea.encounters SELECT md5('e' || n)::uuid, timestamptz '2024-01-01 08:00Z' + n * interval '3 days', timestamptz '2024-01-01 09:00Z' + n * interval '3 days', md5('p' || (1 + n % 20))::uuid,
      md5('o' || (1 + n % 3))::uuid, (ARRAY['ambulatory', 'emergency', 'inpatient', 'wellness'])[1 + n % 4], 185345009 + n % 5, 'Encounter ' || n % 5, 129.16, 129.16 + n, 195662009, 'Viral pharyngitis' FROM generate_series(1, 100) n;
    INSERT INTO synthea.conditions SELECT date '2024-01-01' + n, NULL, md5('p' || (1 + n % 20))::uuid, md5('e' || n)::uuid, 44054006 + n % 3, 'Condition ' || n % 3 FROM generate_series(1, 60) n;
    INSERT INTO synthea.observations SELECT timestamptz '2024-02-01Z' + n * interval '1 hour', md5('p' || (1 + n % 20))::uuid, md5('e' || (1 + n % 100))::uuid, 'vital-signs', '8302-' || n % 3, 'Body Height', 160 + n % 30, 'cm' FROM generate_series(1, 90) n;
    INSERT INTO synthea.medications SELECT timestamptz '2024-02-01Z' + n * interval '1 day', NULL, md5('p' || (1 + n % 20))::uuid, 860975 + n % 4, 'Drug ' || n % 4, n * 2.5, n % 12, jsonb_build_object('route', 'oral', 'dose', n % 3, 'tags', jsonb_build_array('a', 'b')) FROM generate_series(1, 50) n;
    CREATE VIEW synthea.visits_by_class AS SELECT encounterclass, count(*) AS n FROM synthea.encounters GROUP BY 1;
    CREATE SCHEMA cdm;
    CREATE TABLE cdm.person (person_id bigint PRIMARY KEY, gender_concept_id int, year_of_birth int, month_of_birth int, day_of_birth int, birth_datetime timestamp, race_concept_id int, location_id int, person_source_value varchar(50));
    CREATE TABLE cdm.concept (concept_id int PRIMARY KEY, concept_name varchar(255), domain_id varchar(20), vocabulary_id varchar(20), standard_concept char(1), concept_code varchar(50));
    CREATE TABLE cdm.concept_ancestor (ancestor_concept_id int, descendant_concept_id int, min_levels_of_separation int);
    CREATE TABLE cdm.visit_occurrence (visit_occurrence_id bigint PRIMARY KEY, person_id bigint REFERENCES cdm.person, visit_concept_id int, visit_start_date date, visit_end_date date, care_site_id int);
    CREATE TABLE cdm.condition_occurrence (condition_occurrence_id bigint PRIMARY KEY, person_id bigint REFERENCES cdm.person, condition_concept_id int, condition_start_date date, condition_end_date date, visit_occurrence_id bigint);
    CREATE TABLE cdm.drug_exposure (drug_exposure_id bigint PRIMARY KEY, person_id bigint, drug_concept_id int, drug_exposure_start_date date, days_supply int, quantity numeric);
    CREATE TABLE cdm.measurement (measurement_id bigint PRIMARY KEY, person_id bigint, measurement_concept_id int, measurement_date date, value_as_number numeric, unit_concept_id int);
    CREATE TABLE cdm.observation_period (observation_period_id bigint PRIMARY KEY, person_id bigint, observation_period_start_date date, observation_period_end_date date);
    INSERT INTO cdm.person SELECT n, 8507 + n % 2 * 25, 1940 + n * 2, 1 + n % 12, 1 + n % 28, NULL, 8527, n, 'MRN' || n FROM generate_series(1, 30) n;
    INSERT INTO cdm.concept VALUES (8507, 'MALE', 'Gender', 'Gender', 'S', 'M'), (8532, 'FEMALE', 'Gender', 'Gender', 'S', 'F'), (9201, 'Inpatient Visit', 'Visit', 'Visit', 'S', 'IP'), (201826, 'Type 2 diabetes mellitus', 'Condition', 'SNOMED', 'S', '44054006'), (1503297, 'metformin', 'Drug', 'RxNorm', 'S', '6809');
    INSERT INTO cdm.concept_ancestor VALUES (201820, 201826, 1), (201826, 201826, 0);
    INSERT INTO cdm.visit_occurrence SELECT n, 1 + n % 30, 9201, date '2023-01-01' + n, date '2023-01-03' + n, n % 4 FROM generate_series(1, 80) n;
    INSERT INTO cdm.condition_occurrence SELECT n, 1 + n % 30, 201826, date '2023-01-01' + n, NULL, n FROM generate_series(1, 60) n;
    INSERT INTO cdm.drug_exposure SELECT n, 1 + n % 30, 1503297, date '2023-01-05' + n, 30, 60 FROM generate_series(1, 60) n;
    INSERT INTO cdm.measurement SELECT n, 1 + n % 30, 3004410, date '2023-02-01' + n, 5 + n % 5, 8554 FROM generate_series(1, 60) n;
    INSERT INTO cdm.observation_period SELECT n, n, date '2020-01-01', date '2024-12-31' FROM generate_series(1, 30) n;
    GRANT USAGE ON SCHEMA synthea, cdm TO gate;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA synthea, cdm TO gate;
    ANALYZE;`,
  clear: [
    ...['race', 'ethnicity', 'gender', 'marital', 'state'].map((column) => `synthea.patients.${column}`),
    ...['name', 'state'].map((column) => `synthea.organizations.${column}`),
    ...['start', 'stop', 'encounterclass', 'description', 'reasondescription'].map(
      (column) => `synthea.encounters.${column}`,
    ),
    ...['start', 'stop', 'description'].map((column) => `synthea.conditions.${column}`),
    ...['date', 'category', 'code', 'description', 'units'].map((column) => `synthea.observations.${column}`),
    ...['start', 'stop', 'description', 'meta'].map((column) => `synthea.medications.${column}`),
    'synthea.visits_by_class.encounterclass',
    ...['concept_name', 'domain_id', 'vocabulary_id', 'standard_concept', 'concept_code'].map(
      (column) => `cdm.concept.${column}`,
    ),
    ...['visit_start_date', 'visit_end_date'].map((column) => `cdm.visit_occurrence.${column}`),
    ...['condition_start_date', 'condition_end_date'].map((column) => `cdm.condition_occurrence.${column}`),
    'cdm.drug_exposure.drug_exposure_start_date',
    'cdm.measurement.measurement_date',
    'cdm.observation_period.observation_period_start_date',
    'cdm.observation_period.observation_period_end_date',
  ],
  attacks: [],
};
