// What finds PHI in text besides the built-in detectors, by a configuration: its rules and its recognizers.

import { resolve } from 'node:path';
import { createOnnx } from '../adapters/onnx/recognizer.ts';
import { createPresidio } from '../adapters/presidio/recognizer.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Find } from '../masking/detectors/detector.ts';
import { ownDetectors } from '../masking/own-detectors.ts';
import type { Recognizer } from '../ports/recognizer.ts';
import type { Io } from './io.ts';
import { complainOfConfig, loadConfig } from './load-config.ts';

export interface Detectors {
  readonly own: readonly Find[];
  readonly recognizers: readonly Recognizer[];
  readonly close: () => void;
}

/** A failure holds the exit code; what is wrong has been said. */
export async function configured(io: Io, file: string): Promise<Result<Detectors, number>> {
  const loaded = await loadConfig(resolve(io.cwd, file), io.env, { keys: false });
  if (!loaded.ok) return fail(complainOfConfig(io, loaded.error));
  const { rules, presidio, onnx } = loaded.value.config.detectors;
  const model = onnx && createOnnx(onnx);
  const recognizers = [presidio && createPresidio(presidio), model].filter((each) => each !== null);
  return ok({ own: ownDetectors(rules), recognizers, close: () => model?.close() });
}
