// A clinic that its DBA has filled with every object that could hide where a value comes from, a gate in front, and the
// runner that plays an attack against it as one person and searches every byte that comes back.

import { derivedKey, keyInState } from '../../../src/adapters/key-file/kek.ts';
import { rolePassword, setRole } from '../../../src/gateway/posture-names.ts';
import type { Frame } from '../../../src/wire/postgres/frame.ts';
import { decodeDataRow } from '../../../src/wire/postgres/rows.ts';
import { type Clinic, startClinic } from '../../parts/clinic.ts';
import type { PostgresVersion } from '../../parts/postgres.ts';
import type { Attack, Family } from './attack.ts';
import { secretsIn } from './canaries.ts';
import { errorIn, Wire } from './wire.ts';

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
  /** By both protocols, with an error that says nothing about data. */
  readonly refused: boolean;
  /** By one of the two protocols at least. */
  readonly failed: boolean;
  /** A whole answer never came: the gate hung, or something it should have refused waits. */
  readonly silent: boolean;
  /** The cells of every row, as text. */
  readonly rows: readonly (string | null)[];
}

export interface Range extends AsyncDisposable {
  readonly clinic: Clinic;
  signIn(person: Person): Promise<Wire>;
  play(attack: Attack, person: Person): Promise<Verdict>;
}

export interface RangeOptions {
  /** More columns that a person has classified: `schema.table.column` → class. */
  readonly classified?: Readonly<Record<string, string>>;
  readonly unknownText?: 'mask' | 'scan' | 'clear';
  readonly version?: PostgresVersion;
  readonly posture?: 'inline' | 'enforced';
  /** Of the enforced posture: everybody is connected to the database itself, in the role the gate would use for them. */
  readonly withoutGate?: boolean;
}

export async function openRange(families: readonly Family[], options: RangeOptions = {}): Promise<Range> {
  const { unknownText = 'mask', version = '18', posture = 'inline', classified = {}, withoutGate = false } = options;
  const clinic = await startClinic({ postgresVersion: version, posture });
  for (const { setup, since } of families) {
    if (setup) await clinic.postgres.query('ehr', setup);
    for (const { version: first, setup } of since ?? []) {
      if (Number(version) >= first) await clinic.postgres.query('ehr', setup);
    }
  }
  await clinic.postgres.query('ehr', grants);
  const columns = [
    ...families.flatMap((family) => family.clear ?? []).map((column) => [column, 'clear']),
    ...families.flatMap((family) => Object.entries(family.classified ?? {})),
    ...Object.entries(classified),
  ].map(([column, content]) => `      ${column}: ${content}\n`);
  await clinic.writeConfig((config) =>
    config
      .replace(/^policy:[^]*$/m, rules)
      .replace('    columns:\n', `    unknown_text: ${unknownText}\n    columns:\n${columns.join('')}`),
  );
  await clinic.startGate();
  const tokens = new Map<Person, { readonly token: Promise<string>; readonly until: number }>();
  const token = (person: Person): Promise<string> => {
    let made = tokens.get(person);
    if (!made || made.until < Date.now()) {
      made = { token: clinic.token(person), until: Date.now() + tokenMs };
      tokens.set(person, made);
    }
    return made.token;
  };
  const signIn = async (person: Person): Promise<Wire> =>
    withoutGate ? signInAsRole(clinic, person) : Wire.signIn(clinic.postgresPort, person, await token(person));
  if (withoutGate) await clinic.postgres.query('ehr', passwordsInClear);
  return {
    clinic,
    signIn,
    play: async (attack, person) => play(await signIn(person), attack),
    [Symbol.asyncDispose]: () => clinic.stop(),
  };
}

/** Less than the issuer's tokens live: a busy machine takes longer for the whole corpus. */
const tokenMs = 120_000;

const grants = `
  GRANT USAGE ON SCHEMA public TO gate;
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO gate;
  GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO gate;
  GRANT EXECUTE ON ALL ROUTINES IN SCHEMA public TO gate;`;

const passwordsInClear = `
  DO $$ BEGIN EXECUTE format('COPY (SELECT %L) TO %L', 'host all all 127.0.0.1/32 password', current_setting('hba_file')); END $$;
  SELECT pg_reload_conf();`;

function signInAsRole({ postgres, state }: Clinic, person: Person): Promise<Wire> {
  const kept = keyInState(state);
  if (!kept.ok) throw new Error(kept.error.text);
  const role = setRole('ehr', person === 'dora' ? 'all' : []);
  return Wire.signIn(
    postgres.port,
    role,
    rolePassword((purpose) => derivedKey(kept.value.key, purpose), 'ehr', role),
  );
}

async function play(wire: Wire, attack: Attack): Promise<Verdict> {
  try {
    if (attack.wire) await attack.wire(wire);
    const errors = attack.sql ? await playSql(wire, attack.sql, attack.commits === true) : [];
    return {
      leaks: secretsIn(wire.frames),
      refused: errors.every((code) => code !== null && /^(?:42|0A|54|34|26)/.test(code)),
      failed: errors.some((code) => code !== null),
      silent: wire.silences > 0,
      rows: wire.frames.flatMap(({ type, body }) =>
        type === 'D'.charCodeAt(0) ? decodeDataRow(body).map((cell) => cell?.toString() ?? null) : [],
      ),
    };
  } finally {
    wire.close();
  }
}

/** By each protocol; the SQLSTATE the last statement came to, null for none. */
async function playSql(wire: Wire, sql: readonly string[], commits: boolean): Promise<(string | null)[]> {
  const errors: (string | null)[] = [];
  for (const protocol of ['query', 'extended'] as const) {
    if (!commits) await wire.query('BEGIN');
    let last: Frame[] = [];
    for (const [at, statement] of sql.entries()) {
      last = await wire[protocol](statement);
      // A step that was refused must not keep the next from being tried.
      if (errorIn(last) !== null && !commits && at < sql.length - 1) {
        await wire.query('ROLLBACK');
        await wire.query('BEGIN');
      }
    }
    if (!commits) await wire.query('ROLLBACK');
    errors.push(errorIn(last));
  }
  return errors;
}
