// A local token-classification model (ONNX, through Transformers.js) as a recognizer: a thread that is asked, within a time
// limit, and ended when it does not keep to it. It never fetches anything, and no text leaves the process.

import { Worker } from 'node:worker_threads';
import type { OnnxConfig } from '../../config/config.ts';
import { ok, type Result, refuse } from '../../core/result.ts';
import type { Span } from '../../masking/mask.ts';
import type { Recognizer } from '../../ports/recognizer.ts';
import type { LabelledSpan } from './alignment.ts';
import { type Answer, inferenceModule, type ModelAt } from './inference.ts';

type Findings = readonly (readonly LabelledSpan[])[];

/** A model of some hundred megabytes takes a while from a disk; until it is there, nothing passes. */
const loadingMsMax = 120_000;

/** `packages`: where the optional package is, if not in this installation. The thread starts with the first question. */
export function createOnnx(config: OnnxConfig, packages: string | null = null): Recognizer & { close(): void } {
  let model: Model | null = null;
  return {
    async find(texts) {
      if (!model || model.ended) model = new Model({ model: config.model, packages, score: config.score });
      const found = await model.ask(texts, config.timeoutMs);
      return typeof found === 'string' ? refuse('upstream_unavailable', found) : classified(texts, found, config);
    },
    close: () => model?.end(),
  };
}

function classified(texts: readonly string[], found: Findings, config: OnnxConfig): Result<readonly Span[][]> {
  if (found.length !== texts.length) return refuse('upstream_unavailable', 'The local model says what makes no sense.');
  return ok(
    found.map((spans) =>
      spans.flatMap(({ start, end, label }): Span[] => {
        const type = config.labels[label] ?? 'other_id';
        return type === 'clear' ? [] : [{ start, end, type }];
      }),
    ),
  );
}

/** One thread, from its start to its end. */
class Model {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (found: Findings | string) => void>();
  readonly #ready: Promise<string | null>;
  #last = 0;
  ended = false;

  constructor(at: ModelAt) {
    this.#worker = new Worker(inferenceModule, { workerData: at, stdout: true, stderr: true });
    // INVARIANT: a thread that only waits keeps no process alive.
    this.#worker.unref();
    this.#ready = new Promise((resolve) => {
      this.#worker.on('message', (answer: Answer) => {
        if (answer.kind === 'ready') resolve(null);
        else if (answer.kind === 'absent') {
          resolve(absent[answer.what]);
          this.end();
        } else this.#answered(answer);
      });
      this.#worker.on('exit', () => {
        resolve(away);
        this.end();
      });
      this.#worker.on('error', () => this.end());
    });
  }

  /** What it found, or why it could not; the words of that hold nothing of a text. */
  async ask(texts: readonly string[], timeoutMs: number): Promise<Findings | string> {
    const why = await within(this.#ready, loadingMsMax);
    if (why === late) this.end();
    if (why !== null) return why;
    if (this.ended) return away;
    const id = ++this.#last;
    const answer = new Promise<Findings | string>((resolve) => this.#waiting.set(id, resolve));
    this.#worker.postMessage({ id, texts });
    const found = await within(answer, timeoutMs);
    this.#waiting.delete(id);
    // It may be at it for long, and whoever comes next would wait behind that.
    if (found === late) this.end();
    return found;
  }

  #answered(answer: Extract<Answer, { kind: 'found' | 'failed' }>): void {
    this.#waiting.get(answer.id)?.(answer.kind === 'found' ? answer.spans : 'The local model could not read a text.');
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const resolve of this.#waiting.values()) resolve(away);
    void this.#worker.terminate();
  }
}

const late = 'The local model is too slow.';
const away = 'The local model has ended.';
const absent: Readonly<Record<'package' | 'model', string>> = {
  package: 'The package @huggingface/transformers is not installed: npm install @huggingface/transformers',
  model: 'There is no token-classification model to be read in the directory detectors.onnx.model names.',
};

async function within<T>(promise: Promise<T>, ms: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
