// No orphans: one tiny /bin/sh that waits at a pipe of ours. When the gate is gone, however it went (kill -9 included), the
// pipe ends and the shell kills every process group still on its list. POSIX only; elsewhere a server's own end of
// stdin has to do.

import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

export interface ProcessGuard {
  /** The group dies with the gate, unless released. */
  guard(group: number): void;
  release(group: number): void;
  close(): void;
}

const script = `
guarded=" "
while read -r op group; do
  case $op in
    +) guarded="$guarded$group " ;;
    -) guarded="\${guarded%% $group *} \${guarded#* $group }" ;;
  esac
done
for group in $guarded; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

export function createProcessGuard(): ProcessGuard {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;

  function tell(line: string): void {
    if (process.platform === 'win32') return;
    if (shell?.stdin?.writable && shell.exitCode === null && shell.signalCode === null) {
      shell.stdin.write(line);
      return;
    }
    // In a session of its own, so that a Ctrl-C at the gate's terminal leaves it standing.
    shell = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
      env: {},
    });
    shell.on('error', () => {});
    shell.stdin?.on('error', () => {});
    shell.unref();
    if (shell.stdin instanceof Socket) shell.stdin.unref();
    shell.stdin?.write([...groups].map((group) => `+ ${group}\n`).join(''));
  }

  return {
    guard: (group) => {
      groups.add(group);
      tell(`+ ${group}\n`);
    },
    release: (group) => {
      if (groups.delete(group)) tell(`- ${group}\n`);
    },
    close: () => {
      shell?.kill('SIGKILL');
      shell = undefined;
    },
  };
}
