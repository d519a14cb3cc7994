// Synthea's CSV tables as they are usually loaded into SQL. Identifiers of a person are protected; codes, descriptions,
// measures, costs, and what names an organisation only by its row are clear, so that counting care stays possible.

import { type PhiClass, phiClasses } from '../../core/phi.ts';
import { genericColumn } from './generic.ts';

const clinical: ReadonlySet<string> = new Set(
  `allergies careplans claims claims_transactions conditions devices encounters imaging_studies immunizations medications
  observations organizations patients payer_transitions payers procedures providers supplies notes messages`.split(
    /\s+/,
  ),
);

const columns: Readonly<Partial<Record<PhiClass | 'clear', string>>> = {
  // Dates of events are elements of dates related to an individual (164.514(b)(2)(i)(C)).
  date: `birthdate deathdate start stop date start_date end_date start_year end_year currentillnessdate servicedate lastbilleddate1
    lastbilleddate2 lastbilleddatep fromdate todate created_at updated_at recorded_at signed_at sent_at written_at written noted_at`,
  name: 'first last middle maiden suffix ownername name_first name_last author signed_by',
  address: 'address city county zip lat lon birthplace',
  ssn: 'ssn',
  license: 'drivers',
  mrn: 'mrn',
  phone: 'phone',
  email: 'email',
  // Row keys of a person's records are unique codes (164.514(b)(2)(i)(R)); joining by them needs `filter: [other_id]`. A county's
  // number is five digits, of which a mask of ZIP codes would show three.
  other_id: `passport patient patientid patient_id encounter encounterid encounter_id claimid claim_id chargeid appointmentid
    fips patientinsuranceid primarypatientinsuranceid secondarypatientinsuranceid series_uid instance_uid`,
  health_plan: 'memberid member_id',
  device: 'udi',
  note: 'note notes body text note_text content',
  clear: `code system description type category reaction1 description1 severity1 reaction2 description2 severity2 reasoncode
    reasondescription encounterclass value units prefix marital race ethnicity gender state state_headquartered speciality specialty
    organization provider payer secondary_payer ownership base_encounter_cost total_claim_cost payer_coverage base_cost totalcost dispenses
    healthcare_expenses healthcare_coverage income amount_covered amount_uncovered revenue utilization covered_encounters
    uncovered_encounters covered_medications uncovered_medications covered_procedures uncovered_procedures covered_immunizations
    uncovered_immunizations unique_customers qols_avg member_months providerid departmentid patientdepartmentid diagnosis1 diagnosis2
    diagnosis3 diagnosis4 diagnosis5 diagnosis6 diagnosis7 diagnosis8 referringproviderid supervisingproviderid status1 status2 statusp
    outstanding1 outstanding2 outstandingp healthcareclaimtypeid1 healthcareclaimtypeid2 quantity modality_code modality_description
    bodysite_code bodysite_description sop_code sop_description procedure_code kind`,
};

const byName: ReadonlyMap<string, PhiClass | 'clear'> = new Map(
  ([...phiClasses, 'clear'] as const).flatMap((cls) =>
    (columns[cls]?.split(/\s+/) ?? []).map((word) => [word, cls] as const),
  ),
);

// Tables about institutions: their names and addresses are public, their row keys name no patient.
const institutional: ReadonlySet<string> = new Set(['organizations', 'payers']);
const institutionalClear: ReadonlySet<string> = new Set('id name address city zip lat lon phone'.split(' '));
/** Tables whose own row key identifies no patient. */
const staff: ReadonlySet<string> = new Set(['providers']);

/** Undefined for tables and columns Synthea does not have. */
export function syntheaColumn(table: string, column: string): PhiClass | 'clear' | undefined {
  if (!clinical.has(table)) return genericColumn(column);
  if (institutional.has(table) && institutionalClear.has(column)) return 'clear';
  if (column === 'id') return staff.has(table) ? 'clear' : 'other_id';
  if (column === 'name') return 'name';
  return byName.get(column) ?? genericColumn(column);
}

/** The classes of a header row's columns, if it is one of Synthea's tables; which one it is, nobody says. */
export function syntheaHeader(names: readonly string[]): readonly (PhiClass | 'clear' | undefined)[] | undefined {
  const classes = names.map((name) => {
    const column = name.toLowerCase();
    return column === 'id' ? 'other_id' : column === 'name' ? 'name' : byName.get(column);
  });
  return classes.filter((cls) => cls !== undefined).length >= names.length * 0.8 ? classes : undefined;
}
