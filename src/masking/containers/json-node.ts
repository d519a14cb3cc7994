// A JSON text, or what is written in another form and means the same, as a tree that knows where each value lies.

export interface Text {
  readonly kind: 'string';
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly offsets: readonly number[] | null;
}

export type JsonNode =
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | Text
  /** Numbers, true, false, null. */
  | { readonly kind: 'scalar'; readonly start: number; readonly end: number; readonly value: string };

export interface Member {
  readonly key: Text;
  readonly node: JsonNode;
}

/** The string member of this name. */
export function stringOf(node: JsonNode | null | undefined, name: string): string | undefined {
  const member = memberOf(node, name);
  return member?.kind === 'string' ? member.value : undefined;
}

export function memberOf(node: JsonNode | null | undefined, name: string): JsonNode | undefined {
  return node?.kind === 'object' ? node.members.find((each) => each.key.value === name)?.node : undefined;
}

/** All of this name: the items of arrays, and members that stand there more than once. */
export function allOf(node: JsonNode | null | undefined, name: string): readonly JsonNode[] {
  const members = node?.kind === 'object' ? node.members.filter((each) => each.key.value === name) : [];
  return members.flatMap(({ node: member }) => (member.kind === 'array' ? member.items : [member]));
}
