// What a command says, kept.

import { Readable, Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';

export function capturedIo(): Io & { text(): string } {
  let said = '';
  const sink = () =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        said += chunk.toString();
        done();
      },
    });
  return { env: {}, cwd: '/', stdin: Readable.from([]), stdout: sink(), stderr: sink(), text: () => said };
}
