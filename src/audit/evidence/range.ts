// A whole stretch of a log against its root: with the inclusion proofs of its first and last leaf, every leaf between them is proven.
// A hash that is missing is a bug of the caller; what does not add up is an answer.

import { assert } from '../../core/result.ts';
import { type Hash, listRoot, nodeHash, splitOf } from '../tree.ts';

/** One end of the stretch: its place in the tree, and its sibling hashes from the leaf up. */
export interface End {
  readonly index: number;
  readonly hashes: readonly Hash[];
}

/** The root of a tree of `size` whose leaves from `first` to `last` are these. Undefined where a proof has not the right length. */
export function stretchRoot(leaves: readonly Hash[], first: End, last: End, size: number): Hash | undefined {
  assert(leaves.length === last.index - first.index + 1, 'the leaves reach from end to end');
  const outside = new Map<string, Hash>();
  for (const end of [first, last]) if (!siblingsOf(end, size, outside)) return undefined;
  const rootOf = (from: number, to: number): Hash => {
    if (from >= first.index && to <= last.index + 1)
      return listRoot(leaves.slice(from - first.index, to - first.index));
    if (to <= first.index || from > last.index) {
      const hash = outside.get(`${from}-${to}`);
      assert(hash, 'what is outside the stretch is a sibling of one of its ends');
      return hash;
    }
    const middle = from + splitOf(to - from);
    return nodeHash(rootOf(from, middle), rootOf(middle, to));
  };
  return rootOf(0, size);
}

/** Walks from the root down to the leaf, and names each sibling by the leaves it stands for. */
function siblingsOf({ index, hashes }: End, size: number, found: Map<string, Hash>): boolean {
  let [from, to, left] = [0, size, hashes.length];
  while (to - from > 1) {
    const hash = hashes[--left];
    if (!hash) return false;
    const middle = from + splitOf(to - from);
    const [a, b] = index < middle ? [middle, to] : [from, middle];
    found.set(`${a}-${b}`, hash);
    if (index < middle) to = middle;
    else from = middle;
  }
  return left === 0;
}
