// C-CDA documents with every participant a header and a body can name.
// Longer than 400 lines: one document, element by element.

import { Canaries, type Planted } from './canaries.ts';

function document(c: Canaries, p: string): string {
  const e = (name: string, attributes: string, ...inner: readonly string[]): string =>
    inner.length === 0
      ? `<${p}${name}${attributes && ` ${attributes}`}/>`
      : `<${p}${name}${attributes && ` ${attributes}`}>${inner.join('')}</${p}${name}>`;
  const id = (): string => e('id', `root="2.16.840.1.113883.19.5.99999" extension="${c.id()}"`);
  const uuid = (): string => e('id', `root="${c.number()}-1111-4222-8333-${c.number(12)}"`);
  const name = (): string =>
    e(
      'name',
      'use="L"',
      e('prefix', '', 'Dr'),
      e('given', '', c.name()),
      e('given', 'qualifier="CL"', c.name()),
      e('family', '', c.name()),
      e('suffix', '', 'MD'),
    );
  const plain = (): string => e('name', '', `${c.name()} ${c.name()}`);
  const addr = (): string =>
    e(
      'addr',
      'use="HP"',
      e('streetAddressLine', '', c.street()),
      e('additionalLocator', '', c.name()),
      e('city', '', c.name()),
      e('state', '', 'MA'),
      e('postalCode', '', c.zip()),
      e('county', '', c.name()),
      e('country', '', 'US'),
    );
  const line = (): string => e('addr', '', `${c.street()}, ${c.name()} MA ${c.zip()}`);
  const tel = (): string =>
    e('telecom', `use="HP" value="tel:+1(${c.phone()})"`) + e('telecom', `value="mailto:${c.email()}"`);
  const person = (): string => e('assignedPerson', '', name());
  const org = (tag: string): string => e(tag, '', id(), e('name', '', `${c.name()} Clinic`), tel(), addr());
  const time = (): string => e('time', 'value="20261121101500-0500"');
  const known = c.name();
  const header = [
    e('realmCode', 'code="US"'),
    e('typeId', 'root="2.16.840.1.113883.1.3" extension="POCD_HD000040"'),
    e('templateId', 'root="2.16.840.1.113883.10.20.22.1.1" extension="2015-08-01"'),
    uuid(),
    e('code', 'code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summarization of Episode Note"'),
    e('title', '', `Summary of ${c.name()} ${c.name()}`),
    e('setId', `root="2.16.840.1.113883.19" extension="${c.id()}"`),
    e(
      'recordTarget',
      '',
      e(
        'patientRole',
        '',
        id(),
        e('id', `root="2.16.840.1.113883.4.1" extension="${c.number(9)}"`),
        addr(),
        line(),
        tel(),
        e(
          'patient',
          '',
          e('name', '', e('given', '', known), e('family', '', c.name())),
          plain(),
          e('administrativeGenderCode', 'code="F" displayName="Female"'),
          e('birthTime', `value="${c.day()}"`),
          `<sdtc:deceasedTime value="${c.day()}"/>`,
          e('guardian', '', id(), addr(), tel(), e('guardianPerson', '', name())),
          e('guardian', '', e('guardianOrganization', '', plain())),
          e('birthplace', '', e('place', '', plain(), addr())),
        ),
        org('providerOrganization'),
      ),
    ),
    e(
      'author',
      '',
      time(),
      e('assignedAuthor', '', id(), addr(), tel(), person(), e('representedOrganization', '', id(), plain())),
    ),
    e(
      'author',
      '',
      time(),
      e('assignedAuthor', '', id(), e('assignedAuthoringDevice', '', e('softwareName', '', 'Record System 4'))),
    ),
    e('dataEnterer', '', e('assignedEntity', '', id(), addr(), tel(), person())),
    e('informant', '', e('assignedEntity', '', id(), addr(), tel(), e('assignedPerson', '', plain()))),
    e(
      'informant',
      '',
      e(
        'relatedEntity',
        'classCode="PRS"',
        e('code', 'code="MTH" displayName="Mother"'),
        addr(),
        tel(),
        e('relatedPerson', '', name()),
      ),
    ),
    e('custodian', '', e('assignedCustodian', '', org('representedCustodianOrganization'))),
    e(
      'informationRecipient',
      '',
      e(
        'intendedRecipient',
        '',
        id(),
        addr(),
        e('informationRecipient', '', name()),
        e('receivedOrganization', '', plain()),
      ),
    ),
    e(
      'legalAuthenticator',
      '',
      time(),
      e('signatureCode', 'code="S"'),
      e('assignedEntity', '', id(), addr(), person()),
    ),
    e('authenticator', '', time(), e('assignedEntity', '', id(), person())),
    e(
      'participant',
      'typeCode="IND"',
      e(
        'associatedEntity',
        'classCode="NOK"',
        id(),
        addr(),
        tel(),
        e('associatedPerson', '', name()),
        e('scopingOrganization', '', plain()),
      ),
    ),
    e('participant', 'typeCode="HLD"', e('associatedEntity', '', e('associatedPerson', '', plain()))),
    e(
      'documentationOf',
      '',
      e(
        'serviceEvent',
        '',
        e('effectiveTime', '', e('low', 'value="20250101"')),
        e('performer', '', e('assignedEntity', '', id(), person(), org('representedOrganization'))),
      ),
    ),
    e(
      'componentOf',
      '',
      e(
        'encompassingEncounter',
        '',
        id(),
        e('effectiveTime', '', e('low', 'value="20260101"')),
        e('responsibleParty', '', e('assignedEntity', '', id(), person())),
        e(
          'location',
          '',
          e(
            'healthCareFacility',
            '',
            id(),
            e('location', '', plain(), addr()),
            e(
              'serviceProviderOrganization',
              '',
              plain(),
              e('asOrganizationPartOf', '', e('wholeOrganization', '', plain())),
            ),
          ),
        ),
      ),
    ),
  ];
  const observation = (...inner: readonly string[]): string =>
    e(
      'entry',
      '',
      e(
        'observation',
        'classCode="OBS" moodCode="EVN"',
        uuid(),
        e('code', 'code="8867-4" displayName="Heart rate"'),
        ...inner,
      ),
    );
  const body = e(
    'component',
    '',
    e(
      'structuredBody',
      '',
      e(
        'component',
        '',
        e(
          'section',
          'ID="s1"',
          e('templateId', 'root="2.16.840.1.113883.10.20.22.2.6.1"'),
          e('title', '', 'ALLERGIES'),
          e(
            'text',
            '',
            e(
              'table',
              'border="1"',
              e(
                'tr',
                '',
                e('td', 'ID="a1"', 'Penicillin G'),
                e('td', '', 'Hives'),
                e('td', '', `Seen with ${c.name()} ${c.name()}`),
              ),
              e('tr', '', e('td', '', `${known.toUpperCase()} feels better`)),
            ),
            e('paragraph', '', `Please call ${c.name()} at ${c.phone()} &amp; ${c.name()}.`),
            `<!-- <given>${c.name()}</given> -->`,
            e('renderMultiMedia', 'referencedObject="MM1"'),
          ),
          observation(
            e(
              'value',
              'xsi:type="CD" code="444814009" codeSystem="2.16.840.1.113883.6.96" displayName="Viral sinusitis"',
              e('originalText', '', `as ${c.name()} said`),
            ),
          ),
          observation(e('value', 'xsi:type="PQ" value="72" unit="/min"')),
          observation(e('value', 'xsi:type="ST"', `${c.name()} ${c.name()}`)),
          observation(
            e(
              'participant',
              'typeCode="CSM"',
              e(
                'participantRole',
                'classCode="MANU"',
                e(
                  'playingEntity',
                  'classCode="MMAT"',
                  e('code', 'code="7982" displayName="Penicillin G"'),
                  e('name', '', 'Penicillin G'),
                ),
              ),
            ),
          ),
          observation(
            e(
              'participant',
              'typeCode="COV"',
              e(
                'participantRole',
                'classCode="PAT"',
                id(),
                addr(),
                e('playingEntity', '', plain(), `<sdtc:birthTime value="${c.day()}"/>`),
              ),
            ),
          ),
          observation(
            e('participant', 'typeCode="HLD"', e('participantRole', '', id(), e('playingEntity', '', name()))),
          ),
          observation(
            e(
              'participant',
              'typeCode="DEV"',
              e(
                'participantRole',
                'classCode="MANU"',
                e('id', `root="2.16.840.1.113883.3.3719" extension="(01)${c.number(14)}(21)${c.id()}"`),
                e('playingDevice', '', e('code', 'code="704708004" displayName="Cardiac pacemaker"')),
              ),
            ),
          ),
          observation(
            e(
              'subject',
              '',
              e(
                'relatedSubject',
                '',
                e('code', 'code="FTH" displayName="Father"'),
                addr(),
                e(
                  'subject',
                  '',
                  name(),
                  `<sdtc:id root="2.16.840.1.113883.19" extension="${c.id()}"/>`,
                  e('birthTime', 'value="1921"'),
                ),
              ),
            ),
          ),
          observation(
            e('specimen', '', e('specimenRole', '', id(), e('specimenPlayingEntity', '', e('desc', '', 'Blood')))),
          ),
          observation(
            e(
              'reference',
              'typeCode="REFR"',
              e(
                'externalDocument',
                '',
                id(),
                e('text', '', e('reference', `value="https://${c.name().toLowerCase()}.example/doc/${c.id()}"`)),
              ),
            ),
          ),
          e(
            'entry',
            '',
            e(
              'observationMedia',
              'ID="MM1"',
              e(
                'value',
                'mediaType="image/jpeg" representation="B64"',
                Buffer.from(`\u00ff\u00d8\u0000${c.name()}`, 'latin1').toString('base64'),
              ),
            ),
          ),
          e(
            'entry',
            '',
            e(
              'act',
              '',
              e('text', 'mediaType="text/plain" representation="B64"', btoa(`Letter to ${c.name()} ${c.name()}`)),
            ),
          ),
        ),
      ),
    ),
  );
  return header.join('') + body;
}

const kept = [
  '34133-9',
  'Summarization of Episode Note',
  '444814009',
  'Viral sinusitis',
  'Penicillin G',
  '8867-4',
  'Heart rate',
  '704708004',
  'Cardiac pacemaker',
  'Hives',
  'feels better',
  '2.16.840.1.113883.10.20.22.1.1',
  'Female',
  '/min',
];

export function cdaRecords(seed: number): readonly (Planted & { readonly kind: string })[] {
  const made = (
    kind: string,
    prefix: string,
    of: (inner: string) => string,
    keeps = kept,
  ): Planted & { readonly kind: string } => {
    const c = new Canaries(seed + kind.length);
    return { kind, text: of(document(c, prefix)), gone: c.gone, kept: keeps };
  };
  const space = 'xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const whole = (inner: string): string =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3" ${space}>${inner}</ClinicalDocument>`;
  return [
    made('as usual', '', whole),
    made(
      'with a prefix',
      'n1:',
      (inner) => `<n1:ClinicalDocument xmlns:n1="urn:hl7-org:v3" ${space}>${inner}</n1:ClinicalDocument>`,
    ),
    made('without a namespace', '', (inner) => `<ClinicalDocument>${inner}</ClinicalDocument>`),
    made('a piece', '', (inner) => /<recordTarget>.*<\/recordTarget>/.exec(inner)?.[0] ?? '', ['Female']),
    made('cut off', '', (inner) => whole(inner).slice(0, -400), ['34133-9']),
    made('with a byte order mark', '', (inner) => `\uFEFF${whole(inner)}`),
    made('in JSON', '', (inner) => JSON.stringify({ document: whole(inner) })),
    made('in base64', '', (inner) => JSON.stringify({ data: Buffer.from(whole(inner)).toString('base64') }), []),
    made(
      'in UTF-16, in base64',
      '',
      (inner) => JSON.stringify({ data: Buffer.from(`\uFEFF${whole(inner)}`, 'utf16le').toString('base64') }),
      [],
    ),
    made(
      'by numbers',
      '',
      (inner) =>
        whole(
          inner.replace(
            />([^<&]+)</g,
            (_all, text: string) =>
              `>${Array.from(text, (char, at) => (at % 2 === 0 ? `&#${char.codePointAt(0)};` : char)).join('')}<`,
          ),
        ),
      ['34133-9'],
    ),
    made(
      'in CDATA',
      '',
      (inner) => whole(inner.replace(/<(given|family|city|streetAddressLine)>([^<]+)</g, '<$1><![CDATA[$2]]><')),
      ['34133-9'],
    ),
  ].map((each) => ({
    ...each,
    gone:
      each.kind === 'a piece' || each.kind === 'cut off'
        ? each.gone.filter((value) => each.text.includes(value))
        : each.gone,
  }));
}
