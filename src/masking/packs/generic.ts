// Field names that say what they hold, in any system: columns, JSON keys, form labels. Only PHI; a name that is not
// here says nothing.

import { type PhiClass, phiClasses } from '../../core/phi.ts';

// Lower case without separators, so that first_name, firstName and "First Name" are one word.
const names: Readonly<Partial<Record<PhiClass, string>>> = {
  name: `firstname first lastname last middlename middleinitial givenname given familyname family surname maiden maidenname
    mothersmaidenname fullname patientname personname membername subscribername guarantorname nextofkin nextofkinname emergencycontact
    emergencycontactname contactname displayname preferredname nickname legalname username employeename providername physicianname doctorname
    nursename attendingphysician referringphysician primarycareprovider fathername mothername spousename fname lname mname ownername
    patfirstname patlastname namefirst namelast ptname aliasname`,
  address: `address address1 address2 addressline addressline1 addressline2 addr addr1 addr2 street street1 street2 streetaddress streetname
    streetline homeaddress mailingaddress billingaddress residence city town municipality county zip zipcode zip4 zip5 postalcode postcode postal
    lat lon lng latitude longitude geolocation coordinates birthplace placeofbirth pobox neighborhood`,
  date: `dob birthdate birthday dateofbirth birthdatetime birthdt deathdate dateofdeath deathdatetime deceaseddate deceaseddatetime admitdate
    admissiondate admittime dischargedate dischargetime dod visitdate servicedate dateofservice dos encounterdate appointmentdate
    effectivedatetime onsetdatetime recordeddate authoredon issueddate performeddatetime occurrencedatetime`,
  phone: `phone phonenumber phoneno telephone telephonenumber tel mobile mobilephone mobilenumber cell cellphone homephone workphone
    contactnumber contactphone daytimephone pager phone1 phone2`,
  fax: 'fax faxnumber faxno',
  email: 'email emailaddress mail emailaddr homeemail workemail',
  ssn: 'ssn socialsecurity socialsecuritynumber socialsecurityno ssnumber itin taxid taxpayerid tin nationalid sin ssnlast4',
  mrn: 'mrn medicalrecordnumber medrecno medicalrecordno medicalrecord mrnumber chartnumber chartno hospitalnumber hospitalid epicmrn empi',
  health_plan: `memberid membernumber memberno subscriberid subscribernumber policynumber policyno policyid insuranceid insurancenumber
    healthplanid beneficiaryid beneficiarynumber mbi hicn medicaidid medicareid medicarenumber medicaidnumber groupnumber planid healthplannumber`,
  account: `accountnumber accountno acctno acctnum acct bankaccount iban creditcard creditcardnumber cardnumber ccnumber ccn routingnumber
    billingaccount guarantoraccount patientaccountnumber`,
  license: `license licensenumber licenseno licence driverslicense driverlicense driverslicensenumber drivers dlnumber dea deanumber npi
    npinumber certificatenumber passport passportnumber passportno`,
  vehicle: 'vin vehicleid vehicleidentificationnumber licenseplate platenumber plate',
  device:
    'deviceid deviceserial deviceserialnumber serialnumber serialno udi imei macaddress mac deviceidentifier implantserial',
  url: 'url website homepage webaddress profileurl',
  ip: 'ip ipaddress ipaddr ipv4 ipv6 clientip remoteaddr sourceip hostip',
  biometric: 'biometric biometricid fingerprint retina retinascan voiceprint faceprint iris',
  photo: 'photo photourl picture avatar headshot portrait faceimage photograph',
  other_id: `patientid personid patientuuid patientidentifier encounterid visitid admissionid caseid caseno casenumber accessionnumber accessionno
    specimenid studyid ordernumber employeeid studentid hadmid subjectid claimid claimnumber`,
  age: 'age ageyears ageatvisit patientage ageatadmission',
  note: `note notes notetext body freetext narrative clinicalnote progressnote dischargesummary comment comments remarks message messagetext
    content text hpi historyofpresentillness impression`,
};

const byName: ReadonlyMap<string, PhiClass> = new Map(
  phiClasses.flatMap((cls) => (names[cls]?.split(/\s+/) ?? []).map((word) => [word, cls] as const)),
);

/** The class a column's name gives away. */
export function genericColumn(column: string): PhiClass | undefined {
  return byName.get(column.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

// In documents these words are structure as often as they are identifiers: their values are scanned, not replaced.
const ambiguousInDocuments: ReadonlySet<string> = new Set(
  'mac plate license residence url mail sin tin iris drivers picture planid'.split(' '),
);

/** The class a JSON key gives away. Notes are scanned anyway, so their keys say nothing here. */
export function fieldClass(key: string): PhiClass | undefined {
  if (key.length > 40) return undefined;
  const word = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (ambiguousInDocuments.has(word)) return undefined;
  const cls = byName.get(word);
  return cls === 'note' ? undefined : cls;
}
