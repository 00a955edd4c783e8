import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { type Host, type ServerSetup, startHost } from '../support/host.ts';
import { type RawClient, startRawClient } from '../support/raw-client.ts';
import { chosen } from './switches.ts';
import type { Process, Witness } from './witness.ts';

/**
 * Where a server runs: beside the others, in a container (hostname and pids of its own), or in one that has the
 * hostname of the machine, as with `--hostname` or `--uts host`.
 */
const PLACES = ['plain', 'container', 'same_name'] as const;
export type Place = (typeof PLACES)[number];

const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
let containers = 0;

function insideOf(place: Place): readonly string[] | undefined {
  if (place === 'plain') return undefined;
  if (place === 'same_name') return UNSHARE;
  containers += 1;
  return [...UNSHARE, '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', `container-${containers}`];
}

/** The places that this machine can give, as `CHAOS_PLACES` chooses; says which it cannot. */
function placesHere(): Place[] {
  const places = PLACES.filter((place) => chosen('CHAOS_PLACES', PLACES).has(place));
  try {
    const [command = '', ...args] = [...(insideOf('container') ?? []), 'true'];
    execFileSync(command, args, { stdio: 'ignore' });
    return places;
  } catch {
    process.stdout.write('chaos: no namespaces here (needs root and unshare), so no containers\n');
    return places.filter((place) => place === 'plain');
  }
}

/** A host of the fleet and what is known of its server's end. */
export interface Slot {
  place: Place;
  host: Host;
  process: Process;
}

const SLOTS = 6;
/**
 * How long a server lives, in ms. What one in a container leaves behind is taken up after a wait of 15 s, which whoever
 * waits has to outlive now and then.
 */
const LIFE: Record<Place, [least: number, most: number]> = {
  plain: [3_000, 12_000],
  container: [10_000, 40_000],
  same_name: [10_000, 40_000],
};
/** How far apart all servers are killed at once, in ms. */
const BATCHES: [least: number, most: number] = [15_000, 40_000];
/** How long a server may take to leave, in ms. */
const LEAVES_WITHIN = 300;

/** Servers with long lives, two for each place, of which one, or all at once, are killed and replaced now and then; and short-lived ones. */
export async function startFleet(
  setup: ServerSetup,
  { witness, random }: { witness: Witness; random: () => number },
) {
  const places = placesHere();
  const placeOf = (index: number) => places[index % places.length] as Place;
  let kills = 0;
  const end = new AbortController();

  /** A setup of its own in a place, and the process that is to be. */
  function prepare(place: Place) {
    const inside = insideOf(place);
    const process: Process = { place };
    const onAnswer = witness.of(process);
    return { process, setup: { ...setup, ...(inside && { inside }), onAnswer } };
  }

  async function start(place: Place): Promise<Slot> {
    const { process, setup } = prepare(place);
    return { place, process, host: await startHost(setup) };
  }

  const slots = await Promise.all(Array.from({ length: SLOTS }, (_, index) => start(placeOf(index))));

  const replacing = new Set<number>();
  /** Kills the server that a slot has, and puts another in its place. */
  async function replace(index: number): Promise<void> {
    if (replacing.has(index)) return;
    replacing.add(index);
    const fresh = start(placeOf(index));
    const old = slots[index] as Slot;
    old.process.endsAt = performance.now();
    await old.host.kill();
    slots[index] = await fresh;
    replacing.delete(index);
    kills += 1;
  }

  /** Does something again and again, after times within bounds (ms). */
  async function repeat(least: number, most: number, work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      await delay(least + random() * (most - least), undefined, { signal: end.signal }).catch(() => {});
      if (end.signal.aborted) return;
      await work();
    }
  }
  const killing = Promise.all([
    ...slots.map((_, index) => repeat(...LIFE[placeOf(index)], () => replace(index))),
    // As where a machine loses its power: nobody is left who could release anything.
    repeat(...BATCHES, () => Promise.all(slots.map((_, index) => replace(index)))),
  ]);

  return {
    at: (index: number) => slots[index % SLOTS] as Slot,
    /** A server for one call, with a client that can stop reading. */
    async startShort(index: number): Promise<RawClient> {
      const { process, setup } = prepare(placeOf(index));
      const client = await startRawClient(setup);
      return {
        ...client,
        kill() {
          process.endsAt = performance.now();
          return client.kill();
        },
        die() {
          process.endsAt = performance.now() + LEAVES_WITHIN;
          return client.die();
        },
      };
    },
    get kills() {
      return kills;
    },
    async close() {
      end.abort();
      await killing;
      await Promise.all(slots.map(({ host }) => host.close()));
    },
  };
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;
