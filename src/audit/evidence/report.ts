// The report of the evidence package, as data: scope, numbers, and the sections people read, all made of the tallies, so that
// the verifier makes them again. It never says more than the records do.

import type { RecordType } from '../../core/record.ts';
import { type Control, type ControlStatus, controls } from './controls.ts';
import type { Gap } from './gaps.ts';
import { countTable, listedTable, listTable, rowsMax, type Section, section, table } from './sections.ts';
import { listedMax, sampleSize, type Tallies } from './tally.ts';
import { effectWords, endingWords, methodWords, refusalWords, typeWords } from './words.ts';

export interface Scope {
  readonly origin: string;
  /** RFC 3339; entries from `from` on, and before `to`. */
  readonly from: string;
  readonly to: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** Entries of the log before, in and after the period: together the size of its tree. */
  readonly before: number;
  readonly records: number;
  readonly after: number;
  /** Of the first and the last record of the period. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  /** What the draw of the sample goes by. */
  readonly seed: string;
  /** Names of those who signed the checkpoint. */
  readonly signatures: readonly string[];
  /** Digests of the policies whose text is in `policies/`. */
  readonly policies: readonly string[];
  /** Records that should have a `.tlog-proof` of their own and have none, as there was no room. */
  readonly unproven: number;
}

/** What the maker says of the making; no record behind it shows it. */
export interface Making {
  /** RFC 3339. */
  readonly made: string;
  /** The release that made it: another may say the same in other words. */
  readonly by: string;
  /** Number of the `evidence.exported` record; null where no running gate was asked. */
  readonly recorded: number | null;
  /** What the gate knew of the one patient that was asked for; null where none was. */
  readonly patient: PatientAsked | null;
}

export interface PatientAsked {
  /** Numbers of the records of answers about them, ascending. */
  readonly entries: readonly number[];
  /** How many more answers of the period are about patients and do not say about whom. */
  readonly unnamed: number;
  /** How many more were given in sessions that have been shredded since: about whom, nobody can tell any more. */
  readonly shredded: number;
}

export interface EvidenceReport {
  readonly format: 1;
  readonly making: Making;
  readonly scope: Scope;
  readonly tallies: Tallies;
  readonly controls: readonly (Control & { readonly count: number })[];
  readonly sections: readonly Section[];
}

export function reportOf(scope: Scope, tallies: Tallies, making: Making): EvidenceReport {
  const behind = controls.map((each) => ({
    ...each,
    count: sum(each.records.map((type) => tallies.types[type] ?? 0)),
  }));
  const sections = [
    scopeSection(scope, making),
    limitsSection(),
    controlSection(behind),
    coverageSection(tallies),
    ...accessSections(tallies, making),
    ...decisionSections(tallies),
    ...careSections(tallies, making),
    integritySection(scope, tallies),
    sampleSection(scope, tallies),
    methodSection(),
  ];
  return { format: 1, making, scope, tallies, controls: behind, sections };
}

function scopeSection(scope: Scope, { made, recorded }: Making): Section {
  const { origin, from, to, size, before, records, after, firstTime, lastTime } = scope;
  return section(
    'Scope',
    [`The log ${origin}, entries from ${from} on and before ${to}. Made at ${made}.`],
    [
      table(
        'The period in the log',
        ['part of the log', 'entries'],
        [
          ['before the period', String(before)],
          [`in the period${firstTime === null ? '' : `, ${firstTime} to ${lastTime}`}`, String(records)],
          ['after the period', String(after)],
          ['together: the size of the tree', String(size)],
        ],
      ),
      table(
        'This export',
        ['', ''],
        [
          [
            'record of it in the log',
            recorded === null
              ? 'none: it was read from a state directory, without asking a running gate'
              : `evidence.exported, entry ${recorded}${recorded < size ? '' : ', which this checkpoint does not cover yet'}`,
          ],
        ],
      ),
    ],
  );
}

function limitsSection(): Section {
  return section('Attestation and limits', [
    'This package is evidence, not certification. It is no statement of HIPAA compliance, and no software can make one.',
    'It shows what passed this gate. What went another way to the data, it does not show; that there is no other way is the customer’s duty.',
    'The records name people, rules, tables and tools; they hold no PHI. What was asked and answered is in encrypted payloads, which are not in this package.',
    'Who holds the private key of the log can write another log from the beginning. Only a key, a checkpoint or a witness from elsewhere tells the two apart.',
  ]);
}

const statusWords: Readonly<Record<ControlStatus, string>> = {
  met: 'met on this path',
  partial: 'partial',
  duty: 'customer’s duty',
};

function controlSection(behind: EvidenceReport['controls']): Section {
  const rows = behind.map(({ section, title, kind, status, says, records, count }) => [
    section,
    title,
    kind,
    statusWords[status],
    says,
    records.length === 0 ? '–' : `${count}: ${records.join(' ')}`,
  ]);
  return section(
    'Control matrix',
    [
      'Every standard and implementation specification of 45 CFR 164.308, .310, .312 and .316. Met means: on this path, by what the gate does; partial: it contributes; customer’s duty: the gate sees nothing of it.',
    ],
    [{ title: '', headings: ['45 CFR', 'control', 'kind', 'status', 'how', 'records behind it'], rows }],
  );
}

function coverageSection({ types, gaps, lists, leftOut }: Tallies): Section {
  const gapRows = gaps.map(({ from, to, how }: Gap) => [from ?? 'before the period', to, how]);
  return section(
    'Coverage and gaps',
    [
      `${types['node.start'] ?? 0} starts, ${types['node.stop'] ?? 0} orderly stops, ${types['outcome_unknown'] ?? 0} requests whose outcome a crash left unknown.`,
      'While the gate does not run nothing passes it, and nothing is recorded.',
    ],
    [
      table('When the gate did not run', ['last record before', 'started again', 'how it ended'], gapRows),
      listTable('Outcome unknown', 'unknown', { lists, leftOut }),
      countTable('Records by type', 'type', types, { heading: 'what it records', of: wordsIn(typeWords) }),
    ],
  );
}

const measures = [
  'sessions',
  'requests',
  'allow',
  'hold',
  'deny',
  'rows',
  'masked values',
  'disclosures',
  'readings of the log',
  'listed acts',
] as const;

function accessSections(tallies: Tallies, { patient }: Making): Section[] {
  const { identities, agents, connections, doors, unmasked, disclosures } = tallies;
  const rows = Object.entries(identities).map(([who, of]) => [who, ...measures.map((each) => String(of[each] ?? 0))]);
  const { records, patients, unnamed, shredded } = disclosures;
  return [
    section(
      'Identities and agents',
      [`${Object.keys(identities).length} identities acted in the period.`],
      [countTable('Agents', 'agent', agents), countTable('Doors', 'door', doors)],
    ),
    section(
      'Access by identity',
      [
        'Listed acts are those that sections below name one by one: about approvals, broken glass, holds, reviews, changes.',
        'A tool call and the SQL it caused are a request each, of the same person: what passed both doors, a value that was masked say, counts at each.',
      ],
      [table('', ['who', ...measures], rows), countTable('Requests by connection', 'connection', connections)],
    ),
    patientSection(tallies, patient),
    section('Disclosure candidates', [
      `${records} records of answers about patients: ${patients} times a patient was named, ${unnamed} answers did not say which. They are candidates for an accounting under 45 CFR 164.528; which of them it covers is for people to say.`,
      ...(shredded === 0
        ? []
        : [`Of ${shredded} of them the names were destroyed within the period, with the payloads of their sessions.`]),
      ...(records === 0 ? ['None is recorded where no patient keys are configured.'] : []),
    ]),
    section(
      'Masking',
      [
        'Values masked before they left, by class; and requests about a class that the policy let be seen as it is. For a tool call it is not known beforehand what it is about: each class that was let through counts.',
      ],
      [
        countTable('Masked values', 'class', tallies.masked),
        countTable('Requests let see a class in clear', 'class', unmasked),
      ],
    ),
  ];
}

function patientSection({ patient: accesses }: Tallies, asked: PatientAsked | null): Section {
  if (!asked)
    return section('Access by patient', [
      'This package was made for no one patient (--patient). Names of patients are keyed digests in encrypted payloads: chartgate who-saw answers for one, at the gate.',
    ]);
  const rows = accesses.map(({ seq, time, who, connection, what, shown, masked }) => [
    String(seq),
    time,
    who,
    connection,
    what,
    shown.join(' '),
    masked.join(' '),
  ]);
  return section(
    'Access by patient',
    [
      `One patient was asked for: ${accesses.length} answers in which they stand, or that they were asked about. Who that is stands in no file of this package.`,
      `That these answers are about this patient is the word of the gate, which alone has the names; that they were given, to whom, and what is said of them here is proven. ${asked.unnamed} more answers of the period are about patients and do not say about whom.`,
      ...(asked.shredded === 0
        ? []
        : [
            `${asked.shredded} more answers of the period are about patients and were given in sessions that have been shredded since, their time being over: about whom, nobody can tell any more.`,
          ]),
      'They are candidates for an accounting under 45 CFR 164.528, for people to judge.',
    ],
    [table('', ['entry', 'time', 'recipient', 'connection', 'what', 'shown', 'masked'], rows)],
  );
}

function decisionSections(tallies: Tallies): Section[] {
  const { effects, rules, refusals, endings, types, methods } = tallies;
  const count = (type: RecordType): string => String(types[type] ?? 0);
  return [
    section(
      'Approvals',
      [`${count('approval.requested')} asked for, ${count('approval.decided')} decisions.`],
      [listTable('', 'approvals', tallies)],
    ),
    section(
      'Break-glass',
      [
        `${count('break_glass.opened')} opened, ${count('break_glass.reviewed')} reviewed, ${count('break_glass.overdue')} not reviewed in time.`,
        ...unreviewedText(tallies.unreviewed),
      ],
      [listTable('', 'emergencies', tallies)],
    ),
    section(
      'Denials and incidents',
      [],
      [
        countTable('Decisions', 'effect', effects, { heading: 'what it means', of: wordsIn(effectWords) }),
        countTable('By rule', 'rule', rules),
        countTable('Refusals', 'code', refusals, { heading: 'what it means', of: refusalWords }),
        countTable('How requests ended', 'status', endings, { heading: 'what it means', of: wordsIn(endingWords) }),
      ],
    ),
    section(
      'Sign-ins',
      [
        `${count('auth.accepted')} sign-ins, ${count('auth.refused')} refused, ${count('auth.signed_out')} ended, ${count('credential.issued')} short-lived credentials issued.`,
        'Sessions begin with a sign-in, a token of a trusted issuer or a credential; each is checked when it begins.',
      ],
      [
        countTable('Sessions by what proved who asks', 'method', methods, {
          heading: 'what it is',
          of: wordsIn(methodWords),
        }),
      ],
    ),
  ];
}

/** Its time for a review may not be over yet, or the review may stand behind the period: the reader has to ask. */
function unreviewedText(ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const more = ids.length > rowsMax ? ` and ${ids.length - rowsMax} more` : '';
  return [`Opened in this period, and not reviewed in it: ${ids.slice(0, rowsMax).join(', ')}${more}.`];
}

function careSections(tallies: Tallies, { recorded }: Making): Section[] {
  const { policies, readings, types } = tallies;
  const undone = recorded === null ? ' This export itself is not among them.' : '';
  const read = Object.entries(readings).flatMap(([who, of]) =>
    Object.entries(of).map(([what, count]) => [who, what, String(count)]),
  );
  const made = types['evidence.exported'] ?? 0;
  return [
    section(
      'Policy changes',
      ['A gate names its policy and configuration at each start and each reload.'],
      [listTable('', 'changes', tallies), countTable('Requests by policy in force', 'policy (SHA-256)', policies)],
    ),
    section(
      'Access to the log itself',
      [`${types['audit.read'] ?? 0} readings and ${made} evidence packages, by whom and of what.${undone}`],
      [table('', ['who', 'what', 'count'], read)],
    ),
    section(
      'Activity reviews',
      [
        'Reviews of the log (chartgate audit review) and of emergencies that were signed off in the period, each by whoever is named. Where a review was of an evidence package, it names the SHA-256 of its manifest. What was reviewed elsewhere is not seen by the gate.',
      ],
      [listTable('', 'reviews', tallies)],
    ),
    section('Retention, holds and shreds', [], [listTable('', 'retention', tallies)]),
  ];
}

function integritySection(
  { origin, size, root, signatures, unproven, policies }: Scope,
  { policies: named }: Tallies,
): Section {
  const own = signatures.filter((name) => name === origin);
  const besides = signatures.filter((name) => name !== origin);
  const inForce = policies.filter((digest) => digest in named);
  const others = policies.filter((digest) => !(digest in named));
  return section(
    'Integrity',
    [
      'Every record of the period is proven against the root of the tree, not only those with a proof of their own: the proofs of the first and the last and the records between them make the root.',
      'A signature in a name other than the log’s is a witness’s, if it is: anybody can add one, and it says nothing before verify-evidence --witness <vkey> has checked it.',
      ...(unproven === 0
        ? []
        : [`${unproven} records that would have a proof file of their own have none, to keep the package small.`]),
    ],
    [
      table(
        'Tree',
        ['', ''],
        [
          ['size', String(size)],
          ['root', root],
          ['signed by', `${origin}${own.length > 1 ? `, ${own.length} signatures in its name` : ''}`],
          ...(besides.length === 0 ? [] : [['besides, in the name of', besides.join(', ')]]),
          ['policies in policies/ that decided', inForce.length === 0 ? 'none is known here' : inForce.join(' ')],
          ...(others.length === 0 ? [] : [['policies in policies/ by which nothing was decided', others.join(' ')]]),
        ],
      ),
    ],
  );
}

function sampleSection({ seed }: Scope, { sample }: Tallies): Section {
  return section(
    'Sample for re-performance',
    [
      `${sample.length} of the requests of the period, drawn by the seed ${seed}: the ${sampleSize} lowest SHA-256 of "chartgate evidence sample v1", seed and number of the entry, a line each.`,
      'At the gate, chartgate sessions replay shows what was asked, known, decided and answered, and chartgate policy explain decides again.',
    ],
    [listedTable('', sample, 0)],
  );
}

function methodSection(): Section {
  return section('Method', [
    'The log was verified as a whole before it was read. The period is all entries from the first to the last whose time is in it, wherever in the log they are: a clock set back at a restart can put others between them. The gate names both in its record of the export (evidence.exported), and verify-evidence holds the package against it. Without such a record the entries next to the period show that it is whole, unless a clock ran ahead and was set back: chartgate audit verify names such restarts.',
    `All numbers are counted from records.ndjson; tables here end after ${rowsMax} rows, lists in report.json after ${listedMax}; what was left out is counted.`,
    'Names are as the records have them. A character that cannot be seen is written by number, \\u{200b}, and so is a Cyrillic, Greek, Armenian or Cherokee letter amid Latin ones; the PDF writes all by number that its fonts lack.',
    'chartgate verify-evidence needs nothing but this directory and the log’s public key, known from elsewhere. It proves every record against the signed root, counts and draws again, and compares.',
    'report.json, index.html and report.pdf are made again from the records, and have to be the same to the byte.',
    'verifier/ is the same verifier for whoever has no Chartgate: node verifier --key and the log’s public key. It makes no PDF. Who can alter the package can alter it too: better is one from the release, or from an earlier package.',
  ]);
}

function wordsIn(words: Readonly<Record<string, string>>): (name: string) => string {
  return (name) => (Object.hasOwn(words, name) ? (words[name] ?? '') : '');
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}
