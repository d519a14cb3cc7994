// Two databases that are one but for the values nobody may see, behind one gate, and somebody masked who asks both the same.
// INVARIANT: whatever is answered otherwise in the one than in the other has told of a protected value, by whatever way.

import type { Frame } from '../../../src/wire/postgres/frame.ts';
import { type Clinic, startClinic } from '../../parts/clinic.ts';
import type { PostgresVersion } from '../../parts/postgres.ts';
import { errorIn, Wire } from '../bypass/wire.ts';

/** What both databases hold, in SQL. */
export interface Ward {
  readonly setup: string;
  /** What is put into the one and the other, or changed there. */
  readonly tame: string;
  readonly wild: string;
  /** `schema.table.column`: a class, or clear. */
  readonly classified: Readonly<Record<string, string>>;
}

export type World = 'tame' | 'wild';

export interface Answer {
  /** Whatever came back, by both protocols, a message each. */
  readonly said: readonly string[];
  /** SQLSTATE the last statement came to by the simple protocol; null = it was answered. */
  readonly code: string | null;
}

export interface Worlds extends AsyncDisposable {
  readonly clinic: Clinic;
  /** Asks one world, in transactions that are rolled back. */
  ask(world: World, sql: readonly string[]): Promise<Answer>;
  /** What is told otherwise in the other world than here; null = nothing. */
  difference(sql: readonly string[], tame?: Answer): Promise<string | null>;
}

/** Statements a session takes before the next one takes its place. */
const sessionMax = 100;

export async function openWorlds(wards: readonly Ward[], version: PostgresVersion = '18'): Promise<Worlds> {
  const clinic = await startClinic({ postgresVersion: version });
  const { postgres } = clinic;
  await postgres.createDatabase('tame');
  for (const { setup } of wards) await postgres.query('tame', setup);
  await postgres.query('tame', grants);
  // One made from the other: objects have the same numbers in both.
  await postgres.query('postgres', 'CREATE DATABASE wild TEMPLATE tame');
  for (const world of ['tame', 'wild'] as const) for (const ward of wards) await postgres.query(world, ward[world]);
  await clinic.writeConfig((config) =>
    configured(
      config,
      wards.flatMap(({ classified }) => Object.entries(classified)),
    ),
  );
  await clinic.startGate();
  const lines = new Map<World, { readonly wire: Wire; asked: number }>();
  const lineTo = async (world: World): Promise<Wire> => {
    let line = lines.get(world);
    if (!line || line.asked >= sessionMax) {
      line?.wire.close();
      line = { wire: await Wire.signIn(clinic.postgresPort, 'ana', await clinic.token('ana'), [], world), asked: 0 };
      lines.set(world, line);
    }
    line.asked++;
    return line.wire;
  };
  const worlds: Worlds = {
    clinic,
    ask: async (world, sql) => ask(await lineTo(world), sql),
    async difference(sql, known) {
      const tame = known ?? (await worlds.ask('tame', sql));
      const wild = await worlds.ask('wild', sql);
      const at = tame.said.findIndex((each, nth) => each !== wild.said[nth]);
      if (at < 0 && tame.said.length === wild.said.length) return null;
      // Clocks, samples and numbers of backends differ by themselves.
      const again = await worlds.ask('tame', sql);
      if (again.said.join('\n') !== tame.said.join('\n')) return null;
      return `${sql.join('; ')}\n    ${readable(tame.said[at])}\n    ${readable(wild.said[at])}`;
    },
    async [Symbol.asyncDispose]() {
      for (const { wire } of lines.values()) wire.close();
      await clinic.stop();
    },
  };
  return worlds;
}

const grants = `
  GRANT USAGE ON SCHEMA public TO gate;
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO gate;
  GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO gate;
  GRANT EXECUTE ON ALL ROUTINES IN SCHEMA public TO gate;`;

function configured(config: string, classified: readonly (readonly [string, string])[]): string {
  const of = (world: string): string =>
    `  ${world}:\n    posture: inline\n    columns:\n${classified.map(([name, cls]) => `      ${name}: ${cls}\n`).join('')}`;
  return config
    .replace(/^ {2}ehr: (.*)$/m, (_line, rest: string) =>
      ['tame', 'wild'].map((world) => `  ${world}: ${rest.replace('/ehr"', `/${world}"`)}`).join('\n'),
    )
    .replace(/^ {2}ehr-tools.*\n/m, '')
    .replace(/^classification:\n[^]*?(?=^masks)/m, `classification:\n${of('tame')}${of('wild')}`)
    .replace(/^masks:.*$/m, 'masks: { default: redact }')
    .replace(
      /^policy:[^]*$/m,
      'policy:\n  rules:\n    - { name: masked, subjects: { groups: [analysts] }, allow: true }\n',
    );
}

async function ask(wire: Wire, sql: readonly string[]): Promise<Answer> {
  const said: string[] = [];
  let code: string | null = null;
  for (const protocol of ['query', 'extended'] as const) {
    await wire.query('BEGIN');
    for (const statement of sql) {
      const frames = await wire[protocol](statement);
      said.push(...frames.map(spoken));
      if (protocol === 'query') code = errorIn(frames);
      if (errorIn(frames) === null) continue;
      await wire.query('ROLLBACK');
      await wire.query('BEGIN');
    }
    await wire.query('ROLLBACK');
  }
  return { said, code };
}

function spoken({ type, body }: Frame): string {
  return `${String.fromCharCode(type)} ${body.toString('latin1')}`;
}

function readable(message = ''): string {
  return message.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
}
