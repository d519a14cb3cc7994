// What `chartgate harden` does with a live database: plans the enforced posture, makes or undoes it, and proves it. Part of the
// composition root.

import { keyFromText, keyInState } from './adapters/key-file/kek.ts';
import { type NodeKeys, nodeKeys } from './adapters/key-file/node-keys.ts';
import { connectUpstream } from './adapters/node-net/upstream.ts';
import { makeStateDirectory } from './adapters/state-lock/lock.ts';
import { systemClock as clock } from './adapters/system/clock.ts';
import { systemRandom as random } from './adapters/system/random.ts';
import type { HardenAt, Hardening, HardenScript } from './cli/harden.ts';
import type { LoadedConfig } from './config/resolve.ts';
import { fail, ok, type Refusal, type Result, refuse } from './core/result.ts';
import { loadCatalog } from './gateway/postgres-catalog.ts';
import { type DeriveKey, rolePassword } from './gateway/posture-names.ts';
import { type PosturePlan, planPosture } from './gateway/posture-plan.ts';
import { applyScript, lockKey, undoScript } from './gateway/posture-script.ts';
import { type PostureState, readState } from './gateway/posture-state.ts';
import { type Finding, roleProblems, verifyPosture } from './gateway/posture-verify.ts';
import { identifier } from './gateway/sql-text.ts';
import { type QueryRows, QuerySession } from './gateway/upstream-query.ts';
import { compilePolicy } from './policy/compile.ts';
import { unmaskSets } from './policy/unmask-sets.ts';
import type { UpstreamTarget } from './ports/postgres-upstream.ts';
import { upstreamOf } from './postgres-connections.ts';
import { startupParameters } from './sql/settings.ts';

/** Refused: unknown_connection, config_invalid, state_unwritable, and whatever the upstream refuses. */
export async function openHardening(loaded: LoadedConfig, at: HardenAt): Promise<Result<Hardening>> {
  const connection = loaded.config.connections[at.connection];
  if (connection?.type !== 'postgres')
    return refuse('unknown_connection', `There is no PostgreSQL connection ${at.connection}.`);
  const kek = kekOf(loaded);
  const keys = kek.ok ? nodeKeys(loaded.config.state, kek.value) : kek;
  if (!keys.ok) return keys;
  const login = upstreamOf(connection, loaded);
  const session = await (at.admin
    ? openCatalogSession({ ...login, ...at.admin, password: at.adminPassword }, at.admin.user)
    : openCatalogSession(login));
  if (!session.ok) return at.admin ? refusedAdmin(session.error) : session;
  return ok(new LiveHardening(loaded, at.connection, login, keys.value, session.value));
}

function refusedAdmin(refusal: Refusal): Result<never> {
  if (refusal.code !== 'upstream_refused') return fail(refusal);
  return fail({
    ...refusal,
    next: 'Give the password of who --admin names in CHARTGATE_ADMIN_PASSWORD or PGPASSWORD.',
  });
}

/** The gate's own key; where there is none yet it is made, as the gate would. */
function kekOf({ config, secret }: LoadedConfig): Result<Uint8Array> {
  if (config.keys.kek) return keyFromText(secret(config.keys.kek));
  try {
    makeStateDirectory(config.state);
  } catch {
    return refuse('state_unwritable', `The state directory ${config.state} cannot be made.`);
  }
  const kept = keyInState(config.state);
  return kept.ok ? ok(kept.value.key) : kept;
}

interface CatalogSession {
  readonly query: (sql: string) => Promise<Result<QueryRows>>;
  readonly close: () => void;
}

/**
 * INVARIANT: names are found in pg_catalog only, so that every other one is written with its schema.
 * Refused: whatever connecting is refused with; `role` is who signs in where that is not the gate's own login.
 */
export async function openCatalogSession(target: UpstreamTarget, role?: string): Promise<Result<CatalogSession>> {
  const startup = { ...startupParameters, search_path: 'pg_catalog', application_name: 'chartgate harden' };
  const login = role === undefined ? {} : { login: `the login of ${role}` };
  const connected = await connectUpstream(target, startup, { clock, random, ...login });
  if (!connected.ok) return connected;
  const session = new QuerySession(connected.value);
  return ok({ query: (sql) => session.ask(sql), close: () => session.end() });
}

class LiveHardening implements Hardening {
  readonly #loaded: LoadedConfig;
  readonly #connection: string;
  readonly #login: UpstreamTarget;
  readonly #keys: NodeKeys;
  readonly #session: CatalogSession;

  constructor(
    loaded: LoadedConfig,
    connection: string,
    login: UpstreamTarget,
    keys: NodeKeys,
    session: CatalogSession,
  ) {
    this.#loaded = loaded;
    this.#connection = connection;
    this.#login = login;
    this.#keys = keys;
    this.#session = session;
  }

  async script(): Promise<Result<HardenScript>> {
    // Held to the end of the session: what is planned must still be so when it is made.
    const locked = await this.#session.query(`SELECT FROM pg_advisory_lock(${lockKey(this.#connection)})`);
    if (!locked.ok) return locked;
    const planned = await this.#plan();
    if (!planned.ok) return planned;
    const { plan, state } = planned.value;
    const maskKey = this.#keys.derive('mask key');
    const sql = applyScript({ connection: this.#connection, plan, state, derive: this.#derive, maskKey });
    return ok({ sql, leftOut: plan.leftOut, publishedBy: state.publications });
  }

  undoScript(): string {
    return undoScript(this.#connection);
  }

  async run(sql: string): Promise<Result<void>> {
    const done = await this.#session.query(sql);
    if (!done.ok) await this.#session.query('ROLLBACK');
    return done.ok ? ok(undefined) : done;
  }

  async verify(): Promise<Result<readonly Finding[]>> {
    const planned = await this.#plan();
    if (!planned.ok) return planned;
    const { plan, state } = planned.value;
    const found = await verifyPosture(this.#session.query, this.#connection, plan, state);
    if (!found.ok) return found;
    const signedIn: Finding[] = [];
    for (const each of plan.sets) signedIn.push(...(await this.#asRole(each)));
    return ok([...found.value, ...signedIn]);
  }

  close(): void {
    this.#session.close();
  }

  readonly #derive: DeriveKey = (purpose) => this.#keys.derive(purpose);

  async #plan(): Promise<Result<{ readonly plan: PosturePlan; readonly state: PostureState }>> {
    const { config } = this.#loaded;
    const policy = compilePolicy(config.policy);
    if (!policy.ok) return refuse('config_invalid', 'The policy does not compile.');
    const sets = unmaskSets(policy.value, this.#connection);
    if (!sets.ok) return sets;
    const catalog = await loadCatalog(this.#session.query, config.classification[this.#connection], 0);
    if (!catalog.ok) return catalog;
    const state = await readState(this.#session.query, this.#connection, this.#login.user);
    if (!state.ok) return state;
    const patientKeys = config.classification[this.#connection]?.patient?.columns;
    const input = { connection: this.#connection, sets: sets.value, masks: config.masks, patientKeys };
    return ok({ plan: planPosture({ ...input, catalog: catalog.value, state: state.value }), state: state.value });
  }

  /** What the gate would do: sign in with the derived password, and reach the views and nothing else. */
  async #asRole({ set, role, views }: PosturePlan['sets'][number]): Promise<Finding[]> {
    const password = rolePassword(this.#derive, this.#connection, role);
    const session = await openCatalogSession({ ...this.#login, user: role, password }, role);
    if (!session.ok) return [{ ok: false, text: `${role} cannot sign in: ${session.error.text}` }];
    const wrong: Finding[] = [];
    if (set !== 'all') {
      const problems = await roleProblems(session.value.query, this.#connection);
      if (!problems.ok) wrong.push({ ok: false, text: `${role}: ${problems.error.text}` });
      else wrong.push(...problems.value.map((text) => ({ ok: false, text: `${role}, asked itself: ${text}` })));
    }
    for (const { schema, name, base } of views) {
      const view = await session.value.query(`SELECT FROM ${identifier(schema, name)} LIMIT 0`);
      if (!view.ok) wrong.push({ ok: false, text: `${role} cannot read ${schema}.${name}` });
      const table = await session.value.query(`SELECT FROM ${identifier(base.schema, base.name)} LIMIT 0`);
      if (table.ok) wrong.push({ ok: false, text: `${role} can read ${base.schema}.${base.name} itself` });
    }
    session.value.close();
    return wrong.length > 0 ? wrong : [{ ok: true, text: `${role} signs in and reads what it should, and no more` }];
  }
}
