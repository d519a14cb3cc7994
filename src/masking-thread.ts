// What runs in the thread long answers are masked in (adapters/work-thread). It knows nothing but what it is told of each.

import { parentPort } from 'node:worker_threads';
import { type MaskingTask, maskTask } from './gateway/long-masking.ts';

parentPort?.on('message', (task: MaskingTask) => parentPort?.postMessage(maskTask(task)));
