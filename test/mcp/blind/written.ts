// How tools write down who somebody is: sentences of several languages, labels, tables, markup, statements, what programs print.

import type { Json, JsonObject } from '../../../src/core/json.ts';
import { text } from '../masked.ts';

/** What of it must not be found in what leaves. */
export type Shape = readonly [name: string, message: JsonObject, gone: readonly string[]];

export const sc = (structuredContent: Json): JsonObject => ({ content: [], structuredContent });

const inJson = (words: string): string => JSON.stringify(words).slice(1, -1);

/** Of what was to go, that which the JSON text still says. */
export function leftOf(message: string, gone: readonly string[]): readonly string[] {
  return gone.filter((each) => message.includes(inJson(each)));
}

export const written: readonly Shape[] = [
  // --- plain prose
  [
    'de prose',
    text(
      'Patientin Annegret Lindholm, geb. 17.04.1938, wohnhaft Lindenstraße 14, 20099 Hamburg, Tel. 040 / 3288 1142.',
    ),
    ['Lindholm', '17.04.1938', 'Lindenstraße 14', '20099', '3288 1142'],
  ],
  [
    'de herr',
    text('Herr Jürgen Großmann stellte sich am 3. März 2024 mit Thoraxschmerz vor.'),
    ['Großmann', '3. März 2024'],
  ],
  [
    'de frau dr',
    text('Überweisung durch Frau Dr. med. Heike Brückner, Praxis Königsallee 27, 40212 Düsseldorf.'),
    ['Brückner', 'Königsallee 27', '40212'],
  ],
  ['de kvnr', text('Versichertennummer A123456780, Krankenkasse AOK.'), ['A123456780']],
  ['de iban', text('IBAN DE89 3704 0044 0532 0130 00, Kontoinhaber Jürgen Großmann'), ['0532 0130', 'Großmann']],
  ['de date month', text('Geburtsdatum: 17. April 1938'), ['17. April 1938']],
  ['de mobil', text('Mobil: +49 171 2345678'), ['2345678']],
  [
    'es prose',
    text(
      'Paciente: María José Hernández Ruiz, nacida el 12 de octubre de 1941, domicilio Calle Mayor 45, 28013 Madrid, tel. 612 345 678.',
    ),
    ['Hernández', '12 de octubre de 1941', 'Calle Mayor 45', '28013', '612 345 678'],
  ],
  ['es senor', text('El señor Consuelo Ybarra acudió a urgencias el 5/11/2023.'), ['Ybarra', '5/11/2023']],
  ['es dni', text('DNI 12345678Z, número de historia clínica 88213-4'), ['12345678Z', '88213-4']],
  ['es curp', text('CURP HERM411012MDFRNR09'), ['HERM411012MDFRNR09']],
  [
    'fr prose',
    text(
      'Patient : François Lefèvre, né le 3 janvier 1944, demeurant 12 rue de la République, 69002 Lyon, tél. 04 72 11 22 33.',
    ),
    ['Lefèvre', '3 janvier 1944', '12 rue de la République', '69002', '72 11 22 33'],
  ],
  ['fr mme', text('Mme Thibault Desrosiers a été admise le 14/02/2024 en cardiologie.'), ['Desrosiers', '14/02/2024']],
  ['fr nir', text('Numéro de sécurité sociale 2 69 05 49 588 157 80'), ['588 157']],
  ['fr courriel', text('Courriel : francois.lefevre@exemple.fr'), ['francois.lefevre']],
  [
    'it prose',
    text('Il paziente Giuseppe Bianchi, nato il 22 luglio 1950, codice fiscale BNCGPP50L22H501X.'),
    ['Bianchi', '22 luglio 1950', 'BNCGPP50L22H501X'],
  ],
  [
    'nl prose',
    text('Patiënt Willem van den Heuvel, BSN 123456782, geboren 1 mei 1949.'),
    ['Heuvel', '123456782', '1 mei 1949'],
  ],
  [
    'pt prose',
    text('Paciente João da Silva Ferreira, CPF 123.456.789-09, nascido em 08/03/1947.'),
    ['Ferreira', '123.456.789-09', '08/03/1947'],
  ],
  ['irish', text("Pt Siobhán O'Malley called the clinic yesterday."), ["O'Malley"]],
  ['title caps', text('PATIENT: LINDHOLM, ANNEGRET K. MRN# 77120934'), ['LINDHOLM', 'ANNEGRET', '77120934']],
  ['name in quotes', text('The family calls her "Annie Lindholm".'), ['Lindholm']],
  ['initials', text('Discussed with A. K. Lindholm (daughter).'), ['Lindholm']],
  ['hyphen name', text('Ms. Lindholm-Petersen tolerated the procedure well.'), ['Lindholm', 'Petersen']],
  ['suffix', text('Seen by Harold T. Washburne III, MD on 2024-03-05.'), ['Washburne', '2024-03-05']],
  ['possessive', text("Mr. Washburne's labs were drawn at 06:00."), ['Washburne']],
  ['age 93', text('A 93-year-old woman with CHF.'), ['93']],
  ['age y/o', text('101 y/o M s/p fall'), ['101']],
  ['age de', text('Eine 94-jährige Patientin mit Pneumonie.'), ['94']],
  ['age es', text('Mujer de 97 años con neumonía.'), ['97']],
  ['age fr', text('Patiente âgée de 92 ans.'), ['92']],
  ['age birthday', text('He turned 91 last week.'), ['91']],
  ['age aged', text('aged 95, widowed'), ['95']],
  ['zip', text('Resides in ZIP 02139-4307.'), ['02139']],
  ['city st zip', text('Springfield, IL 62704'), ['62704']],
  ['po box', text('Mail to P.O. Box 2214, Duluth MN 55803'), ['2214', '55803']],
  ['apt', text('4417 NW Quarry Ridge Rd, Apt 12C, Portland OR 97229'), ['4417', 'Quarry Ridge', '97229']],
  ['highway', text('Found at 15500 State Hwy 71 W near Bee Cave'), ['15500']],
  ['vin', text('MVA in vehicle VIN 1HGCM82633A004352.'), ['1HGCM82633A004352']],
  ['vin bare', text('The car was 1HGCM82633A004352 per police report.'), ['1HGCM82633A004352']],
  ['plate', text('License plate 7ABC123 (California).'), ['7ABC123']],
  ['dl', text("Driver's license D1234567 issued CA."), ['D1234567']],
  ['passport', text('Passport no. X12345678'), ['X12345678']],
  ['npi', text('Provider NPI 1234567893'), ['1234567893']],
  ['dea', text('DEA# BS1234563'), ['BS1234563']],
  ['mbi', text('Medicare ID 1EG4-TE5-MK73'), ['TE5-MK73']],
  ['member id', text('Member ID: XQJ928374651'), ['XQJ928374651']],
  ['policy', text('Aetna policy W2291-88413-07'), ['W2291-88413-07']],
  ['acct', text('Hospital account number HAR-4471-9920'), ['4471-9920']],
  ['card', text('Copay charged to 4111 1111 1111 1111.'), ['1111 1111']],
  ['routing', text('ABA 021000021 acct 000123456789'), ['021000021', '000123456789']],
  ['serial', text('Pacemaker Medtronic Azure, serial no. RNB623847S'), ['RNB623847S']],
  ['udi', text('UDI (01)00643169007222(17)251231(21)A8C44519'), ['A8C44519']],
  ['implant sn', text('ICD lead S/N: TDG339821V implanted in 2019.'), ['TDG339821V']],
  ['ip', text('Portal login from 203.0.113.77 at night.'), ['203.0.113.77']],
  ['ipv6', text('connected from 2001:db8:85a3::8a2e:370:7334'), ['370:7334']],
  ['mac', text('Device MAC 3C:22:FB:8A:11:9D'), ['8A:11:9D']],
  ['url profile', text('See https://www.facebook.com/annegret.lindholm.9'), ['annegret.lindholm']],
  ['url no scheme', text('her blog annegretlindholm.com/about'), ['annegretlindholm']],
  ['handle', text('Instagram @annegret_lindholm'), ['annegret_lindholm']],
  ['email plus', text('Send to a.lindholm+clinic@mail.example.org'), ['lindholm+clinic']],
  ['email obf', text('annegret [at] lindholm [dot] org'), ['annegret [at] lindholm']],
  ['email spaced', text('annegret . lindholm @ example . com'), ['lindholm @']],
  ['phone dots', text('call 617.555.0142 ext. 33'), ['617.555.0142']],
  ['phone intl', text('Telefon +33 1 70 18 99 00'), ['70 18 99']],
  ['phone 00', text('dial 0049 40 32881142'), ['32881142']],
  ['fax', text('Fax (212) 555-0199'), ['555-0199']],
  ['pager', text('Pager 555-0117'), ['555-0117']],
  ['ssn last4', text('SSN ending in 9023'), ['9023']],
  ['ssn x', text('SSN xxx-xx-9023'), ['9023']],
  ['ssn nodash', text('Social: 412689023'), ['412689023']],
  ['mrn slash', text('MRN/CSN 77120934/300281992'), ['77120934', '300281992']],
  ['mrn prefix', text('Chart E00912887 reviewed.'), ['E00912887']],
  ['case', text('Accession S24-11873, case closed.'), ['S24-11873']],
  ['encounter', text('Encounter #300281992 closed.'), ['300281992']],
  ['relative dates', text('Admitted on the 4th of July, 2023; discharged Jul 9.'), ['4th of July, 2023', 'Jul 9']],
  ['date short', text('Surgery 3/7/24 at 08:00'), ['3/7/24']],
  ['date dashes', text('Collected 07-MAR-2024 06:12'), ['07-MAR-2024']],
  ['date iso t', text('Admit time 2024-03-07T06:12:00Z'), ['2024-03-07']],
  ['date compact', text('DOB 19380417'), ['19380417']],
  ['date dotted yy', text('geb. 17.4.38'), ['17.4.38']],
  ['date fr', text('Vu le 1er avril 2024.'), ['1er avril 2024']],
  ['date jp', text('生年月日 1938年4月17日'), ['4月17日']],
  ['date weekday', text('Seen Thursday, March 7, 2024.'), ['March 7, 2024']],
  ['date apostrophe', text("Birthday: April 17, '38"), ["April 17, '38"]],
  ['date range', text('Admitted 03/07-03/12/2024'), ['03/07-03/12/2024']],
  ['date unix ms', sc({ birthDate: -1001203200000 }), ['1001203200000']],
  // --- labels and forms
  [
    'kv lines',
    text('Name:\tAnnegret Lindholm\nMRN:\t77120934\nDOB:\t04/17/1938\n'),
    ['Lindholm', '77120934', '04/17/1938'],
  ],
  ['kv dots', text('Name ........ Annegret Lindholm\nDOB ......... 04/17/1938\n'), ['Lindholm', '04/17/1938']],
  [
    'kv next line',
    text('Patient Name\nAnnegret Lindholm\nMedical Record Number\n77120934\n'),
    ['Lindholm', '77120934'],
  ],
  ['kv arrow', text('last_name => Lindholm\nmrn => 77120934'), ['Lindholm', '77120934']],
  ['kv slash', text('Pt name/DOB: Annegret Lindholm / 04-17-38'), ['Lindholm', '04-17-38']],
  ['checkbox form', text('[x] Patient: Annegret Lindholm  [ ] Guardian: none'), ['Lindholm']],
  [
    'signature',
    text('Electronically signed by: Harold T. Washburne, MD 03/07/2024 14:22'),
    ['Washburne', '03/07/2024'],
  ],
  ['cc line', text('cc: Dr. Priya Venkataraman; Dr. Tomasz Wiśniewski'), ['Venkataraman', 'Wiśniewski']],
  [
    'letter',
    text('Re: Annegret Lindholm, DOB 4/17/38\n\nDear Dr. Venkataraman,\n\nThank you for referring Mrs. Lindholm.'),
    ['Lindholm', '4/17/38', 'Venkataraman'],
  ],
  [
    'email headers',
    text('From: Annegret Lindholm <alind@example.com>\nTo: clinic@example.org\nSubject: refill for Lindholm\n'),
    ['Lindholm', 'alind'],
  ],
  [
    'csv',
    text('patient_id,last,first,dob,zip\n77120934,Lindholm,Annegret,1938-04-17,02108\n'),
    ['77120934', 'Lindholm', 'Annegret', '1938-04-17', '02108'],
  ],
  [
    'csv quoted',
    text('"MRN";"Nachname";"Vorname";"Geburtsdatum"\n"77120934";"Großmann";"Jürgen";"17.04.1938"\n'),
    ['77120934', 'Großmann', 'Jürgen', '17.04.1938'],
  ],
  ['csv es', text('nombre,apellidos,telefono\nMaría José,Hernández Ruiz,612345678\n'), ['Hernández', '612345678']],
  ['tsv', text('mrn\tname\tphone\n77120934\tLindholm, Annegret\t6175550142\n'), ['77120934', 'Lindholm', '6175550142']],
  ['csv bom', text('\ufeffmrn,lastname\r\n77120934,Lindholm\r\n'), ['77120934', 'Lindholm']],
  [
    'csv no header',
    text('77120934,Lindholm,Annegret,1938-04-17,F,02108\n77120935,Washburne,Harold,1941-01-02,M,02139\n'),
    ['Lindholm', '77120934', '1938-04-17', 'Washburne'],
  ],
  [
    'md table',
    text('| Patient | MRN | Age |\n|---|---|---|\n| Lindholm, Annegret | 77120934 | 93 |\n'),
    ['Lindholm', '77120934', '| 93'],
  ],
  ['md table no pipes', text('Patient | MRN\n--- | ---\nLindholm | 77120934\n'), ['Lindholm', '77120934']],
  ['md link', text('[Annegret Lindholm](https://ehr.example/patients/77120934)'), ['Lindholm', '77120934']],
  ['md footnote', text('Stable.[^1]\n\n[^1]: Annegret Lindholm, MRN 77120934'), ['Lindholm', '77120934']],
  ['org table', text('| mrn | surname |\n|-----+---------|\n| 77120934 | Lindholm |\n'), ['77120934', 'Lindholm']],
  [
    'rst table',
    text('======== ========\nMRN      Surname\n======== ========\n77120934 Lindholm\n======== ========\n'),
    ['77120934', 'Lindholm'],
  ],
  [
    'html table',
    text('<table><tr><th>Last name</th><th>MRN</th></tr><tr><td>Lindholm</td><td>77120934</td></tr></table>'),
    ['Lindholm', '77120934'],
  ],
  [
    'html dl',
    text('<dl><dt>Last name</dt><dd>Lindholm</dd><dt>DOB</dt><dd>1938-04-17</dd></dl>'),
    ['Lindholm', '1938-04-17'],
  ],
  [
    'html input',
    text('<input name="last_name" value="Lindholm"><input name="ssn" value="412689023">'),
    ['Lindholm', '412689023'],
  ],
  [
    'html option',
    text('<select name="patient"><option value="77120934">Lindholm, Annegret</option></select>'),
    ['Lindholm'],
  ],
  [
    'html attr',
    text('<div data-patient-name="Annegret Lindholm" data-mrn="77120934">x</div>'),
    ['Lindholm', '77120934'],
  ],
  ['html title', text('<a title="Annegret Lindholm" href="/p/77120934">chart</a>'), ['Lindholm', '77120934']],
  ['html comment', text('<!-- patient: Annegret Lindholm, SSN 412-68-9023 --><p>ok</p>'), ['Lindholm', '412-68-9023']],
  ['html label', text('<label for="a">Nachname</label><span id="a">Großmann</span>'), ['Großmann']],
  ['html meta', text('<meta name="author" content="Annegret Lindholm">'), ['Lindholm']],
  [
    'html script json',
    text('<script>window.__DATA__={"patient":{"lastName":"Lindholm","mrn":"77120934"}}</script>'),
    ['Lindholm', '77120934'],
  ],
  [
    'xml elems',
    text('<patient><lastName>Lindholm</lastName><mrn>77120934</mrn><birthDate>1938-04-17</birthDate></patient>'),
    ['Lindholm', '77120934', '1938-04-17'],
  ],
  [
    'xml attrs',
    text('<patient lastName="Lindholm" mrn="77120934" dob="1938-04-17"/>'),
    ['Lindholm', '77120934', '1938-04-17'],
  ],
  [
    'xml cdata',
    text('<note><![CDATA[Patient Annegret Lindholm, SSN 412-68-9023]]></note>'),
    ['Lindholm', '412-68-9023'],
  ],
  ['xml ns', text('<ns:pat xmlns:ns="u"><ns:familyName>Lindholm</ns:familyName></ns:pat>'), ['Lindholm']],
  ['xml entity', text('<p><lastName>Lind&#104;olm</lastName></p>'), ['Lind&#104;olm']],
  ['xml pi', text('<?patient name="Annegret Lindholm"?><a/>'), ['Lindholm']],
  [
    'soap',
    text(
      '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><GetPatientResponse><SSN>412689023</SSN><FullName>Annegret Lindholm</FullName></GetPatientResponse></soap:Body></soap:Envelope>',
    ),
    ['412689023', 'Lindholm'],
  ],
  [
    'yaml',
    text('patient:\n  name:\n    family: Lindholm\n    given: [Annegret, K.]\n  mrn: 77120934\n  dob: 1938-04-17\n'),
    ['Lindholm', 'Annegret', '77120934', '1938-04-17'],
  ],
  [
    'yaml list',
    text('patients:\n  - last_name: Lindholm\n    ssn: 412689023\n  - last_name: Washburne\n    ssn: 412689024\n'),
    ['Lindholm', '412689023', 'Washburne', '412689024'],
  ],
  ['yaml block', text('note: |\n  Patient Annegret Lindholm seen\n  on 2024-03-07.\n'), ['Lindholm', '2024-03-07']],
  [
    'yaml anchors',
    text('base: &b\n  surname: Lindholm\nother:\n  <<: *b\n  mrn: "77120934"\n'),
    ['Lindholm', '77120934'],
  ],
  [
    'toml',
    text('[patient]\nlast_name = "Lindholm"\nmrn = 77120934\ndob = 1938-04-17\n'),
    ['Lindholm', '77120934', '1938-04-17'],
  ],
  ['ini', text('[patient]\nlastname=Lindholm\nmrn=77120934\n'), ['Lindholm', '77120934']],
  ['env', text('PATIENT_LAST_NAME=Lindholm\nPATIENT_MRN=77120934\n'), ['Lindholm', '77120934']],
  ['properties', text('patient.last.name=Lindholm\npatient.mrn=77120934\n'), ['Lindholm', '77120934']],
  ['logfmt', text('level=info msg="loaded" patient_name="Annegret Lindholm" mrn=77120934'), ['Lindholm', '77120934']],
  [
    'log line',
    text('2024-03-07 06:12:00 INFO PatientService - loaded patient Annegret Lindholm (mrn=77120934)'),
    ['Lindholm', '77120934'],
  ],
  [
    'clf',
    text('203.0.113.77 - alindholm [07/Mar/2024:06:12:00 +0000] "GET /patients/77120934 HTTP/1.1" 200 512'),
    ['203.0.113.77', '77120934'],
  ],
  [
    'python repr',
    text("Patient(last_name='Lindholm', mrn='77120934', dob=datetime.date(1938, 4, 17))"),
    ['Lindholm', '77120934', '1938, 4, 17'],
  ],
  [
    'java tostring',
    text('Patient{lastName=Lindholm, mrn=77120934, birthDate=1938-04-17}'),
    ['Lindholm', '77120934', '1938-04-17'],
  ],
  ['ruby hash', text('{:last_name=>"Lindholm", :mrn=>"77120934"}'), ['Lindholm', '77120934']],
  ['go struct', text('{LastName:Lindholm MRN:77120934 DOB:1938-04-17}'), ['Lindholm', '77120934', '1938-04-17']],
  ['php array', text("array('last_name' => 'Lindholm', 'mrn' => '77120934')"), ['Lindholm', '77120934']],
  ['php serialize', text('a:2:{s:9:"last_name";s:8:"Lindholm";s:3:"mrn";s:8:"77120934";}'), ['Lindholm', '77120934']],
  ['lua', text('{ last_name = "Lindholm", mrn = "77120934" }'), ['Lindholm', '77120934']],
  ['clojure', text('{:last-name "Lindholm" :mrn "77120934"}'), ['Lindholm', '77120934']],
  ['graphql', text('{ patient(lastName: "Lindholm", mrn: "77120934") { id } }'), ['Lindholm', '77120934']],
  ['protobuf text', text('patient { last_name: "Lindholm" mrn: "77120934" }'), ['Lindholm', '77120934']],
  [
    'sql select',
    text("SELECT * FROM patients WHERE last_name = 'Lindholm' AND mrn = '77120934'"),
    ['Lindholm', '77120934'],
  ],
  [
    'sql update',
    text("UPDATE patients SET last_name='Lindholm', dob='1938-04-17' WHERE id=3"),
    ['Lindholm', '1938-04-17'],
  ],
  ['sql like', text("... WHERE last_name ILIKE 'lindholm%'"), ['lindholm%']],
  [
    'psql out',
    text(
      ' mrn      | last_name | dob\n----------+-----------+------------\n 77120934 | Lindholm  | 1938-04-17\n(1 row)\n',
    ),
    ['77120934', 'Lindholm', '1938-04-17'],
  ],
  [
    'psql expanded',
    text('-[ RECORD 1 ]-------\nmrn       | 77120934\nlast_name | Lindholm\n'),
    ['77120934', 'Lindholm'],
  ],
  [
    'mysql vertical',
    text('*************************** 1. row ***************************\n      mrn: 77120934\nlast_name: Lindholm\n'),
    ['77120934', 'Lindholm'],
  ],
  [
    'mysql out',
    text(
      '+----------+-----------+\n| mrn      | last_name |\n+----------+-----------+\n| 77120934 | Lindholm  |\n+----------+-----------+\n',
    ),
    ['77120934', 'Lindholm'],
  ],
  [
    'copy',
    text('COPY patients (mrn, last_name, dob) FROM stdin;\n77120934\tLindholm\t1938-04-17\n\\.\n'),
    ['77120934', 'Lindholm', '1938-04-17'],
  ],
  [
    'pg err',
    text(
      'ERROR: duplicate key value violates unique constraint "patients_ssn_key"\nDETAIL: Key (ssn)=(412-68-9023) already exists.',
    ),
    ['412-68-9023'],
  ],
  [
    'pg failing row',
    text('DETAIL:  Failing row contains (77120934, Lindholm, Annegret, 1938-04-17).'),
    ['77120934', 'Lindholm', '1938-04-17'],
  ],
  ['mongo', text("{ _id: ObjectId('65e9'), lastName: 'Lindholm', mrn: 77120934 }"), ['Lindholm', '77120934']],
  ['redis', text('HGETALL patient:77120934\n1) "last_name"\n2) "Lindholm"\n'), ['Lindholm', '77120934']],
  [
    'vcard',
    text(
      'BEGIN:VCARD\nVERSION:4.0\nFN:Annegret Lindholm\nN:Lindholm;Annegret;;;\nBDAY:19380417\nTEL;TYPE=home:+1-617-555-0142\nADR;TYPE=home:;;88 Beacon Street;Boston;MA;02108;USA\nEND:VCARD',
    ),
    ['Lindholm', '19380417', '555-0142', '88 Beacon'],
  ],
  [
    'ical',
    text(
      'BEGIN:VEVENT\nSUMMARY:Visit Annegret Lindholm\nDTSTART:20240307T061200Z\nATTENDEE;CN="Annegret Lindholm":mailto:al@example.com\nEND:VEVENT',
    ),
    ['Lindholm', '20240307', 'al@example'],
  ],
  [
    'hl7',
    text(
      'MSH|^~\\&|EPIC|HOSP|LAB|HOSP|20240307061200||ADT^A01|123|P|2.5\rPID|1||77120934^^^HOSP^MR||Lindholm^Annegret^K||19380417|F|||88 Beacon Street^^Boston^MA^02108||(617)555-0142|||||300281992|412-68-9023\r',
    ),
    ['77120934', 'Lindholm', '19380417', '88 Beacon', '555-0142', '412-68-9023', '300281992'],
  ],
  [
    'hl7 pid only',
    text('PID|1||77120934^^^HOSP^MR||Lindholm^Annegret^K||19380417|F'),
    ['77120934', 'Lindholm', '19380417'],
  ],
  [
    'hl7 escaped nl',
    text('MSH|^~\\&|A|B|C|D|20240307||ORU^R01|1|P|2.5\\nPID|1||77120934||Lindholm^Annegret||19380417\\n'),
    ['77120934', 'Lindholm', '19380417'],
  ],
  [
    'hl7 mllp',
    text('\u000bMSH|^~\\&|A|B|C|D|20240307||ORU^R01|1|P|2.5\rPID|1||77120934||Lindholm^Annegret||19380417\r\u001c\r'),
    ['77120934', 'Lindholm', '19380417'],
  ],
  [
    'hl7 nk1',
    text(
      'MSH|^~\\&|A|B|C|D|20240307||ADT^A01|1|P|2.5\rNK1|1|Washburne^Harold|SPO|4417 Quarry Rd^^Portland^OR^97229|(503)555-0188\r',
    ),
    ['Washburne', '4417 Quarry', '555-0188'],
  ],
  [
    'x12',
    text(
      'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240307*0612*^*00501*000000905*0*P*:~GS*HC*S*R*20240307*0612*1*X*005010X222A1~NM1*IL*1*LINDHOLM*ANNEGRET*K***MI*XQJ928374651~N3*88 BEACON STREET~N4*BOSTON*MA*02108~DMG*D8*19380417*F~',
    ),
    ['LINDHOLM', 'XQJ928374651', '88 BEACON', '19380417', '02108'],
  ],
  [
    'x12 fragment',
    text('NM1*IL*1*LINDHOLM*ANNEGRET*K***MI*XQJ928374651~DMG*D8*19380417*F~'),
    ['LINDHOLM', 'XQJ928374651', '19380417'],
  ],
  [
    'ccda',
    text(
      '<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id extension="77120934" root="2.16.840.1.113883.19.5"/><addr><streetAddressLine>88 Beacon Street</streetAddressLine><city>Boston</city></addr><patient><name><given>Annegret</given><family>Lindholm</family></name><birthTime value="19380417"/></patient></patientRole></recordTarget></ClinicalDocument>',
    ),
    ['77120934', '88 Beacon', 'Annegret', 'Lindholm', '19380417'],
  ],
];
