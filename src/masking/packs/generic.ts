// Field names that say what they hold, in any system: columns, JSON keys, form labels. Only PHI; a name that is not
// here says nothing.

import { type PhiClass, phiClasses } from '../../core/phi.ts';
import { normalise } from '../normalise.ts';
import { fieldName, remembered } from './field-words.ts';

// Lower case without separators, so that first_name, firstName and "First Name" are one word.
const names: Readonly<Partial<Record<PhiClass, string>>> = {
  name: `firstname first lastname last middlename middleinitial givenname given forename forenames familyname family surname maiden maidenname
    mothersmaidenname fullname patientname personname membername subscribername guarantorname nextofkin nextofkinname emergencycontact
    emergencycontactname contactname displayname preferredname nickname legalname username employeename providername physicianname doctorname
    nursename attendingphysician referringphysician primarycareprovider fathername mothername spousename fname lname mname ownername
    patfirstname patlastname namefirst namelast ptname aliasname patientfirstname patientlastname patientname contactperson nok
    authorperson legalauthenticator authenticator namefull namemiddle namemaiden namegiven namefamily legalguardian middleinit kinname
    vorname nachname familienname geburtsname mädchenname maedchenname vollständigername patientenname rufname zuname ansprechpartner hausarzt
    apellido apellidos nombre nombres nombrecompleto primerapellido segundoapellido primernombre segundonombre nombrepaciente
    nom prenom prénom nomdefamille nomdenaissance nompatient cognome voornaam achternaam sobrenome`,
  address: `address address1 address2 addressline addressline1 addressline2 addr addr1 addr2 street street1 street2 streetaddress streetname
    streetline homeaddress mailingaddress billingaddress residence city town municipality county zip zipcode zip4 zip5 postalcode postcode postal
    lat lon lng latitude longitude geolocation coordinates birthplace placeofbirth pobox neighborhood streetaddressline
    addline cityname townname countyname statecityzippath streetaddr postaladdress homeaddress citystatezip citystate geocode pobox apartment adr
    housenumber straße strasse str hausnummer hausnr ort wohnort plz postleitzahl anschrift adresse geburtsort stadt
    calle direccion dirección domicilio ciudad municipio codigopostal códigopostal cp localidad barrio lugardenacimiento rue ville codepostal indirizzo`,
  date: `dob birthdate birthday dateofbirth birthdatetime birthdt deathdate dateofdeath deathdatetime deceaseddate deceaseddatetime admitdate
    admissiondate admittime dischargedate dischargetime dod visitdate servicedate dateofservice dos encounterdate appointmentdate
    effectivedatetime onsetdatetime recordeddate authoredon issueddate performeddatetime occurrencedatetime bday born birthtime
    dobdate dobtime dobdatetime deceaseddate deathtime datedeceased birthdatetime
    geburtsdatum gebdatum gebdat sterbedatum todesdatum aufnahmedatum entlassdatum entlassungsdatum
    fechanacimiento fechadenacimiento fechanac fechaingreso fechaalta fechadefuncion fechadefunción datenaissance datedenaissance datadinascita`,
  phone: `phone phonenumber phoneno telephone telephonenumber tel mobile mobilephone mobilenumber cell cellphone homephone workphone
    contactnumber contactphone communicationnumbers daytimephone pager phone1 phone2
    telefon telefonnummer telefonnr handy handynummer mobiltelefon rufnummer festnetz telefono teléfono movil móvil celular numerotelefono telephoneportable portable`,
  fax: 'fax faxnumber faxno faxnummer telefax',
  email:
    'email emailaddress mail emailaddr homeemail workemail emailadresse mailadresse correo correoelectronico correoelectrónico courriel',
  ssn: 'ssn socialsecurity socialsecuritynumber governmentid govid socialsecurityno ssnumber itin taxid taxpayerid tin nationalid sin ssnlast4 sozialversicherungsnummer svnr svnummer steuerid steuernummer dni nie nif nss curp rfc numerosegurosocial numeroseguridadsocial codicefiscale nir bsn',
  mrn: 'mrn medicalrecordnumber medrecno medicalrecordno medicalrecord mrnumber chartnumber chartno hospitalnumber hospitalid epicmrn empi mpi unitnumber patientennummer patientennr patnr fallnummer fallnr aktenzeichen historiaclinica numerohistoria nhc expediente numeroexpediente',
  health_plan: `memberid membernumber memberno subscriberid subscribernumber policynumber policyno policyid insuranceid insurancenumber
    healthplanid beneficiaryid beneficiarynumber mbi hicn medicaidid medicareid medicarenumber medicaidnumber groupnumber planid healthplannumber cardholderid certificateno memberidnumber plannumber insuredid subscriberno
    versichertennummer versichertennr krankenkassennummer kvnr versichertenid numeropoliza póliza poliza numeroafiliado tarjetasanitaria`,
  account: `accountnumber accountno acctno acctnum acct bankaccount iban creditcard creditcardnumber cardnumber ccnumber ccn routingnumber
    billingaccount hspaccountid hospitalaccountid patientaccountid finnbr finnumber guarantoraccount patientaccountnumber kontonummer kontonr bankverbindung cuenta numerocuenta tarjeta`,
  license: `license licensenumber licenseno licence driverslicense driverlicense driverslicensenumber drivers dlnumber dea deanumber npi
    npinumber certificatenumber passport passportnumber passportno
    führerschein fuehrerschein reisepass passnummer ausweisnummer personalausweis lanr pasaporte licencia cedula cédula`,
  vehicle:
    'vin vehicleid vehicleidentificationnumber licenseplate licenceplate platenumber plate kennzeichen matricula matrícula immatriculation numberplate registrationplate',
  device:
    'deviceid deviceserial deviceserialnumber serialnumber serialno udi imei macaddress mac deviceidentifier implantserial',
  url: 'url website homepage webaddress profileurl',
  ip: 'ip ipaddress ipaddr ipv4 ipv6 clientip remoteaddr sourceip hostip',
  biometric: 'biometric biometricid fingerprint retina retinascan voiceprint faceprint iris',
  photo: 'photo photourl picture avatar headshot portrait faceimage photograph',
  other_id: `patientid personid patientuuid patientidentifier encounterid visitid admissionid caseid caseno casenumber accessionnumber accessionno
    specimenid studyid studyinstanceuid seriesinstanceuid sopinstanceuid patid nip ordernumber employeeid studentid hadmid subjectid claimid claimnumber kdnr kundennummer kundennr mitarbeiternummer personalnummer numerocaso numeropaciente`,
  age: 'age ageyears ageatvisit patientage ageatadmission alter edad lebensalter',
  note: `note notes notetext body freetext narrative clinicalnote progressnote dischargesummary comment comments remarks message messagetext
    content text hpi historyofpresentillness impression bemerkung bemerkungen notiz notizen anmerkung kommentar anamnese befund arztbrief diagnosetext
    observaciones comentario comentarios notas anamnesis`,
};

const byName: ReadonlyMap<string, PhiClass> = new Map(
  phiClasses.flatMap((cls) => (names[cls]?.split(/\s+/) ?? []).map((word) => [word, cls] as const)),
);

/** One word in lower case, without separators. */
export const plainWord: (name: string) => string = remembered((name) =>
  name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''),
);

/** The class a column's name gives away. */
export function genericColumn(column: string): PhiClass | undefined {
  return saidOf(column).cls ?? saidOf(column).ofValue;
}

interface Said {
  /** What everything below a field of this name is. */
  readonly cls: PhiClass | undefined;
  /** What a value right behind the name is; where more lies below it, the name says nothing. */
  readonly ofValue: PhiClass | undefined;
  /** The word that said it. */
  readonly word: string;
}

const saidOf = remembered(readName);

function readName(written: string): Said {
  // oxlint-disable-next-line no-control-regex -- beyond ASCII
  const name = /^[\u0000-\u007f]*$/.test(written) ? written : normalise(written).text;
  const whole = plainWord(name);
  const exact = byName.get(whole);
  if (exact !== undefined) return { cls: exact, ofValue: undefined, word: whole };
  // `patient.name.first`, `vitals/subject/patient_name`: the end of a path says most.
  const segments = name.split(/[/.:|>]+/);
  const readings = segments.length > 1 ? [name, segments.slice(-2).join(' '), segments.at(-1) ?? ''] : [name];
  for (const reading of readings) {
    const { cores, isName, isKey } = fieldName(reading);
    const word = cores.find((core) => byName.has(core) && (readings.length === 1 || !/^(?:first|last)$/.test(core)));
    if (word !== undefined) return { cls: byName.get(word), ofValue: undefined, word };
    if (isName || isKey) return { cls: undefined, ofValue: isName ? 'name' : 'other_id', word: whole };
  }
  return { cls: undefined, ofValue: whole === 'patient' ? 'name' : undefined, word: whole };
}

// In documents these words are structure as often as they are identifiers: their values are scanned, not replaced.
const ambiguousInDocuments: ReadonlySet<string> = new Set(
  'mac plate license residence url mail sin tin iris drivers picture planid str ort alter cp nie rue handy movil portable nok nir rfc tarjeta cuenta calle'.split(
    ' ',
  ),
);

/** The class a column's name gives away; of notes it says nothing, which are read anyway. */
export function columnClass(name: string): PhiClass | undefined {
  const cls = name.length > fieldMax ? undefined : genericColumn(name);
  return cls === 'note' ? undefined : cls;
}

/** The class a JSON key gives away. Notes are scanned anyway, so their keys say nothing here. */
export function fieldClass(key: string): PhiClass | undefined {
  if (key.length > fieldMax) return undefined;
  const { cls, word } = saidOf(key);
  return cls === 'note' || ambiguousInDocuments.has(word) ? undefined : cls;
}

/** The same for a key that has a value and nothing below it. */
export function valueClass(key: string): PhiClass | undefined {
  return key.length > fieldMax ? undefined : (fieldClass(key) ?? saidOf(key).ofValue);
}

const fieldMax = 60;

const nobodys =
  /\b(?:drug|medication|medicine|test|file|product|device|code|brand|procedure|table|column|host|event|resource|tool|type|class|group|field|lab|service|study|protocol|department|unit|ward|status|schema|database|model|allergy|allergen|condition|diagnosis|problem|vaccine|substance|reaction|symptom|disease|attribute|tag|template|section|element|parameter|variable|branch|project|repo|repository|function|method|package|server|process|role|policy|rule|metric|analyte|component|panel|order|document|message|application|app|software|system|program|plan|campaign|domain|theme|font|color|colour)\b/;
const labels: readonly (readonly [RegExp, PhiClass])[] = [
  [
    /\bnick ?name\b|\balias\b|\bmaiden\b|\bnames?\b|\bcalled\b|\b(?:mother|father|spouse|guardian|next of kin|kin|emergency contact|employer|where do you work|workplace|school)\b/,
    'name',
  ],
  [/\be ?mails?\b/, 'email'],
  [/\b(?:phone|telephone|mobile|cell|pager|callback)\b/, 'phone'],
  [/\bfax\b/, 'fax'],
  [/\b(?:address|street|city|town|zip|postal|birth ?place|place of birth|live|reside|residence|county)\b/, 'address'],
  [/\b(?:dob|birth|born|birthday|deceased|died|death)\b/, 'date'],
  [/\b(?:ssn|social security)\b/, 'ssn'],
  [/\b(?:mrn|medical record|chart number)\b/, 'mrn'],
  [/\b(?:passport|licen[cs]e|certificate)\b/, 'license'],
  [/\b(?:member|policy|subscriber|insurance|beneficiary) (?:id|no|number)\b/, 'health_plan'],
  [/\baccount\b/, 'account'],
  [/\b(?:badge|identifier|identification|id number|employee number)\b/, 'other_id'],
];

/** The class a label made for people gives away: a question, a form field, the name of a parameter. */
export function labelClass(label: string): PhiClass | undefined {
  // What is masked names nothing.
  if (label.length > 80 || label.startsWith('[')) return undefined;
  const named = valueClass(label);
  if (named !== undefined) return named;
  const apart = /[a-z][A-Z]/.test(label) ? label.replace(/([a-z])(?=[A-Z])/g, '$1 ') : label;
  const lower = apart.toLowerCase();
  const plain = /[^a-z ]| {2}/.test(lower) ? lower.replace(/[^a-z]+/g, ' ') : lower;
  return nobodys.test(plain) ? undefined : labels.find(([pattern]) => pattern.test(plain))?.[1];
}
