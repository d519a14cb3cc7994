// The recognizers the configuration names, made anew when it has changed. A model's thread lives as long as its configuration.

import { isDeepStrictEqual } from 'node:util';
import { createOnnx } from './adapters/onnx/recognizer.ts';
import { createPresidio } from './adapters/presidio/recognizer.ts';
import type { Config, OnnxConfig } from './config/config.ts';
import type { Recognizer } from './ports/recognizer.ts';

/** `onClose`: what to do when the gate ends. */
export function recognizersOf(
  detectors: () => Config['detectors'],
  onClose: (close: () => void) => void,
): () => readonly Recognizer[] {
  let standing: { readonly config: OnnxConfig; readonly model: ReturnType<typeof createOnnx> } | null = null;
  onClose(() => standing?.model.close());
  const modelOf = (config: OnnxConfig | null): Recognizer | null => {
    if (standing && !isDeepStrictEqual(standing.config, config)) {
      standing.model.close();
      standing = null;
    }
    if (config) standing ??= { config, model: createOnnx(config) };
    return standing?.model ?? null;
  };
  return () => {
    const { presidio, onnx } = detectors();
    return [presidio && createPresidio(presidio), modelOf(onnx)].filter((each) => each !== null);
  };
}
