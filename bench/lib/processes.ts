// Processes as Linux's /proc describes them. On other systems there are none.

import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  id: number;
  parent: number;
  /** With its arguments. */
  command: string;
  /** Seconds of all its threads. */
  cpu: number;
}

const TICKS_PER_SECOND = 100;

/** A process, or nothing when it has ended. */
function readProcess(id: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The name in parentheses may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0] = fields.slice(11, 13);
    const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { id, parent: fields[1] as number, command, cpu: (user + system) / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

/** Some processes of `all`: one, and all that it has started, directly or not. */
export function descendants(all: readonly Process[], ancestor: number): Process[] {
  const children = all.filter(({ parent }) => parent === ancestor);
  const own = all.filter(({ id }) => id === ancestor);
  return [...own, ...children.flatMap(({ id }) => descendants(all, id))];
}

/** A process that runs, and all that it has started. */
export function familyOf(ancestor: number): Process[] {
  if (process.platform !== 'linux') return [];
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = ids.flatMap((id) => readProcess(Number(id)) ?? []);
  return descendants(all, ancestor);
}

/** Undefined of none. */
export const cpuSecondsOf = (processes: readonly Process[]): number | undefined =>
  processes.length > 0 ? processes.reduce((sum, { cpu }) => sum + cpu, 0) : undefined;

/** Greatest resident memory of one of these processes, in 10^6 bytes; undefined but on Linux. */
export function peakOf(ids: readonly number[]): number | undefined {
  const peaks = ids.flatMap((id) => memoryOf(id) ?? []);
  return peaks.length > 0 ? Math.max(...peaks) : undefined;
}

function memoryOf(id: number): number | undefined {
  try {
    const found = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
    return found ? (Number(found[1]) * 1024) / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
