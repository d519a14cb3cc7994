// What a process has cost so far, as Linux counts it (proc(5)).

import { readFileSync } from 'node:fs';

/** Processor time with all its threads, in seconds: fields 14 and 15 of its stat. Null = no process, which costs nothing. */
export function cpuSeconds(pid: number | null): number {
  if (pid === null) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory, in MB of 1024 KB. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/** Proportional set size, in MB of 1024 KB: of a page that several processes have, each has its part. */
export function shareMb(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
}
