// The page about the detectors, from what each says of itself.

import { aboutAccount } from '../../src/masking/detectors/account.ts';
import { aboutAddress } from '../../src/masking/detectors/address.ts';
import { aboutAge } from '../../src/masking/detectors/age.ts';
import { aboutCodedId } from '../../src/masking/detectors/coded-id.ts';
import { aboutDate } from '../../src/masking/detectors/date.ts';
import type { About } from '../../src/masking/detectors/detector.ts';
import { aboutEmail } from '../../src/masking/detectors/email.ts';
import { aboutIp } from '../../src/masking/detectors/ip.ts';
import { aboutLabelledId } from '../../src/masking/detectors/labelled-id.ts';
import { aboutName } from '../../src/masking/detectors/name.ts';
import { aboutPhone } from '../../src/masking/detectors/phone.ts';
import { aboutSsn } from '../../src/masking/detectors/ssn.ts';
import { aboutStranger } from '../../src/masking/detectors/stranger.ts';
import { aboutUrl } from '../../src/masking/detectors/url.ts';

/** Title → what it says. */
export const detectors: Readonly<Record<string, About>> = {
  Names: aboutName,
  'Names and places nobody lists': aboutStranger,
  Addresses: aboutAddress,
  Dates: aboutDate,
  Ages: aboutAge,
  'Telephone and fax': aboutPhone,
  'E-mail': aboutEmail,
  'Web addresses': aboutUrl,
  'Network addresses': aboutIp,
  'Social security numbers': aboutSsn,
  'Cards and accounts': aboutAccount,
  'Numbers that prove themselves': aboutCodedId,
  'Numbers with a label': aboutLabelledId,
};

export function detectorsPage(): string {
  const sections = Object.entries(detectors).flatMap(([title, { shapes, checks, context, misses }]) => [
    `## ${title}`,
    '',
    '| class | shapes |',
    '|---|---|',
    ...Object.entries(shapes).map(([cls, examples]) => `| \`${cls}\` | ${examples.map(code).join('<br>')} |`),
    '',
    `Checks: ${checks}`,
    '',
    `Context: ${context}`,
    '',
    `Known misses: ${misses.map(code).join(', ')}`,
    '',
  ]);
  return `${[
    '# Detectors',
    '',
    'What is found in free text, and what is not. Generated from the detectors (`node docs/reference/generate.ts`); a test holds every',
    'example to what it says, the misses too. The identifier stands between « and ».',
    '',
    'Detection is the tripwire, not the proof: what is known to hold identifiers is classified, and masked whole. A text is first',
    'brought to its plain form (compatibility forms and look-alike letters, invisible characters, digits of any script, digits',
    'spelled one by one), and what is found is mapped back exactly. Clinical codes, measures, doses, scores and eponyms survive. What',
    'overlaps becomes one; then the neighbourhood of what was found is searched again, so that masking twice finds nothing new.',
    '`bench/detect.ts` prints precision, recall and leak per class for any labelled file, the speed, and the growth on hostile input.',
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function code(example: string): string {
  return `\`${example.replaceAll('|', '\\|')}\``;
}
