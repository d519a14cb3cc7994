// Syntax trees as text, without where their words stand: two that read alike differ in nothing else.

/** JSON of a tree, or of several. `instead` may put something in the place of what it holds. */
export function treeText(tree: unknown, instead: (value: unknown) => unknown = asItIs): string {
  return JSON.stringify(tree, (key, value: unknown) => (isPlace(key, value) ? undefined : instead(value)));
}

/** Whether this member of a node says where in the text something stands. */
function isPlace(key: string, value: unknown): boolean {
  return typeof value === 'number' && /(?:^|_)location$|^(?:list|rexpr_list)_(?:start|end)$/.test(key);
}

const asItIs = (value: unknown): unknown => value;
