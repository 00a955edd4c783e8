import { readFileSync, readlinkSync } from 'node:fs';

/**
 * What tells a process apart from every other one of any machine. Processes with the same `namespace` can look at each
 * other by pid; it is absent where the platform tells none.
 */
export interface ProcessIdentity {
  pid: number;
  /** The boot of the machine and the pid namespace. */
  namespace?: string;
  /** When the process started, in clock ticks since the boot: a pid is used again, but not with the same start. */
  started?: string;
}

/** Whether a process lives; `unknown` where it cannot be looked at from here. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** This process. Reads /proc on Linux, 0.1 ms. */
export function thisProcess(): ProcessIdentity {
  const { pid } = process;
  const started = startOf(pid);
  try {
    // Where /proc shows another namespace than ours, pids say nothing.
    if (started === undefined || readlinkSync('/proc/self') !== String(pid)) return { pid };
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { pid, started, namespace: `${boot} ${readlinkSync('/proc/self/ns/pid')}` };
  } catch {
    return { pid };
  }
}

/** Whether another process lives, seen from this one. A host's name is no proof: containers and machines share names. */
export function livenessOf(other: ProcessIdentity & { host: string }, me: typeof other): Liveness {
  if (other.namespace !== undefined && other.namespace === me.namespace) {
    const started = startOf(other.pid);
    // Hidden where /proc shows a user only what is theirs.
    if (started === undefined) return exists(other.pid) && !isZombie(other.pid) ? 'unknown' : 'dead';
    return started === other.started ? 'alive' : 'dead';
  }
  const areBare = other.namespace === undefined && me.namespace === undefined;
  // A pid that exists may be another process's by now.
  return areBare && other.host === me.host && !exists(other.pid) ? 'dead' : 'unknown';
}

/** Field 22 of /proc/<pid>/stat; undefined for a process that is not there, a zombie, and on other systems than Linux. */
function startOf(pid: number): string | undefined {
  const { state, started } = stat(pid);
  return state === 'Z' || state === 'X' ? undefined : started;
}

/** A dead process whose parent has not taken note, for ever where a container's first process takes none. */
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
