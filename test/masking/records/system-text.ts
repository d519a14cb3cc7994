// Tables, reports, mails, forms, logs and pages as systems and people write them. See template.ts.

export const systemText: Readonly<Record<string, string>> = {
  csvquoted: `"MRN","Patient Name","DOB","Comments","A1C"
"‹m›","‹f›, ‹g›","‹d|us›","called twice,
spoke to ‹g› ‹f›
will return","«7.2»"
"‹m›","‹f›, ‹g› ""‹g›""","‹d|us›","","«6.1»"
`,
  csvsemi: `PatNr;Nachname;Vorname;Geburtsdatum;Strasse;PLZ;Ort;Telefon;Diagnose
‹m›;‹f›;‹g›;‹d|eu›;‹a›;‹z›;‹c›;‹p|digits›;«E11.9»
‹m›;‹f›;‹g›;‹d|eu›;‹a›;‹z›;‹c›;‹p|digits›;«I10»
`,
  csvspanish: `Nº Historia,Apellidos,Nombre,Fecha de Nacimiento,Dirección,Ciudad,Teléfono,Médico,Diagnóstico
‹m›,‹f› ‹f›,‹g›,‹d|us›,‹a›,‹c›,‹p|digits›,‹g› ‹f›,«E11.9»
‹m›,‹f› ‹f›,‹g›,‹d|us›,‹a›,‹c›,‹p|digits›,‹g› ‹f›,«I10»
`,
  csvfrench: `NIP,Nom,Prénom,Date de naissance,Adresse,Code postal,Ville,Médecin traitant,CIM10
‹m›,‹f›,‹g›,‹d|us›,‹a›,‹z›,‹c›,Dr ‹f›,«E11.9»
‹m›,‹f›,‹g›,‹d|us›,‹a›,‹z›,‹c›,Dr ‹f›,«I10»
`,
  csvnoheader: `‹m›,‹f›,‹g›,‹d›,F,‹a›,‹c›,MA,‹z›,‹p›,«E11.9»
‹m›,‹f›,‹g›,‹d›,M,‹a›,‹c›,MA,‹z›,‹p›,«I10»
‹m›,‹f›,‹g›,‹d›,M,‹a›,‹c›,MA,‹z›,‹p›,«I10»
`,
  tsv: `pat_mrn\tpat_last_nm\tpat_first_nm\tbirth_dt\thome_ph\tattending_prov\tlos_days
‹m›\t‹f›\t‹g›\t‹d|us›\t‹p|digits›\t‹f›, ‹g›\t«4»
‹m›\t‹f›\t‹g›\t‹d|us›\t‹p|digits›\t‹f›, ‹g›\t«11»
`,
  fixed: `MRN       LAST NAME       FIRST NAME    DOB         PHONE         UNIT
‹m›  ‹f›          ‹g›       ‹d›  ‹p›  «ICU»
‹m›  ‹f›          ‹g›       ‹d›  ‹p›  «MED»
`,
  census: `DAILY CENSUS - 4 WEST
Bed   Patient              MRN        Age  Attending        Dx
4101  ‹f|upper›, ‹g|upper›   ‹m›   71   ‹f›   «CHF»
4102  ‹f|upper›, ‹g|upper›   ‹m›   64   ‹f›   «COPD»
4103  ‹f|upper›, ‹g|upper›   ‹m›   58   ‹f›   «sepsis»
`,
  md: `## Results

| Pt Name | DOB | Phone # | Dx | Provider |
|:--|:--:|--:|---|---|
| ‹f›, ‹g› | ‹d|us› | ‹p|paren› | «E11.9» | Dr. ‹f› |
| ‹g› ‹f› | ‹d|us› | ‹p|dots› | «I10» | ‹g› ‹f›, NP |

Summary: 2 rows.
`,
  mdvertical: `| Field | Value |
|---|---|
| First name | ‹g› |
| Last name | ‹f› |
| Date of birth | ‹d|us› |
| MRN | ‹m› |
| Preferred pharmacy | «CVS» |
| Emergency contact | ‹g› ‹f› |
| HbA1c | «7.1» |
`,
  html: `<html><head><title>Chart - ‹f#1|upper›, ‹g#1|upper›</title></head><body><h2>‹g#1› ‹f#1›</h2><dl><dt>Date of birth</dt><dd>‹d|us›</dd><dt>Next of kin</dt><dd>‹g› ‹f›</dd><dt>MRN</dt><dd>‹m›</dd><dt>Mother's maiden name</dt><dd>‹f›</dd></dl><table><thead><tr><th>Last</th><th>First</th><th>MRN</th><th>A1c</th></tr></thead><tbody><tr><td>‹f›</td><td>‹g›</td><td>‹m›</td><td>«7.4»</td></tr><tr><td>‹f›</td><td>‹g›</td><td>‹m›</td><td>«6.0»</td></tr></tbody></table><form><label for="ln">Last name</label><input id="ln" name="lastName" value="‹f#1›"><input type="hidden" name="patient_id" value="‹m›"><select name="city"><option selected>‹c›</option></select></form><a href="mailto:‹e›">mail</a><img src="/photos/‹m›.jpg" alt="Photo of ‹g#1› ‹f#1›"><!-- rendered for ‹e› --><script>var pt={"lastName":"‹f#1›","mrn":"‹m›","firstName":"‹g#1›"};</script></body></html>`,
  htmlvertical: `<table><tr><th>Patient name</th><td>‹g› ‹f›</td></tr><tr><th>Birth date</th><td>‹d|us›</td></tr><tr><th>City</th><td>‹c›</td></tr><tr><th>Insurance ID</th><td>‹i›</td></tr><tr><th>Ejection fraction</th><td>«55%»</td></tr><tr><th>Guarantor</th><td>‹f›, ‹g›</td></tr></table>`,
  kvreport: `PATIENT DEMOGRAPHICS
Name............: ‹f|upper›, ‹g|upper›
Date of Birth...: ‹d|us›
Sex.............: F
MRN.............: ‹m›
Acct #..........: ‹n›
SSN.............: ‹s›
Address.........: ‹a›
City/State/Zip..: ‹c›, MA ‹z›
Home Phone......: ‹p|paren›
Employer........: ‹f› FOODS
Emergency Cont..: ‹g› ‹f› (daughter)
PCP.............: ‹f›, ‹g› MD
Insurance.......: «MEDICARE»
Policy #........: ‹i›
Allergies.......: «PENICILLIN»
`,
  kvtwocol: `Patient: ‹f›, ‹g›          MRN: ‹m›
DOB: ‹d|us›               Acct: ‹n›
Ordering MD: ‹f›          Collected: ‹d|us›
Potassium: «4.1» mmol/L
`,
  yaml: `patient:
  legal_name:
    given: ‹g›
    family: "‹f›"
  dob: ‹d›
  mrn: ‹m›
  emergency_contact: {name: ‹g› ‹f›, phone: ‹p›}
  address:
    - ‹a›
    - ‹c›, MA ‹z›
  allergies: [«penicillin»]
labs:
  a1c: «7.2»
`,
  ini: `[patient]
PatientLastName=‹f›
PatientFirstName=‹g›
BirthDate=‹d|digits›
PatientID=‹m›
Modality=«CT»
ReferringPhysicianName=‹f›^‹g›
`,
  vcard: `BEGIN:VCARD
VERSION:3.0
N:‹f›;‹g›;;;
FN:‹g› ‹f›
TEL;TYPE=HOME,VOICE:‹p|digits›
ADR;TYPE=HOME:;;‹a›;;MA;;USA
EMAIL:‹e›
BDAY:‹d›
END:VCARD
`,
  ical: `BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:‹U›
DTSTART:20210302T140000Z
SUMMARY:Follow-up «diabetes»
ORGANIZER;CN="‹g› ‹f› MD":mailto:‹e›
ATTENDEE;CN=‹g› ‹f›;ROLE=REQ-PARTICIPANT:mailto:‹e›
LOCATION:‹a›\\, ‹c›
DESCRIPTION:MRN ‹m›\\nPhone ‹p›
END:VEVENT
END:VCALENDAR
`,
  psqlx: `-[ RECORD 1 ]--+------------------
pat_id         | ‹m›
pat_last_name  | ‹f›
pat_first_name | ‹g›
dob            | ‹d›
home_phone     | ‹p|digits›
a1c            | «7.2»
-[ RECORD 2 ]--+------------------
pat_id         | ‹m›
pat_last_name  | ‹f›
pat_first_name | ‹g›
dob            | ‹d›
home_phone     | ‹p|digits›
a1c            | «6.2»
`,
  psql: ` pat_mrn  | pat_name | birth_dt | zip_cd | ldl
----------+----------+----------+--------+-----
 ‹m› | ‹f›, ‹g› | ‹d› | ‹z› | «131»
 ‹m› | ‹g› ‹f› | ‹d› | ‹z› | «99»
(2 rows)
`,
  insertsql: `INSERT INTO ehr.patients (pat_id, pat_last_nm, pat_first_nm, birth_dt, ssn_nbr, weight_kg) VALUES (‹m›, '‹f›', '‹g›', '‹d›', '‹s|digits›', «81.5»), (‹m›, '‹f›', '‹g›', DATE '‹d›', '‹s›', «77»);
UPDATE patients SET last_name = '‹f›', home_phone = '‹p|digits›' WHERE mrn = '‹m›';
`,
  omopnote: `note_id,person_id,note_date,note_type_concept_id,note_title,note_text,provider_id,note_source_value
‹m›,‹m›,‹d›,«44814645»,Discharge summary ‹f#1›,"Mr. ‹f#1› was admitted. Daughter ‹g› ‹f›, phone ‹p›, informed. «Metformin» continued.",12,‹i›
`,
  omopobs: `observation_id,person_id,observation_concept_id,observation_date,value_as_number,value_as_string,observation_source_value,qualifier_source_value
‹m›,‹m›,«4005823»,‹d›,«12»,lives with ‹g› ‹f›,Contact: ‹p›,
‹m›,‹m›,«4005824»,‹d›,,‹f›,«LOINC:1234-5»,
`,
  omopnlp: `note_nlp_id,note_id,section_concept_id,snippet,offset,lexical_variant,note_nlp_concept_id,nlp_system,nlp_date,term_exists,term_modifiers
‹m›,‹m›,0,wife ‹g› ‹f› reports,12,‹g› ‹f›,«4329041»,cTAKES,‹d›,Y,
`,
  i2b2: `PATIENT_NUM,VITAL_STATUS_CD,BIRTH_DATE,DEATH_DATE,SEX_CD,AGE_IN_YEARS_NUM,LANGUAGE_CD,RACE_CD,ZIP_CD,STATECITYZIP_PATH,PATIENT_BLOB
‹m›,N,‹d› 00:00:00,,F,«61»,english,white,‹z›,Zip codes\\Massachusetts\\‹c›\\‹z›\\,<name>‹g› ‹f›</name>
`,
  i2b2obs: `ENCOUNTER_NUM,PATIENT_NUM,CONCEPT_CD,PROVIDER_ID,START_DATE,MODIFIER_CD,INSTANCE_NUM,VALTYPE_CD,TVAL_CHAR,NVAL_NUM,OBSERVATION_BLOB
‹m›,‹m›,«ICD10:E11.9»,‹i›,‹d› 10:00:00,@,1,T,reported by ‹g› ‹f›,,Seen. Call ‹p›.
`,
  pcornet: `PATID,BIRTH_DATE,BIRTH_TIME,SEX,HISPANIC,RACE,PAT_PREF_LANGUAGE_SPOKEN,RAW_SEX
‹i›,‹d›,10:32,F,N,05,«ENG»,Female
‹i›,‹d›,03:10,M,N,03,«SPA»,Male
`,
  pcornetaddr: `ADDRESSID,PATID,ADDRESS_USE,ADDRESS_TYPE,ADDRESS_PREFERRED,ADDRESS_CITY,ADDRESS_STATE,ADDRESS_ZIP5,ADDRESS_ZIP9,ADDRESS_PERIOD_START
‹i›,‹i›,HO,PO,Y,‹c›,MA,‹z›,,‹d›
`,
  mimic: `"ROW_ID","SUBJECT_ID","HADM_ID","CHARTDATE","CATEGORY","DESCRIPTION","CGID","TEXT"
1,‹m›,‹m›,‹d›,"«Discharge summary»","Report",,"Admission Date:  [**2151-7-16**]
Service: MEDICINE
Attending: ‹g› ‹f›
HISTORY: Ms. ‹f#1› is a 67 yo with «COPD».
‹f#1|upper› was seen by Dr. ‹f›."
`,
  synpatients: `Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,MIDDLE,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE,INCOME
‹U›,‹d›,,‹s›,‹i›,X‹m›X,Mrs.,‹g›,‹g›,‹f›,,‹f›,M,white,nonhispanic,F,‹c›  Massachusetts  US,‹a›,‹c›,Massachusetts,‹c› County,‹z›,‹z›,42.‹m›,-71.‹m›,«26425.33»,«1501.53»,«92304»
`,
  synclaims: `Id,PATIENTID,PROVIDERID,PRIMARYPATIENTINSURANCEID,SECONDARYPATIENTINSURANCEID,DEPARTMENTID,PATIENTDEPARTMENTID,DIAGNOSIS1,REFERRINGPROVIDERID,APPOINTMENTID,CURRENTILLNESSDATE,SERVICEDATE,SUPERVISINGPROVIDERID,STATUS1,LASTBILLEDDATE1
‹U›,‹U›,d0cf1dcf-1111-3333-a97f-111111111111,‹U›,0,«8»,8,«224299000»,,‹U›,‹d›T01:00:00Z,‹d›T01:00:00Z,,CLOSED,‹d›T01:00:00Z
`,
  synimaging: `Id,DATE,PATIENT,ENCOUNTER,SERIES_UID,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,MODALITY_DESCRIPTION,INSTANCE_UID,SOP_CODE,SOP_DESCRIPTION,PROCEDURE_CODE
‹U›,‹d›T00:00:00Z,‹U›,‹U›,1.2.840.99999999.1.‹m›.1,«40983000»,Arm,«DX»,Digital Radiography,1.2.840.99999999.1.1.‹m›,«1.2.840.10008.5.1.4.1.1.1.1»,Digital X-Ray Image Storage,«1225002»
`,
  synproviders: `Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP,LAT,LON,ENCOUNTERS,PROCEDURES
d0cf1dcf-1111-3333-a97f-111111111111,e0cf1dcf-1111-3333-a97f-111111111111,‹g›123 ‹f›456,F,«GENERAL PRACTICE»,‹a›,‹c›,MA,‹z›,42.1,-71.2,«12»,0
`,
  nurse: `Handoff list
1) ‹g› ‹f›, MRN ‹m›, «CHF»
2) ‹g› ‹f›, MRN ‹m›, «DKA»
Call daughter of 1): ‹p›
`,
  email: `From: "‹g› ‹f›" <‹e›>
To: clinic@hospital.test
Subject: Re: ‹g#3› ‹f#3› (DOB ‹d|us›)
Date: Tue, 2 Mar 2021 10:00:00 -0500
Content-Type: text/plain

Please send the chart of ‹g#3› ‹f#3›, MRN ‹m›. «Lisinopril» 10 mg daily.
`,
  mime: `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

⟨wrap:Dear colleague, please see ‹g#1› ‹f#1›, born ‹d|us›, of ‹a›. Phone ‹p›. She has «asthma».⟩
--b1
Content-Type: text/csv; name="‹f#1›.csv"

mrn,last_name,first_name
‹m›,‹f›,‹g›
--b1--
`,
  urlenc: `patient_last=‹f›&patient_first=‹g›&dob=⟨pct:‹d|us›⟩&address=⟨pct:‹a›⟩&phone=⟨pct:‹p|paren›⟩&mrn=‹m›&a1c=«7.2»`,
  log: `2021-03-02 10:00:01 INFO  [http-1] c.e.PatientService - updated patient id=‹m› lastName=‹f› firstName=‹g› dob=‹d›
2021-03-02 10:00:02 ERROR [http-2] o.p.Driver - ERROR: duplicate key value violates unique constraint "patients_ssn_key" Detail: Key (ssn)=(‹s|digits›) already exists.
2021-03-02 10:00:03 DEBUG c.e.Hl7 - PID|1||‹m›^^^A^MR||‹f›^‹g›||‹d|digits›|F
`,
};
