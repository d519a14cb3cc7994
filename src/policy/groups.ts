// Groups as rules name them: the identity provider's own, or an alias of policy.groups.
// An alias hides a provider's group of the same name, unless it lists that name itself: who is in it is said in one place.

/** Alias → the groups it stands for. */
export type GroupAliases = Readonly<Record<string, readonly string[]>>;

/** The provider's groups behind the names a rule uses. */
export function resolveGroups(names: readonly string[], aliases: GroupAliases): readonly string[] {
  return [...new Set(names.flatMap((name) => (Object.hasOwn(aliases, name) ? (aliases[name] ?? []) : [name])))];
}

/** What `subject.groups` holds while a condition is evaluated: the subject's groups and the aliases it belongs to. */
export function effectiveGroups(groups: readonly string[], aliases: GroupAliases): readonly string[] {
  const own = groups.filter((group) => !Object.hasOwn(aliases, group));
  const named = Object.keys(aliases).filter((alias) => aliases[alias]?.some((group) => groups.includes(group)));
  return [...own, ...named];
}
