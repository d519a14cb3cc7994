// What the upstream has been asked for and has not answered yet, a message each, and which answer its own is part of.

import type { Output } from './postgres-output.ts';
import type { Portal } from './postgres-portal.ts';
import type { Prepared } from './postgres-statements.ts';

/** What the next backend messages answer, in the order the frontend messages were forwarded. */
export type Expectation =
  | { readonly kind: 'query'; readonly output: Output }
  /** The upstream was made to fail so that its transaction fails too; the client gets `answer` for its error. */
  | { readonly kind: 'refusal'; readonly answer: Buffer; readonly simple: boolean }
  | { readonly kind: 'parse'; readonly prepared: Prepared }
  /** `hidden`: injected by the gate to learn the columns; its answer goes no further. */
  | { readonly kind: 'describe'; readonly hidden: boolean; readonly of: Prepared | Portal | null }
  | { readonly kind: 'bind'; readonly portal: Portal }
  | { readonly kind: 'execute'; readonly portal: Portal }
  | { readonly kind: 'close'; readonly portal: Portal | null }
  | { readonly kind: 'sync' };

/** Null: it is part of no answer. */
export function outputOf(expectation: Expectation): Output | null {
  if (expectation.kind === 'query') return expectation.output;
  return expectation.kind === 'bind' || expectation.kind === 'execute' ? expectation.portal.output : null;
}
