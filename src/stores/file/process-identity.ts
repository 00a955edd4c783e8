import { readFileSync, readlinkSync } from 'node:fs';
import type { Liveness } from '../backend.ts';

/** What tells a process apart from every other one of any machine. */
export interface ProcessIdentity {
  /** The name of the machine or container, which others may share. */
  host: string;
  pid: number;
  /** The boot of the machine and the pid namespace: within it a process is found by its pid. Absent if the platform has none. */
  namespace?: string;
  /** When the process started, in clock ticks since the boot: a pid is used again, but not with the same start. */
  started?: string;
}

/** This process. Reads /proc on Linux, 0.1 ms. */
export function thisProcess(): Omit<ProcessIdentity, 'host'> {
  const { pid } = process;
  const started = startOf(pid);
  try {
    // If /proc shows another namespace than ours, pids say nothing.
    if (started === undefined || readlinkSync('/proc/self') !== String(pid)) return { pid };
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { pid, started, namespace: `${boot} ${readlinkSync('/proc/self/ns/pid')}` };
  } catch {
    return { pid };
  }
}

/** Whether another process is alive, as seen from this one. */
export function livenessOf(other: ProcessIdentity, me: ProcessIdentity): Liveness {
  if (other.namespace !== undefined && other.namespace === me.namespace) {
    const started = startOf(other.pid);
    // Hidden where /proc shows users only their own processes.
    if (started === undefined) return exists(other.pid) && !isZombie(other.pid) ? 'unknown' : 'dead';
    return started === other.started ? 'alive' : 'dead';
  }
  const areBare = other.namespace === undefined && me.namespace === undefined;
  // A pid that exists may be another process's by now.
  return areBare && other.host === me.host && !exists(other.pid) ? 'dead' : 'unknown';
}

/** Field 22 of /proc/<pid>/stat; undefined for an absent process, a zombie, and on systems other than Linux. */
function startOf(pid: number): string | undefined {
  const { state, started } = stat(pid);
  return state === 'Z' || state === 'X' ? undefined : started;
}

/** A dead process that its parent has not reaped; a container's first process may never do so. */
const isZombie = (pid: number): boolean => ['Z', 'X'].includes(stat(pid).state ?? '');

function stat(pid: number): { state?: string | undefined; started?: string | undefined } {
  try {
    // The second field is the program's name, which may hold anything; the third is the first after it.
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], started: fields[19] };
  } catch {
    return {};
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
