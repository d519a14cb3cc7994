// A JSON text as a tree that knows where each value lies.

export type JsonNode =
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | {
      readonly kind: 'string';
      readonly start: number;
      readonly end: number;
      readonly value: string;
      readonly offsets: readonly number[] | null;
    }
  /** Numbers, true, false, null. */
  | { readonly kind: 'scalar'; readonly start: number; readonly end: number; readonly value: string };

export interface Member {
  readonly key: Extract<JsonNode, { kind: 'string' }>;
  readonly node: JsonNode;
}

/** The string member of this name. */
export function stringOf(node: JsonNode | null, name: string): string | undefined {
  const member = memberOf(node, name);
  return member?.kind === 'string' ? member.value : undefined;
}

export function memberOf(node: JsonNode | null, name: string): JsonNode | undefined {
  return node?.kind === 'object' ? node.members.find((each) => each.key.value === name)?.node : undefined;
}
