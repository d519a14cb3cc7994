// The page about the detectors, from what each says of itself.

import { aboutAccount } from '../../src/masking/detectors/account.ts';
import { aboutAddress } from '../../src/masking/detectors/address.ts';
import { aboutAge } from '../../src/masking/detectors/age.ts';
import { aboutCodedId } from '../../src/masking/detectors/coded-id.ts';
import { aboutCorner } from '../../src/masking/detectors/corner.ts';
import { aboutDate } from '../../src/masking/detectors/date.ts';
import type { About } from '../../src/masking/detectors/detector.ts';
import { aboutEmail } from '../../src/masking/detectors/email.ts';
import { aboutIp } from '../../src/masking/detectors/ip.ts';
import { aboutLabelledId } from '../../src/masking/detectors/labelled-id.ts';
import { aboutLowerCase } from '../../src/masking/detectors/lower-case.ts';
import { aboutName } from '../../src/masking/detectors/name.ts';
import { aboutOtherScript } from '../../src/masking/detectors/other-script.ts';
import { aboutPhone } from '../../src/masking/detectors/phone.ts';
import { aboutSpokenNumber } from '../../src/masking/detectors/spoken-number.ts';
import { aboutSsn } from '../../src/masking/detectors/ssn.ts';
import { aboutStranger } from '../../src/masking/detectors/stranger.ts';
import { aboutUrl } from '../../src/masking/detectors/url.ts';

/** Title → what it says. */
export const detectors: Readonly<Record<string, About>> = {
  Names: aboutName,
  'Names and towns in lower case': aboutLowerCase,
  'Unlisted names and places': aboutStranger,
  'Names in other scripts': aboutOtherScript,
  Addresses: aboutAddress,
  'Places without a house number': aboutCorner,
  Dates: aboutDate,
  Ages: aboutAge,
  'Telephone and fax': aboutPhone,
  'E-mail': aboutEmail,
  'Web addresses': aboutUrl,
  'Network addresses': aboutIp,
  'Social security numbers': aboutSsn,
  'Numbers in words': aboutSpokenNumber,
  'Cards and accounts': aboutAccount,
  'Identifiers with a check digit or a fixed form': aboutCodedId,
  'Identifiers behind a label': aboutLabelledId,
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
    'What the built-in detectors find in free text, and what they miss. This page is generated from the detectors',
    '(`node docs/reference/generate.ts`), and a test checks every example on it, the misses included. In an example the identifier stands',
    'between « and ».',
    '',
    'For each detector the page gives:',
    '',
    '- the shapes it finds, by the class it reports;',
    '- *Checks*: what a candidate must pass by itself;',
    '- *Context*: what has to stand next to it;',
    '- *Known misses*: examples that are not found, or not wholly.',
    '',
    'Detection is a safety net. Columns and fields that are known to hold identifiers are classified and masked whole, whatever the detectors',
    'say. Text is normalised before it is searched: compatibility forms and look-alike letters, invisible characters, digits of any script,',
    'digits written one by one; offsets are mapped back exactly. Overlapping finds are merged, and the text around a find is searched again,',
    'so that masking a masked text changes nothing. Clinical codes, measures, doses, scores and eponyms are left in place.',
    '',
    'To measure them on your own text, label it and run `node bench/detect.ts FILE.jsonl`: it prints recall and leak per label, precision per',
    'class, the speed, and the growth of CPU time on hostile input. One JSON object a line, `{"text", "spans": [{"start", "end", "type",',
    '"required"}]}`; offsets count code points, and a span that is not required counts neither as leaked nor as masked for nothing.',
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function code(example: string): string {
  return `\`${example.replaceAll('|', '\\|')}\``;
}
