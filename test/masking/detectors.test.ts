// Tables per class: what has to be found, whole, and what has to survive.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PhiClass } from '../../src/core/phi.ts';
import { detect } from '../../src/masking/detect.ts';

/** The identifier stands between « and ». */
const found: Readonly<Partial<Record<PhiClass, readonly string[]>>> = {
  ssn: [
    'SSN «123-45-6789» on file',
    'ssn: «123456789»',
    '«987 65 4321» was given',
    'Social security number is «078051120»',
    'last 4 of SSN «6789»',
    'ITIN «912-70-1234» on file',
    'on file as «xxx-xx-6789»',
  ],
  phone: [
    'call «617-555-0142» today',
    '«(617) 555-0142»',
    '«+44 20 7946 0958»',
    'phone «555-0142»',
    'cell: «6175550142»',
    '«617.555.0142 x22» ok',
  ],
  fax: ['fax «617-555-0143»', 'Fax number: «617.555.0143»'],
  email: ['write to «jane.doe+x@clinic.example.org», please', '«a@b.co»', 'mail «maria [at] example [dot] org» please'],
  url: ['see «https://portal.example.org/p/123?x=1».', '«www.janedoe.com» is hers'],
  ip: ['from «203.0.113.42» at night', 'host «2001:db8:85a3::8a2e:370:7334» up', 'at «fe80::1ff:fe23:4567:890a»'],
  device: ['nic «00:1B:44:11:3A:B7»', 'serial number «SN-88213-AB»', '«(01)00643169007222(17)160712(21)SER99»'],
  date: [
    'on «03/14/2024» she',
    'DOB: «1971-04-08»',
    '«April 12, 2023» visit',
    '«12 April 2023» visit',
    '«Jan 15th, 2023» and',
    'seen «2024-02-03T10:11:12Z».',
    'since «March 2021» he',
    'in «April»',
    'born «13.07.1970»',
    'admitted «last Thursday»',
    'due on «3/14» again',
    '«3-Feb-2021»',
    'DOB «19710408»',
    '«20230415103000»',
    'admitted «3 days ago» with pain',
    'she was discharged «yesterday» and',
    'hip replaced «two weeks ago» in',
    'seen «last night» in',
    'surgery on «Tuesday, March 5» at',
  ],
  age: ['a «92»-year-old man', 'aged «101»', '«95 »yo'.replace(' »', '»'), '«ninety-two» years old'],
  mrn: [
    'MRN: «#SF-998877» ok',
    'medical record number is «MX-456789»',
    '(MRN «4471902»)',
    'MRN: «12345-678-90»',
    'MRN «S1234»',
    'Boston, MA 02139 MRN: «4471902» patient',
    'mrn «44719» units 4',
  ],
  health_plan: [
    'insurance number «HP-678901»',
    'Member ID: «XQJ123456789»',
    'MBI «1EG4-TE5-MK73»',
    'policy ID: «ZY-765432»',
  ],
  account: [
    'card «4111 1111 1111 1111» is',
    'IBAN «GB82 WEST 1234 5698 7654 32»',
    'account number «00123456»',
    'card «4111\u200d1111\u200d1111\u200d1111»',
  ],
  license: [
    'passport number is «X1234567»',
    'NPI «1234567893»',
    'DEA «AB1234563»',
    "driver's license number is «S99912345»",
  ],
  vehicle: ['VIN «1HGCM82633A004352» parked', 'plate «7ABC123»', 'plates «KJH 4821».', 'plate number «7XYZ 123» here'],
  other_id: ['id «3edac2e3-d223-6fae-d515-daf96ef6bc76» row', '«patient ID #AB-987654»', 'case number «88123» today'],
  address: [
    'lives at «12 Elm Street, Apt 4B» now',
    '«P.O. Box 881» here',
    'from «Boston, MA 02139» came',
    'zip code «02139»',
    'GPS «42.3601, -71.0589» there',
    'moved from «Chicago» to',
    'admitted to «Mercy General Hospital» on',
    "seen at «St. Luke's Hospital».",
  ],
  name: [
    'seen by «Okafor» today'.replace('seen by «', 'Dr. «'),
    'Patient: «Maria Gonzalez-Lopez»,',
    'male, «David S.», with',
    '«Smith, John A.» came',
    'her mother «Lucia» called',
    '«Maynard46 Mosciski958» was',
    'spoke with «Ngozi Adeyemi» about',
    'patient named «john smith» today',
    "«Jennifer O'Brien» agrees",
    '«J. Rodriguez» signed',
    'Dear «Mr. Patel»'.replace('«Mr. ', 'Mr. «'),
    '«MARY JOHNSON» signed',
  ],
};

const clear: readonly string[] = [
  'Type 2 diabetes (ICD-10 E11.9), CPT 99213, LOINC 4548-4, SNOMED 44054006, RxNorm 860975, NDC 0002-8215-01.',
  'BP 120/80, HR 72, SpO2 98 %, temp 98.6, weight 72.5 kg, HbA1c 7.9 %, eGFR 58 mL/min/1.73m2, Na 140, K 4.2',
  "Foley catheter placed; Gleason score 7; Wells criteria low; Parkinson disease; Alzheimer's disease; Crohn's disease; Hodgkin lymphoma.",
  'A 55-year-old male with COPD takes metformin 500 mg twice daily for 12 weeks.',
  'Diagnosed in 2019; follow up in 3 months; pain 4/10; strength 5/5 in both arms.',
  'Vitamin D deficiency, hepatitis B, CHA2DS2-VASc 3, NYHA Class III, stage IV cancer, grade 2.',
  'Patient may take 2 tablets. Version 1.2.3.4 of the software.',
  'http://loinc.org and http://hl7.org/fhir/sid/icd-10',
  "Wilson disease, Lynch syndrome, Down syndrome, Bell's palsy, Graves disease.",
  'HCPCS J1885, G0439; CPT 99213-25, 36415; Z79.4; CVX 141; ATC A10BA02; DRG 470; PMID 31234567; doi 10.1056/NEJM.',
  'RxCUI 197361, NDC 00093-1048-01 dispensed #30, refills 2; NDC 50580-449-05.',
  'INR 2.3, PT 24.1 s, Plt 245,000, Cl 102, BUN 18, Cr 1.1, TSH 1.89 mIU/L, WBC 12.4 x 10^3/uL, EF 55-60 %, LVEDD 4.8 cm.',
  'HAS-BLED 2, MELD 14, GCS 15, APGAR 8/9, NIHSS 3; C5-C6 disc, L4/L5; G2P1; 3/6 murmur; visual acuity 20/40.',
  'Pain began 3 days ago after lifting; symptoms resolved yesterday; the last dose was 2 hours ago.',
  'Take 1-2 tablets every 4-6 hours, at most 8 a day; 0.9 % saline 1000 mL at 125 mL/hr; fracture fixed with plate 12 and screws.',
  'Influenza seasonal injectable preservative free. Body Mass Index. Loratadine 5 MG Chewable Tablet.',
];

describe('detectors', () => {
  for (const [cls, texts] of Object.entries(found)) {
    it(`finds every shape of ${cls}`, () => {
      for (const marked of texts) {
        const start = marked.indexOf('«');
        const end = marked.indexOf('»') - 1;
        const text = marked.replace('«', '').replace('»', '');
        const spans = detect(text);
        const hit = spans.find((span) => span.start <= start && span.end >= end);
        assert.equal(hit?.type, cls, `${marked} → ${JSON.stringify(spans)}`);
        assert.ok(hit.end - hit.start <= end - start + 6, `${marked} covers too much: ${JSON.stringify(hit)}`);
      }
    });
  }

  it('lets clinical codes, measures, eponyms and plain prose survive', () => {
    for (const text of clear) {
      for (const prose of [false, true]) {
        const spans = detect(text, prose).map((span) => [span.type, text.slice(span.start, span.end)]);
        assert.deepEqual(spans, [], text);
      }
    }
  });

  it('maps offsets back through invisible and wide characters', () => {
    const text = 'né́e \u{1F600} SSN １２３-45-67\u200b89!';
    const [span] = detect(text);
    assert.equal(span && text.slice(span.start, span.end), '１２３-45-67\u200b89');
  });
});
