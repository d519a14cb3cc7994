// What happens at the demo's clinic: codes as Synthea writes them (SNOMED CT, RxNorm, LOINC), and the templates of notes.

interface Coded {
  readonly code: string;
  readonly description: string;
}

export const encounterKinds: readonly (Coded & { readonly encounterclass: string })[] = [
  { encounterclass: 'wellness', code: '162673000', description: 'General examination of patient (procedure)' },
  { encounterclass: 'ambulatory', code: '185347001', description: 'Encounter for problem (procedure)' },
  { encounterclass: 'outpatient', code: '390906007', description: 'Follow-up encounter (procedure)' },
  { encounterclass: 'urgentcare', code: '702927004', description: 'Urgent care clinic (environment)' },
  { encounterclass: 'emergency', code: '50849002', description: 'Emergency room admission (procedure)' },
];

export const conditionKinds: readonly Coded[] = [
  { code: '59621000', description: 'Essential hypertension (disorder)' },
  { code: '44054006', description: 'Diabetes mellitus type 2 (disorder)' },
  { code: '195662009', description: 'Acute viral pharyngitis (disorder)' },
  { code: '10509002', description: 'Acute bronchitis (disorder)' },
  { code: '195967001', description: 'Asthma (disorder)' },
  { code: '55822004', description: 'Hyperlipidemia (disorder)' },
  { code: '370143000', description: 'Major depressive disorder (disorder)' },
  { code: '162864005', description: 'Body mass index 30+ - obesity (finding)' },
];

export const drugKinds: readonly Coded[] = [
  { code: '314076', description: 'lisinopril 10 MG Oral Tablet' },
  { code: '860975', description: '24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet' },
  { code: '308136', description: 'amlodipine 2.5 MG Oral Tablet' },
  { code: '312961', description: 'simvastatin 20 MG Oral Tablet' },
  { code: '245314', description: 'albuterol 5 MG/ML Inhalation Solution' },
  { code: '313782', description: 'acetaminophen 325 MG Oral Tablet' },
];

export const vitalKinds: readonly (Coded & { readonly units: string; readonly min: number; readonly max: number })[] = [
  { code: '8480-6', description: 'Systolic Blood Pressure', units: 'mm[Hg]', min: 95, max: 165 },
  { code: '8462-4', description: 'Diastolic Blood Pressure', units: 'mm[Hg]', min: 60, max: 100 },
  { code: '8867-4', description: 'Heart rate', units: '/min', min: 52, max: 110 },
  { code: '29463-7', description: 'Body Weight', units: 'kg', min: 9, max: 130 },
  { code: '4548-4', description: 'Hemoglobin A1c/Hemoglobin.total in Blood', units: '%', min: 5, max: 11 },
];

export const noteTexts: readonly string[] = [
  '{name} ({mrn}) seen on {seen} for {condition}. Started {drug}. Call {phone} with lab results; return {next}.',
  '{title} was brought in by {relative}. DOB {born}. Assessment: {condition}. Plan: {drug}, recheck on {next}.',
  'Telephone encounter {seen}: spoke with {name} at {phone}. Reports no side effects of {drug}. Lives at {address}.',
  'Discharge summary. Patient: {name}, MRN {mrn}, SSN {ssn}. Diagnosis: {condition}. Follow-up {next} with Dr. Okafor.',
  'Portal message from {email}: {name} asks for a refill of {drug}. History of {condition}. Emergency contact {relative}, {phone}.',
  'Vitals stable. {condition} well controlled on {drug}. {title} prefers morning appointments; next visit {next}.',
];
