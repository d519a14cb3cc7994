// Which parts of a configuration that has been read again are in force at once, and which wait for a restart. What waits
// stays as the gate started with it, so that nobody is told of a connection that is not open.

import type { Config } from './config.ts';
import { type Path, renderPath } from './problem.ts';
import type { LoadedConfig } from './resolve.ts';
import { member, members } from './tree.ts';

export interface Reload {
  /** What is in force from now on. */
  readonly config: Config;
  /** What is different from before and in force, as `policy.rules.analysts-read`. */
  readonly changed: readonly string[];
  /** What is different from the start and not in force before a restart. */
  readonly restart: readonly string[];
}

/** `started`: what the gate was started with. `before`: the file as it was read the last time. */
export function reload(started: LoadedConfig, before: LoadedConfig, next: LoadedConfig): Reload {
  const { config } = started;
  const classification = Object.entries(next.config.classification).map(([name, each]) => {
    const posture = config.classification[name]?.posture ?? 'inline';
    return [name, { ...each, posture }] as const;
  });
  const tls = config.tls && next.config.tls;
  const isInForce = (path: Path): boolean => (path[0] === 'tls' ? tls !== null : isReloaded(path));
  const waiting = differences(started, next).filter((path) => !isInForce(path));
  for (const [name, { posture }] of Object.entries(next.config.classification)) {
    if (posture !== (config.classification[name]?.posture ?? 'inline'))
      waiting.push(['classification', name, 'posture']);
  }
  return {
    config: {
      ...config,
      tls: tls ?? config.tls,
      policy: next.config.policy,
      masks: next.config.masks,
      classification: Object.fromEntries(classification),
      detectors: { ...config.detectors, rules: next.config.detectors.rules },
      audit: { ...config.audit, readers: next.config.audit.readers },
    },
    changed: named(differences(before, next).filter(isInForce)),
    restart: named(waiting),
  };
}

const reloadedParts: readonly Path[] = [
  ['policy'],
  ['masks'],
  ['classification'],
  ['detectors', 'rules'],
  ['audit', 'readers'],
];

function isReloaded(path: Path): boolean {
  if (path[0] === 'classification' && path[2] === 'posture') return false;
  return reloadedParts.some((part) => part.every((key, at) => path[at] === key));
}

function named(paths: readonly Path[]): readonly string[] {
  return [...new Set(paths.map(renderPath))];
}

/** Where two configurations differ, in the file or in the secrets it names; values are compared and not told. */
function differences(before: LoadedConfig, after: LoadedConfig): Path[] {
  const differ = (path: Path, one: unknown, other: unknown): Path[] => {
    const [old, now] = [byName(one), byName(other)];
    if (isMapping(old) && isMapping(now)) {
      const keys = new Set([...members(old), ...members(now)].map(([key]) => key));
      return [...keys].flatMap((key) => differ([...path, key], member(old, key), member(now, key)));
    }
    // A section that only one of them has is told by its parts, as some of them wait for a restart and others do not.
    if (path.length === 1 && (isMapping(old) || isMapping(now)))
      return differ(path, isMapping(old) ? old : {}, isMapping(now) ? now : {});
    return valueOf(before, path, old) === valueOf(after, path, now) ? [] : [path];
  };
  return differ([], before.raw, after.raw);
}

function isMapping(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A list whose members have names of their own, such as rules, is told by them; the place in it means nothing. */
function byName(value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0) return value;
  const entries = value.map((each: unknown) => [member(each, 'name'), each] as const);
  const names = new Set(entries.map(([name]) => name));
  return names.size === value.length && [...names].every((name) => typeof name === 'string')
    ? Object.fromEntries(entries)
    : value;
}

/** A value as text that is equal where it means the same: with its secrets, but in a policy, which has none. */
function valueOf(loaded: LoadedConfig, path: Path, value: unknown): string | undefined {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'string' && path[0] !== 'policy'
      ? loaded.secret({ raw: each }, (connection) => `dsn of ${connection}`)
      : each,
  );
}
