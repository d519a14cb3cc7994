// A gate as a process of its own: started, waited for, stopped or killed.

import { spawn } from 'node:child_process';
import { eventually } from './eventually.ts';

export interface GateOptions {
  /** No file of the gate may grow beyond so many blocks (of 512 or 1024 bytes, as the shell has it): a disk that is full. */
  readonly fileBlocksMax?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Gate {
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Resolves with the exit code of one that ends by itself. */
  ended(): Promise<number>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number>;
  /** Everything it wrote to stderr and stdout. */
  output(): string;
  readonly pid: number;
}

/** Resolves once it is ready. @throws with what it wrote, where it ends before or never is */
export async function launchGate(
  { main, config, directory }: { readonly main: string; readonly config: string; readonly directory: string },
  { fileBlocksMax, env = {} }: GateOptions,
  isReady: () => Promise<boolean>,
): Promise<Gate> {
  const command = [process.execPath, main, 'serve', '-c', config] as const;
  const limited = ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$0" "$@"`, ...command] as const;
  const [program, ...args] = fileBlocksMax === undefined ? command : limited;
  const child = spawn(program, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, EHR_PASSWORD: 'upstream-secret', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      output += chunk;
    });
  }
  let exit: number | null = null;
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => {
      exit = code ?? -1;
      resolve(exit);
    });
  });
  const gate: Gate = {
    pid: child.pid ?? -1,
    output: () => output,
    ended: () => exited,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
  const ready = async (): Promise<boolean> => {
    if (exit !== null) throw new Error(`the gate ended with ${String(exit)}:\n${output}`);
    return isReady().catch(() => false);
  };
  try {
    await eventually(ready, 'the gate is ready');
    return gate;
  } catch (error) {
    await gate.kill();
    throw new Error(`the gate did not start:\n${output}`, { cause: error });
  }
}
