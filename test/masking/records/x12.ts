// X12 interchanges of every transaction that names somebody.

import { Canaries, type Planted } from './canaries.ts';

function transactions(c: Canaries): readonly (readonly string[])[] {
  const who = (code: string, qualifier: string): string =>
    `NM1*${code}*1*${c.name()}*${c.name()}*${c.name()}*Dr*III*${qualifier}*${c.id()}`;
  const house = (code: string): string => `NM1*${code}*2*${c.name()} Clinic*****XX*${c.number(10)}`;
  const home = (): readonly string[] => [`N3*${c.street()}*Apt ${c.name()}`, `N4*${c.name()}*MA*${c.zip()}`];
  const call = (): string => `PER*IC*${c.name()} ${c.name()}*TE*${c.number(10)}*EM*${c.email()}*EX*${c.number(5)}`;
  return [
    [
      'ST*837*0001*005010X222A1',
      `BHT*0019*00*${c.id()}*20261121*1015*CH`,
      house('41'),
      call(),
      `HL*1**20*1`,
      'PRV*BI*PXC*207Q00000X',
      house('85'),
      ...home(),
      `REF*EI*${c.number(9)}`,
      `REF*SY*${c.number(9)}`,
      'HL*2*1*22*0',
      `SBR*P*18*${c.id()}*Plan of ${c.name()}*****CI`,
      `PAT*01****D8*${c.day()}*01*150`,
      who('IL', 'MI'),
      ...home(),
      `DMG*D8*${c.day()}*F`,
      `REF*SY*${c.number(9)}`,
      `REF*Y4*${c.id()}`,
      who('QC', 'MI'),
      house('PR'),
      `CLM*${c.id()}*100***11:B:1*Y*A*Y*I`,
      `DTP*431*D8*${c.day()}`,
      `PWK*OZ*BM***AC*${c.id()}`,
      `CN1*02*10***${c.id()}`.replace('***', '**'),
      `REF*G1*${c.id()}`,
      `REF*EA*${c.id()}`,
      `REF*D9*${c.id()}`,
      `K3*${c.name()}`,
      `NTE*ADD*Call ${c.name()} ${c.name()} first`,
      'HI*ABK:E119*ABF:I10',
      who('DN', 'XX'),
      who('82', 'XX'),
      house('77'),
      ...home(),
      call(),
      `OI***Y*B**Y`,
      'LX*1',
      'SV1*HC:99213:25*40*UN*1***1',
      `DTP*472*RD8*${c.day()}-${c.day()}`,
      `REF*6R*${c.id()}`,
      `SVD*${c.id()}*40*HC:99213**1`,
      'LIN**N4*00002751001',
      'SE*40*0001',
    ],
    [
      'ST*835*0002',
      `BPR*I*100*C*ACH*CCP*01*${c.number(9)}*DA*${c.number(10)}*${c.number(10)}*${c.number(9)}*01*${c.number(9)}*DA*${c.number(10)}*20261121`,
      `TRN*1*${c.id()}*${c.number(10)}*${c.number(9)}`,
      `REF*EV*${c.id()}`,
      `DTM*405*20261121`,
      `N1*PR*${c.name()} Payer*XV*${c.number()}`,
      ...home(),
      call(),
      `N1*PE*${c.name()} Clinic*XX*${c.number(10)}`,
      `RDM*BM*${c.name()}*${c.number(10)}`,
      'LX*1',
      `TS3*${c.number(10)}*11*20261231*1*100`,
      `CLP*${c.id()}*1*100*80**12*${c.id()}*11*1`,
      'CAS*CO*45*20',
      who('QC', 'MI'),
      who('IL', 'MI'),
      who('74', 'C'),
      who('82', 'XX'),
      `MOA***MA01`,
      `REF*1L*${c.id()}`,
      `REF*9A*${c.id()}*described by ${c.name()}*EA:${c.id()}`,
      `DTM*232*${c.day()}`,
      `AMT*AU*80`,
      `SVC*HC:99213*40*30**1`,
      `PLB*${c.number(10)}*20261231*WO:${c.id()}*-20*72:${c.id()}*5`,
      'SE*20*0002',
    ],
    [
      'ST*270*0003*005010X279A1',
      `BHT*0022*13*${c.id()}*20261121*1015`,
      house('PR'),
      who('1P', 'XX'),
      `TRN*1*${c.id()}*9${c.number(9)}*${c.name()}`,
      who('IL', 'MI'),
      ...home(),
      `DMG*D8*${c.day()}*M`,
      who('03', 'MI'),
      `INS*N*19`,
      `REF*EJ*${c.id()}`,
      'EQ*30',
      `III*ZZ*11**Near ${c.name()}`,
      'SE*9*0003',
    ],
    [
      'ST*271*0004*005010X279A1',
      who('IL', 'MI'),
      `REF*6P*${c.id()}*${c.name()} Works`,
      `EB*1*FAM*30*PR*Gold of ${c.name()}`,
      `MSG*Ask ${c.name()} ${c.name()}`,
      house('P3'),
      call(),
      `DTP*356*D8*${c.day()}`,
      'SE*8*0004',
    ],
    [
      'ST*277*0005*005010X212',
      who('QC', 'MI'),
      `TRN*2*${c.id()}`,
      `STC*F1:65*20261121*WQ*100*80*20261121**20261122*${c.id()}***Sent to ${c.name()}`,
      `REF*BLT*111`,
      `REF*D9*${c.id()}`,
      'SE*5*0005',
    ],
    [
      'ST*278*0006*005010X217',
      who('1P', 'XX'),
      who('IL', 'MI'),
      `UM*HS*I*2*11:B`,
      `HCR*A1*${c.id()}`,
      `HI*ABK:E119`,
      `MSG*${c.name()} agreed`,
      'SE*6*0006',
    ],
    [
      'ST*834*0007*005010X220A1',
      `BGN*00*${c.id()}*20261121*1015*ET*${c.id()}**2`,
      `N1*P5*${c.name()} Works*FI*${c.number(9)}`,
      `N1*IN*${c.name()} Health*XV*${c.number()}`,
      'INS*Y*18*021*28*A***FT',
      `REF*0F*${c.id()}`,
      `REF*1L*${c.id()}`,
      `REF*17*${c.id()}`,
      `DTP*336*D8*${c.day()}`,
      who('IL', '34'),
      call(),
      ...home(),
      `DMG*D8*${c.day()}*F*M`,
      'EC*1',
      'ICM*1*500',
      `HLH*N`,
      `HD*021**HLT*${c.name()} Gold*EMP`,
      `COB*P*${c.id()}*5`,
      who('QD', '34'),
      `ACT*${c.number()}*${c.name()}`,
      `ZZZ*${c.name()}*${c.number()}`,
      'SE*20*0007',
    ],
  ];
}

const kept = ['E119', '99213', '207Q00000X', '00002751001', '*MA*', '005010X222A1'];

function interchange(
  c: Canaries,
  transaction: readonly string[],
  element: string,
  component: string,
  terminator: string,
): string {
  const pad = (value: string): string => value.padEnd(15);
  const head = `ISA*00*          *00*          *ZZ*${pad(c.id())}*ZZ*${pad(c.id())}*261121*1015*^*00501*000000905*0*P*:`;
  const all = [head, `GS*HC*${c.id()}*${c.id()}*20261121*1015*1*X*005010`, ...transaction, 'GE*1*1', 'IEA*1*000000905'];
  return all.map((each) => each.replaceAll('*', element).replaceAll(':', component)).join(terminator) + terminator;
}

export function x12Records(seed: number): readonly (Planted & { readonly kind: string })[] {
  const made = (
    kind: string,
    of: (c: Canaries) => string,
    keeps: readonly string[] = kept,
  ): Planted & { readonly kind: string } => {
    const c = new Canaries(seed + kind.length);
    return { kind, text: of(c), gone: c.gone, kept: keeps };
  };
  const all = (c: Canaries, element: string, component: string, terminator: string): string =>
    transactions(c)
      .map((each) => interchange(c, each, element, component, terminator))
      .join('');
  return [
    made('usual marks', (c) => all(c, '*', ':', '~')),
    made('a segment a line', (c) => all(c, '*', ':', '~\r\n')),
    made('line feeds alone', (c) => all(c, '*', ':', '\n')),
    made('odd marks', (c) => all(c, '|', '>', "'"), ['E119', '99213']),
    made(
      'each with its own marks',
      (c) =>
        transactions(c)
          .map((each, at) => interchange(c, each, '*|#+'.charAt(at % 4), ':><}'.charAt(at % 4), "~'\n!".charAt(at % 4)))
          .join('\n'),
      ['E119', '99213'],
    ),
    made('no envelope', (c) =>
      transactions(c)
        .map((each) => `${each.join('~\n')}~\n`)
        .join(''),
    ),
    made('in JSON', (c) => JSON.stringify({ edi: all(c, '*', ':', '~') })),
    made('below a sentence', (c) => `The claim file:\n${all(c, '*', ':', '~\n')}\nPlease look.`),
  ];
}
