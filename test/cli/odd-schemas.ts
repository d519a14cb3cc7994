// Databases as hospitals have them: FHIR documents in JSONB, OMOP, Synthea, tables made at home in two languages, and a wide
// one. Every value in them is a canary: `zq` begins it, or it is a number of 90377….

/** FHIR servers keep one resource a row. */
const fhir = `
  CREATE TABLE fhir_resources (id text, resource_type text, resource jsonb, version int, last_updated timestamptz);
  INSERT INTO fhir_resources SELECT format('zq-%s', i), 'Patient',
    jsonb_build_object('resourceType', 'Patient', 'name', jsonb_build_array(jsonb_build_object('family', format('zqfamily%s', i)))), 1, now()
  FROM generate_series(1, 50) i;
  CREATE TABLE fhir_texts (raw text);
  INSERT INTO fhir_texts SELECT format('{"resourceType":"Observation","subject":{"display":"zq%s"}}', i) FROM generate_series(1, 50) i;`;

const omop = `
  CREATE TABLE person (person_id bigint, gender_concept_id int, year_of_birth int, month_of_birth int, birth_datetime timestamp,
    person_source_value text, gender_source_value text, location_id bigint);
  INSERT INTO person SELECT 9037700 + i, 8507, 1950, 1 + i % 12, now(), format('zq%s', i), 'M', i FROM generate_series(1, 50) i;
  CREATE TABLE location (location_id bigint, address_1 text, city text, state text, zip text, county text, location_source_value text);
  CREATE TABLE observation_period (observation_period_id bigint, person_id bigint, observation_period_start_date date);
  CREATE TABLE visit_occurrence (visit_occurrence_id bigint, person_id bigint, visit_start_date date, visit_source_value text);
  CREATE TABLE condition_occurrence (condition_occurrence_id bigint, person_id bigint, condition_concept_id int, condition_start_date date,
    condition_source_value text, stop_reason text);
  CREATE TABLE drug_exposure (drug_exposure_id bigint, person_id bigint, drug_concept_id int, sig text, lot_number text);
  CREATE TABLE measurement (measurement_id bigint, person_id bigint, value_as_number numeric, unit_source_value text);
  CREATE TABLE provider (provider_id bigint, provider_name text, npi text, dea text, specialty_source_value text);
  CREATE TABLE care_site (care_site_id bigint, care_site_name text);
  CREATE TABLE note (note_id bigint, person_id bigint, note_date date, note_title text, note_text text, note_source_value text);
  CREATE TABLE payer_plan_period (payer_plan_period_id bigint, person_id bigint, family_source_value text);
  CREATE TABLE concept (concept_id int, concept_name text, vocabulary_id text);
  CREATE TABLE death (person_id bigint, death_date date, cause_source_value text);`;

const synthea = `
  CREATE TABLE patients (id uuid, birthdate date, ssn text, drivers text, passport text, prefix text, first text, last text, maiden text,
    marital text, race text, ethnicity text, gender text, birthplace text, address text, city text, state text, county text, fips text, zip text,
    lat numeric, lon numeric, healthcare_expenses numeric);
  CREATE TABLE encounters (id uuid, start timestamp, stop timestamp, patient uuid, organization uuid, provider uuid, encounterclass text,
    code text, description text, base_encounter_cost numeric);
  CREATE TABLE conditions (start date, stop date, patient uuid, encounter uuid, code text, description text);
  CREATE TABLE medications (start timestamp, patient uuid, code text, description text, base_cost numeric);
  CREATE TABLE observations (date timestamp, patient uuid, code text, value text, units text);
  CREATE TABLE devices (start timestamp, patient uuid, code text, description text, udi text);`;

/** No name says what it is in English, and some lie. */
const home = `
  CREATE TABLE stammdaten (pat_nr bigint, "Vorname" text, nachname text, geb_datum text, "Straße" text, plz text, ort text, telefon text,
    versichertennummer text, hausarzt text, bemerkung text, status text, farbe text, kennz text);
  INSERT INTO stammdaten SELECT 9037700 + i, 'zqvor', 'zqnach', to_char(date '1950-01-01' + i * 37, 'DD.MM.YYYY'), 'zqweg 1', '80331', 'zqort',
    format('+49 89 555%s', 1000 + i), format('A%s', 903770000 + i), 'Dr. Zqmann', 'Der Patient zqvor war gestern hier und klagt wieder.', 'offen', 'rot',
    format('zq%s@canary.example', i)
  FROM generate_series(1, 60) i;
  CREATE TABLE pacientes (expediente text, nombre text, primer_apellido text, segundo_apellido text, fecha_nacimiento date, domicilio text,
    correo_electronico text, movil text, dni text, observaciones text, color text, codigo_cie text);
  INSERT INTO pacientes SELECT format('zq%s', i), 'zqnombre', 'zqape', 'zqseg', date '1950-01-01' + i, 'Calle zq 3', format('zq%s@canary.example', i),
    format('6%s', 10000000 + i), format('%sZ', 90377000 + i), 'zq', 'azul', 'E11.9' FROM generate_series(1, 60) i;
  CREATE TABLE lies (color text, priority text, flags text);
  INSERT INTO lies SELECT format('%s-%s-%s', 200 + i, 10 + i % 80, 1000 + i), (ARRAY['Jane','Robert','Maria','Smith','Nguyen'])[1 + i % 5],
    to_char(date '1950-01-01' + i * 37, 'MM/DD/YYYY') FROM generate_series(1, 60) i;`;

/** A master table of abbreviations, and types whose values are shown where nobody has said anything. */
const short = `
  CREATE TYPE full_name AS (first text, last text);
  CREATE TABLE pat_mstr ("PAT_ID" bigint, "PAT_LST_NM" text, "DOB_DT" date, "HOME_PH" bigint, "SSN_NBR" int, "PCP_PROV_NM" text, "ZIP_CD" int,
    patient_uuid uuid, lat float8, mrn bigint, email boolean, bmi numeric, seq int, row_id uuid, nm full_name, raw bytea, parts int[], "last.name" text,
    item_name text, sort_no int);
  INSERT INTO pat_mstr SELECT i, 'zq', now(), 6175550000 + i, 123450000 + i * 3, 'zq', 2000 + i, gen_random_uuid(), 42, 9037700 + i, true, 27.4, i,
    gen_random_uuid(), ROW('zq', 'zq')::full_name, 'zq'::bytea, ARRAY[i], format('zq%s@canary.example', i), 'gauze', i FROM generate_series(1, 60) i;
  CREATE TABLE a_last (city text);`;

const wide = Array.from({ length: 20 }, (_each, table) => {
  const columns = Array.from({ length: 100 }, (_every, at) => `c${at} text`).join(', ');
  const values = Array.from({ length: 100 }, (_every, at) => `format('zq value %s of ${at}', i)`).join(', ');
  return `CREATE TABLE wide${table} (${columns}); INSERT INTO wide${table} SELECT ${values} FROM generate_series(1, 300) i;`;
}).join('\n');

export const oddSchemas: Readonly<Record<'fhir' | 'omop' | 'synthea' | 'home' | 'short' | 'wide', string>> = {
  fhir,
  omop,
  synthea,
  home,
  short,
  wide,
};
