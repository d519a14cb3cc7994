// A token-classification model in a thread of its own, so that a slow model holds up nobody but who waits for it. The model
// comes from a directory on this machine: nothing is ever fetched. This module is both what the thread runs and its protocol.

import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { isUnknown, type LabelledSpan, type NamedToken, spansOf } from './alignment.ts';

/** What the thread starts with. */
export interface ModelAt {
  /** Absolute path of the model's directory. */
  readonly model: string;
  /** Absolute path of a directory whose packages are used; null = those of this installation. */
  readonly packages: string | null;
  readonly score: number;
}

export interface Question {
  readonly id: number;
  readonly texts: readonly string[];
}

/** First `ready` or `absent`, then one answer a question. No answer holds a part of a text. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'absent'; readonly what: 'package' | 'model' }
  | { readonly kind: 'found'; readonly id: number; readonly spans: readonly (readonly LabelledSpan[])[] }
  | { readonly kind: 'failed'; readonly id: number };

export const inferenceModule: URL = new URL(import.meta.url);

/** The part of the package's interface that is used (Transformers.js 3 and 4). */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  readonly AutoTokenizer: { from_pretrained(model: string, options: Local): Promise<Tokenizer> };
  readonly AutoModelForTokenClassification: {
    from_pretrained(
      model: string,
      options: Local & { readonly device: 'cpu'; readonly dtype?: string },
    ): Promise<Network>;
  };
}

interface Local {
  readonly local_files_only: true;
}

interface Inputs {
  readonly input_ids: { readonly data: ArrayLike<bigint> };
}

interface Tokenizer {
  (text: string): Inputs;
  decode(ids: readonly bigint[], options: { readonly skip_special_tokens: boolean }): string;
}

/** `logits`: one row of the labels' weights a token. */
interface Network {
  (inputs: Inputs): Promise<{ readonly logits: { readonly data: Float32Array; readonly dims: readonly number[] } }>;
  readonly config: { readonly id2label?: Readonly<Record<string, string>> };
}

/** The tokens of a text in order, each with the label that fits best and how well, from 0 to 1. */
type Classifier = (text: string) => Promise<readonly ClassifiedToken[]>;

interface ClassifiedToken {
  readonly piece: string;
  readonly entity: string;
  readonly score: number;
}

/** Models take 512 tokens, and the rest of a text is silently cut off: a piece has fewer characters than that. */
const pieceChars = 400;

function isModelAt(value: unknown): value is ModelAt {
  return typeof value === 'object' && value !== null && 'model' in value && 'packages' in value && 'score' in value;
}

async function serve(port: MessagePort, at: ModelAt): Promise<void> {
  const tell = (answer: Answer): void => port.postMessage(answer);
  const transformers = installed(at.packages);
  if (!transformers) return tell({ kind: 'absent', what: 'package' });
  const classify = await load(transformers, at.model).catch(() => null);
  if (!classify) return tell({ kind: 'absent', what: 'model' });
  port.on('message', ({ id, texts }: Question) => {
    Promise.all(texts.map((text) => find(classify, text, at.score))).then(
      (spans) => tell({ kind: 'found', id, spans }),
      () => tell({ kind: 'failed', id }),
    );
  });
  tell({ kind: 'ready' });
}

const packageName = '@huggingface/transformers';

function installed(packages: string | null): Transformers | null {
  try {
    return packageOf(packages);
  } catch {
    return null;
  }
}

/** It is optional, and so asked for when a model is: what is not installed cannot be imported by name. */
function packageOf(packages: string | null): Transformers {
  const require = createRequire(packages === null ? import.meta.url : join(packages, 'package.json'));
  return require(packageName);
}

/** A precision is part of a file's name; the plainest that is there is used. */
const precisions = [undefined, 'fp32', 'q8', 'quantized', 'fp16'];

async function load(transformers: Transformers, path: string): Promise<Classifier> {
  const { env, AutoTokenizer, AutoModelForTokenClassification } = transformers;
  // INVARIANT: nothing but files of this machine.
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = `${dirname(path)}/`;
  const name = basename(path);
  const tokenizer = await AutoTokenizer.from_pretrained(name, { local_files_only: true });
  let last: unknown;
  for (const dtype of precisions) {
    const options = { local_files_only: true, device: 'cpu', ...(dtype === undefined ? {} : { dtype }) } as const;
    try {
      return classifier(tokenizer, await AutoModelForTokenClassification.from_pretrained(name, options));
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** The package's own pipeline leaves out what its tokenizer has no word for, and cuts long texts. */
function classifier(tokenizer: Tokenizer, network: Network): Classifier {
  const labels = network.config.id2label ?? {};
  return async (text) => {
    const inputs = tokenizer(text);
    const { logits } = await network(inputs);
    const width = logits.dims.at(-1) ?? 0;
    const ids = Array.from(inputs.input_ids.data);
    if (width === 0 || logits.data.length !== ids.length * width) throw new Error('no weights for every token');
    return ids.flatMap((id, at): ClassifiedToken[] => {
      const [best, score] = mostLikely(logits.data.subarray(at * width, (at + 1) * width));
      const word = tokenizer.decode([id], { skip_special_tokens: true });
      const piece = word === '' ? tokenizer.decode([id], { skip_special_tokens: false }) : word;
      // Where a text begins and ends is a token, too, and no part of it.
      return word === '' && !isUnknown(piece) ? [] : [{ piece, entity: labels[best] ?? `LABEL_${best}`, score }];
    });
  };
}

/** The place of the greatest weight, and its share by softmax. */
function mostLikely(weights: Float32Array): readonly [number, number] {
  const best = weights.indexOf(Math.max(...weights));
  const greatest = weights[best] ?? 0;
  return [best, 1 / weights.reduce((sum, each) => sum + Math.exp(each - greatest), 0)];
}

/** @throws when the model's tokens are not those of the whole text */
async function find(classify: Classifier, text: string, score: number): Promise<readonly LabelledSpan[]> {
  const found: LabelledSpan[] = [];
  for (const { start, piece } of pieces(text)) {
    const tokens = await classify(piece);
    const named = tokens.map((each): NamedToken => ({ piece: each.piece, label: labelOf(each, score) }));
    const spans = spansOf(piece, named);
    if (!spans) throw new Error('tokens of another text');
    found.push(...spans.map((span) => ({ ...span, start: start + span.start, end: start + span.end })));
  }
  return found;
}

/** Without the sign of its scheme (B-, I-, E-, S-); null = outside of anything, or not certain enough. */
function labelOf({ entity, score }: ClassifiedToken, least: number): string | null {
  return entity === 'O' || score < least ? null : entity.replace(/^[BIESLU]-/, '');
}

/** Cut at the end of a line or sentence where there is one in reach, else between words. */
function* pieces(text: string): Generator<{ readonly start: number; readonly piece: string }> {
  let start = 0;
  while (start < text.length) {
    const ahead = text.slice(start, start + pieceChars);
    const isRest = start + pieceChars >= text.length;
    const cut = isRest ? ahead.length : (lastOf(ahead, /\n|[.!?]\s/g) ?? lastOf(ahead, /\s/g) ?? ahead.length);
    const piece = ahead.slice(0, cut);
    if (/[\p{L}\p{N}]/u.test(piece)) yield { start, piece };
    start += cut;
  }
}

function lastOf(text: string, pattern: RegExp): number | null {
  let last: number | null = null;
  for (const match of text.matchAll(pattern)) last = match.index + match[0].length;
  return last !== null && last > text.length / 4 ? last : null;
}

// Last, when everything above is there.
if (!isMainThread && parentPort && isModelAt(workerData)) void serve(parentPort, workerData);
