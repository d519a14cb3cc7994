// `_meta` as it leaves: data like any other, but that a key with a prefix (MCP 2025-11-25, General fields / _meta), which reads like
// the address of a site, is still the key it was. INVARIANT: only one in whose words nothing is found by themselves.

import { canonicalJson, type JsonObject, objectOf } from '../core/json.ts';
import { detect } from '../masking/detect.ts';
import { type Masked, type Parts, planData, type RebuildMember } from './mcp-mask-plan.ts';

/** Labels, a slash and a name, as the protocol has them. */
const prefixed =
  /^[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+\/(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?$/;
/** A longer one is no key that anybody looks for. */
const keyCharsMax = 128;
/** Of more digits it is somebody's as likely as a version. */
const digitsMax = 4;

export function planMeta(meta: JsonObject, parts: Parts): RebuildMember {
  const rebuild = planData('_meta', meta, parts);
  const keys = Object.keys(meta);
  // Numbers would come first among the names, wherever they stood.
  if (keys.some((key) => /^\d+$/.test(key))) return rebuild;
  const plans = keys.map((key) => (isLikeSite(key) ? planWords(key, parts) : null));
  if (plans.every((each) => each === null)) return rebuild;
  return (masked) => {
    const [name, shown] = rebuild(masked);
    const members = Object.entries(objectOf(shown));
    if (members.length !== keys.length) return [name, shown];
    return [name, Object.fromEntries(members.map(([key, member], at) => [plans[at]?.(masked) ?? key, member]))];
  };
}

/** The same keys come with each answer. */
const likeSites = new Map<string, boolean>();
const likeSitesMax = 1_000;

/** Of any other key what is found is no address. */
function isLikeSite(key: string): boolean {
  if (key.length > keyCharsMax || !prefixed.test(key) || key.replaceAll(/\D/g, '').length > digitsMax) return false;
  const known = likeSites.get(key);
  if (known !== undefined) return known;
  if (likeSites.size >= likeSitesMax) likeSites.clear();
  const isSite = detect(key).some(({ type }) => type === 'url');
  likeSites.set(key, isSite);
  return isSite;
}

/**
 * The key, where nothing is found in its words: in each, in two that follow one another, and in all. Written as they are: what they
 * would be as a name, they would be in the rest of the message, too.
 */
function planWords(key: string, parts: Parts): (masked: Masked) => string | null {
  const all = key.split(/[./_-]+/).filter((word) => word !== '');
  const pairs = all.slice(1).map((word, at) => `${all[at]}-${word}`);
  // Not a list alone: the first of several would be taken for the header of a table.
  const words = { key: true, words: [...key.split(/[./]/), ...pairs, all.join('-'), all.join(' ')] };
  const at = parts.part(words);
  return (masked) => (canonicalJson(masked.parts[at] ?? null) === canonicalJson(words) ? key : null);
}
