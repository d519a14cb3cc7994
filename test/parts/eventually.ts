// How tests wait for a fact: they look until it is so. The deadline says that it will never be; it is not how long it may take,
// which nobody knows of a machine that has other things to do.

import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;
const lookAgainMs = 20;

/** Until it holds, or a named failure; `what` says the fact. What `holds` throws is thrown. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  ms: number = patienceMs,
): Promise<void> {
  for (const deadline = performance.now() + ms; !(await holds()); await sleep(lookAgainMs))
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
}
