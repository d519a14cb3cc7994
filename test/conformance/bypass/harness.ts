// A clinic that its DBA has filled with every object that could hide where a value comes from, a gate in front, and the
// runner that plays an attack against it as one person and searches every byte that comes back.

import type { Frame } from '../../../src/wire/postgres/frame.ts';
import { decodeDataRow } from '../../../src/wire/postgres/rows.ts';
import { type Clinic, startClinic } from '../../parts/clinic.ts';
import type { Attack, Family } from './attack.ts';
import { secretsIn } from './canaries.ts';
import { errorsIn, Wire } from './wire.ts';

/** Full DML and every rule open: what is stopped, is stopped by masking alone. cora may filter by anything. */
const rules = `policy:
  rules:
    - { name: masked, subjects: { groups: [analysts] }, allow: true }
    - { name: masked-filters, subjects: { groups: [care-team] }, allow: { filter: all } }
    - { name: sees-all, subjects: { groups: [admins] }, allow: { unmask: all, filter: all } }
`;

export type Person = 'ana' | 'cora' | 'dora';

export interface Verdict {
  readonly leaks: readonly string[];
  readonly refused: boolean;
  /** By one of the two protocols at least. */
  readonly failed: boolean;
  /** The cells of every row, as text. */
  readonly rows: readonly (string | null)[];
}

export interface Range extends AsyncDisposable {
  readonly clinic: Clinic;
  play(attack: Attack, person: Person): Promise<Verdict>;
}

export async function openRange(families: readonly Family[], unknownText = 'mask'): Promise<Range> {
  const clinic = await startClinic();
  for (const { setup } of families) if (setup) await clinic.postgres.query('ehr', setup);
  await clinic.postgres.query('ehr', grants);
  const clear = families.flatMap((family) => family.clear ?? []).map((column) => `      ${column}: clear\n`);
  await clinic.writeConfig((config) =>
    config
      .replace(/^policy:[^]*$/m, rules)
      .replace('    columns:\n', `    unknown_text: ${unknownText}\n    columns:\n${clear.join('')}`),
  );
  await clinic.startGate();
  const tokens = new Map<Person, Promise<string>>();
  const token = (person: Person): Promise<string> => {
    const made = tokens.get(person) ?? clinic.token(person);
    tokens.set(person, made);
    return made;
  };
  return {
    clinic,
    play: async (attack, person) => play(await Wire.signIn(clinic.postgresPort, person, await token(person)), attack),
    [Symbol.asyncDispose]: () => clinic.stop(),
  };
}

const grants = `
  GRANT USAGE ON SCHEMA public TO gate;
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO gate;
  GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO gate;
  GRANT EXECUTE ON ALL ROUTINES IN SCHEMA public TO gate;`;

async function play(wire: Wire, attack: Attack): Promise<Verdict> {
  try {
    if (attack.wire) await attack.wire(wire);
    const errors = attack.sql ? await playSql(wire, attack.sql, attack.commits === true) : [];
    return {
      leaks: secretsIn(wire.frames),
      refused: errors.every((each) => each > 0),
      failed: errors.some((each) => each > 0),
      rows: wire.frames.flatMap(({ type, body }) =>
        type === 'D'.charCodeAt(0) ? decodeDataRow(body).map((cell) => cell?.toString() ?? null) : [],
      ),
    };
  } finally {
    wire.close();
  }
}

/** By each protocol; the errors the last statement came to. */
async function playSql(wire: Wire, sql: readonly string[], commits: boolean): Promise<number[]> {
  const errors: number[] = [];
  for (const protocol of ['query', 'extended'] as const) {
    if (!commits) await wire.query('BEGIN');
    let last: Frame[] = [];
    for (const [at, statement] of sql.entries()) {
      last = await wire[protocol](statement);
      // A step that was refused must not keep the next from being tried.
      if (errorsIn(last) > 0 && !commits && at < sql.length - 1) {
        await wire.query('ROLLBACK');
        await wire.query('BEGIN');
      }
    }
    if (!commits) await wire.query('ROLLBACK');
    errors.push(errorsIn(last));
  }
  return errors;
}
