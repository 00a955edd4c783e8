import { setTimeout as delay } from 'node:timers/promises';
import { chosen } from '../switches.ts';
import type { Balancer, Target } from './balancer.ts';
import type { Replica, Service } from './replicas.ts';
import type { Story } from './story.ts';

/** What happens to a replica; a blackout kills all that are not just at it. */
const FAULTS = { kill: 0.5, freeze: 0.2, terminate: 0.25, blackout: 0.05 } as const;
type Fault = keyof typeof FAULTS;

/** A replica was killed, or frozen until a time, while it had these calls. */
export interface Death {
  at: number;
  until?: number;
  prompts: readonly string[];
}

// In ms: how far apart the faults are, and for how long a replica is frozen.
const APART: [least: number, most: number] = [1_500, 4_000];
const FROZEN_FOR = 14_000;

/** So many replicas, of which one after the other is killed, frozen or asked to end, as the seed has it. */
export async function startFleet(
  size: number,
  { service, random, tell }: { service: Service; random: () => number; tell: Story['tell'] },
) {
  const names = chosen('CHAOS_FAULTS', Object.keys(FAULTS) as Fault[]);
  const replicas = await Promise.all(Array.from({ length: size }, () => service.startReplica()));
  const busy = new Set<number>();
  const counts: Record<Fault, number> = { kill: 0, freeze: 0, terminate: 0, blackout: 0 };
  const kills: Death[] = [];
  const frozen: Death[] = [];
  const exits: unknown[] = [];
  const end = new AbortController();
  const under: Promise<unknown>[] = [];

  const at = (index: number) => replicas[index] as Replica;
  async function replace(index: number): Promise<void> {
    replicas[index] = await service.startReplica();
  }

  const acts: Record<Fault, (index: number, balancer: Balancer) => Promise<void>> = {
    async kill(index, balancer) {
      const old = at(index);
      kills.push({ at: performance.now(), prompts: balancer.callsAt(old) });
      old.isOpen = false;
      old.signal('SIGKILL');
      tell(undefined, `${old.port} is killed`);
      await old.ended;
      await replace(index);
    },
    async freeze(index, balancer) {
      const one = at(index);
      const death: Death = {
        at: performance.now(),
        until: Number.POSITIVE_INFINITY,
        prompts: balancer.callsAt(one),
      };
      frozen.push(death);
      one.signal('SIGSTOP');
      tell(undefined, `${one.port} is frozen`);
      await delay(FROZEN_FOR, undefined, { signal: end.signal }).catch(() => {});
      one.signal('SIGCONT');
      death.until = performance.now();
      tell(undefined, `${one.port} is thawed`);
    },
    // As an upgrade does it: the new one is there before the old one goes.
    async terminate(index) {
      const old = at(index);
      await replace(index);
      old.isOpen = false;
      old.signal('SIGTERM');
      tell(undefined, `${old.port} is to end`);
      exits.push(await old.ended);
    },
    async blackout(_, balancer) {
      const free = replicas.map((_, index) => index).filter((index) => !busy.has(index));
      await Promise.all(free.map((index) => once(index, 'kill', balancer)));
    },
  };

  async function once(index: number, fault: Fault, balancer: Balancer): Promise<void> {
    if (busy.has(index)) return;
    if (fault !== 'blackout') busy.add(index);
    counts[fault] += 1;
    await acts[fault](index, balancer);
    busy.delete(index);
  }

  function choose(): Fault | undefined {
    let roll = random();
    return (Object.keys(FAULTS) as Fault[]).find((name) => {
      roll -= FAULTS[name];
      return roll < 0 && names.has(name);
    });
  }

  return {
    targets: (): readonly Target[] => replicas,
    counts,
    kills: kills as readonly Death[],
    frozen: frozen as readonly Death[],
    /** How those ended that were asked to. */
    exits: exits as readonly { code: number | null; stderr: string }[],
    logs: () => replicas.map((replica) => replica.log()),
    /** Goes on until it is closed. */
    async disturb(balancer: Balancer): Promise<void> {
      const [least, most] = APART;
      while (!end.signal.aborted) {
        await delay(least + random() * (most - least), undefined, { signal: end.signal }).catch(() => {});
        const [fault, index] = [choose(), Math.floor(random() * size)];
        if (fault && !end.signal.aborted) under.push(once(index, fault, balancer));
      }
    },
    /** No more faults; resolves when all replicas work. */
    async calm(): Promise<void> {
      end.abort();
      await Promise.all(under);
    },
  };
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;
