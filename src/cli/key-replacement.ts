// A new key-encryption key in the place of one that has become known, or has served its time: every session key wrapped anew, the
// store sealed anew, the names kept. INVARIANT: until the plan is on disk the old key is the key; from then on the new one is, and
// whatever is cut off is finished with it alone.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kekId, keyFromText, keyInState } from '../adapters/key-file/kek.ts';
import { carriedOn, keepKekId, nodeKeys, readCarried, writeCarried } from '../adapters/key-file/node-keys.ts';
import { decide, forgetPlan, oldKey, type ReplacementPlan, readPlan } from '../adapters/key-file/replacement.ts';
import { eraseFile, readText, replaceFile, takePlace } from '../adapters/key-file/state-file.ts';
import { keepUnder, keptUnder, wrappedFile } from '../adapters/key-file/wrapped-key.ts';
import { diskStorage } from '../adapters/log-files/disk.ts';
import { putKeys, rewrapKeys } from '../adapters/log-files/key-rewrap.ts';
import { type LogOptions, openLog } from '../adapters/log-files/open-log.ts';
import { resealStore } from '../adapters/sqlite-store/reseal.ts';
import { lockState } from '../adapters/state-lock/lock.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { systemRandom as random } from '../adapters/system/random.ts';
import type { RecordInput } from '../core/record.ts';
import { ok, type Result, refuse } from '../core/result.ts';
import type { KeyVault } from '../ports/key-service.ts';

export interface Replacement {
  /** The state directory. */
  readonly directory: string;
  /** Host of the gate's public URL. */
  readonly originHost: string;
  readonly target: Target;
  /** The key as it is now. Not asked for where a replacement is only finished. */
  readonly from: () => Promise<Result<Uint8Array>>;
  readonly newPseudonyms: boolean;
  /** Told what takes a while. */
  readonly tell: (text: string) => void;
}

export interface Replaced {
  /** Ids of the KEKs. */
  readonly from: string;
  readonly to: string;
  readonly keys: number;
  /** Key files that hold no key any more; left as they are. */
  readonly damaged: readonly string[];
  readonly finished: 'now' | 'what was cut off';
}

/** Where the new key is, or will be. */
export interface Target {
  readonly name: string;
  /** Beside the key in use, where the gate keeps it itself. */
  readonly stage: () => Promise<Result<Uint8Array>>;
  /** What there is of it after a crash. */
  readonly candidates: () => Promise<Result<readonly Uint8Array[]>>;
  /** In the place of the key in use. */
  readonly settle: () => void;
  /** Whether the key is in `kek.wrapped`. */
  readonly wrapped: boolean;
}

export function serviceTarget(service: KeyVault, directory: string): Target {
  const staged = `${wrappedFile}.staged`;
  return {
    name: service.name,
    async stage() {
      const key = randomBytes(32);
      const kept = await keepUnder(service, key, directory, staged);
      return kept.ok ? ok(key) : kept;
    },
    async candidates() {
      const found: Uint8Array[] = [];
      for (const name of [staged, wrappedFile]) {
        const key = await keptUnder(service, directory, name);
        if (key.ok && key.value) found.push(key.value);
        else if (!key.ok && name === staged) return key;
      }
      return ok(found);
    },
    settle: () => takePlace(directory, staged, wrappedFile),
    wrapped: true,
  };
}

/** `<state>/kek`. */
export function stateTarget(directory: string): Target {
  const staged = 'kek.staged';
  return {
    name: 'the state directory',
    async stage() {
      const key = randomBytes(32);
      const kept = replaceFile(directory, staged, `${key.toString('hex')}\n`);
      return kept.ok ? ok(key) : kept;
    },
    async candidates() {
      const found: Uint8Array[] = [];
      for (const name of [staged, 'kek']) {
        const text = readText(directory, name);
        const key = text.ok && text.value !== undefined && keyFromText(text.value);
        if (key && key.ok) found.push(key.value);
      }
      return ok(found);
    },
    settle: () => takePlace(directory, staged, 'kek'),
    wrapped: false,
  };
}

/** A file or variable, which its owner has made and keeps. */
export function textTarget(text: string): Target {
  const key = async (): Promise<Result<Uint8Array>> => keyFromText(text);
  return {
    name: 'the configured key',
    stage: key,
    async candidates() {
      const found = await key();
      return found.ok ? ok([found.value]) : found;
    },
    settle: () => {},
    wrapped: false,
  };
}

/** Refused: state_locked, secret_unresolved, usage, state_unwritable, log_corrupt. */
export async function replaceKey(replacement: Replacement): Promise<Result<Replaced>> {
  const { directory } = replacement;
  if (!existsSync(join(directory, 'log')))
    return refuse('usage', `${directory} has no log, so nothing was encrypted under any key yet.`);
  const lock = lockState(directory);
  if (!lock.ok) return lock;
  try {
    const under = readPlan(directory);
    if (!under.ok) return under;
    return under.value ? await finish(replacement, under.value) : await begin(replacement);
  } finally {
    lock.value.release();
  }
}

async function begin(replacement: Replacement): Promise<Result<Replaced>> {
  const { directory, target, newPseudonyms } = replacement;
  const from = await replacement.from();
  if (!from.ok) return from;
  const wrong = await check(directory, from.value);
  if (!wrong.ok) return wrong;
  const to = await target.stage();
  if (!to.ok) return to;
  if (kekId(to.value) === kekId(from.value))
    return refuse('usage', 'The new key is the key that is in use.', { next: 'Make another: openssl rand -hex 32.' });
  // Recovery brings the keys that only the journal has into their files, and leaves a journal without any.
  const opened = await openLog({ ...logOf(replacement), kek: from.value });
  if (!opened.ok) return opened;
  await opened.value.log.close();
  const storage = diskStorage(directory);
  const rewrapped = await rewrapKeys(storage, { from: from.value, to: to.value }, random);
  if (!rewrapped.ok) return refuseOld(rewrapped.error);
  const { keys, damaged } = rewrapped.value;
  const plan = decide(directory, { from: from.value, to: to.value }, { keys, newPseudonyms });
  return plan.ok ? carryOut(replacement, { plan: plan.value, to: to.value, damaged, finished: 'now' }) : plan;
}

/** Nothing is touched unless the old key opens everything there is. */
async function check(directory: string, from: Uint8Array): Promise<Result<void>> {
  const known = nodeKeys(directory, from);
  if (!known.ok) return refuseOld('its id says so');
  const keys = await rewrapKeys(diskStorage(directory), { from, to: from }, random);
  if (!keys.ok) return refuseOld(keys.error);
  const store = join(directory, 'store.db');
  const rows = existsSync(store) ? resealStore(store, { from, to: from }, { dryRun: true }) : ok(undefined);
  return rows.ok ? ok(undefined) : rows;
}

function refuseOld(where: string): Result<never> {
  return refuse('secret_unresolved', `The key to start from is not the key of this state directory (${where}).`, {
    next: 'Name the key that keys.kek was: --from state, ${file:path}, ${env:NAME} or a key service.',
  });
}

async function finish(replacement: Replacement, plan: ReplacementPlan): Promise<Result<Replaced>> {
  const found = await replacement.target.candidates();
  if (!found.ok) return found;
  const to = found.value.find((each) => kekId(each) === plan.to);
  if (!to)
    return refuse(
      'secret_unresolved',
      `A replacement by another key (id ${plan.to}) was begun, and has to be finished.`,
      {
        next: 'Let keys.kek name the new key of that replacement.',
      },
    );
  return carryOut(replacement, { plan, to, damaged: [], finished: 'what was cut off' });
}

interface Decided extends Pick<Replaced, 'damaged' | 'finished'> {
  readonly plan: ReplacementPlan;
  readonly to: Uint8Array;
}

/** Every step may find itself done already. */
async function carryOut(replacement: Replacement, { plan, to, damaged, finished }: Decided): Promise<Result<Replaced>> {
  const { directory, target } = replacement;
  const from = oldKey(plan, to);
  if (!from) return refuse('state_unwritable', 'The plan of the replacement is damaged.');
  replacement.tell(`Putting ${plan.keys.size} session keys in the place of the old ones.`);
  target.settle();
  await putKeys(diskStorage(directory), plan.keys);
  const store = join(directory, 'store.db');
  const resealed = existsSync(store) ? resealStore(store, { from, to }) : ok(undefined);
  if (!resealed.ok) return resealed;
  const before = readCarried(directory, from);
  const carried = before ? writeCarried(directory, to, carriedOn(from, before, plan)) : ok(undefined);
  const kept = carried.ok ? keepKekId(directory, to) : carried;
  if (!kept.ok) return kept;
  const opened = await openLog({ ...logOf(replacement), kek: to });
  if (!opened.ok) return opened;
  const data = { from: plan.from, to: plan.to, keys: plan.keys.size, pseudonyms: plan.newPseudonyms ? 'new' : 'kept' };
  const record: RecordInput = { type: 'key.replaced', data };
  await opened.value.log.append(record);
  await opened.value.log.close();
  forgetOld(replacement, plan);
  forgetPlan(directory);
  return ok({ from: plan.from, to: plan.to, keys: plan.keys.size, damaged, finished });
}

/** What the gate itself had kept of the old key. */
function forgetOld({ directory, target }: Replacement, { from }: ReplacementPlan): void {
  const kept = existsSync(join(directory, 'kek')) ? keyInState(directory) : undefined;
  // Also where it was being erased when a crash came.
  if (kept === undefined || (kept.ok && kekId(kept.value.key) === from)) eraseFile(directory, 'kek');
  if (!target.wrapped) eraseFile(directory, wrappedFile);
}

function logOf({ directory, originHost }: Replacement): Omit<LogOptions, 'kek'> {
  return { directory, originHost, clock, random };
}
