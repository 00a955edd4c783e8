import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PROBE_EVERY = 20;

export interface Slowness {
  /** How long the slowest probe between two times by `performance.now()` took, in ms; 4 or so on a machine at rest. */
  between(from: number, to: number): number;
  stop(): Promise<void>;
}

/** Writes a small file durably again and again, as servers write records: what is slow for it is slow for them too. */
export function startSlownessProbe(dir: string): Slowness {
  const probes: { from: number; to: number }[] = [];
  let done = false;

  async function probe(): Promise<void> {
    await mkdir(dir, { recursive: true });
    while (!done) {
      const from = performance.now();
      const file = await open(join(dir, 'new'), 'w');
      await file.writeFile('x'.repeat(1_000));
      await file.sync();
      await file.close();
      await rename(join(dir, 'new'), join(dir, 'old'));
      probes.push({ from, to: performance.now() });
      await delay(PROBE_EVERY);
    }
  }
  const probing = probe();

  return {
    between: (from, to) =>
      probes
        .filter((one) => one.from < to && one.to > from)
        .reduce((slowest, one) => Math.max(slowest, one.to - one.from), 0),
    stop() {
      done = true;
      return probing;
    },
  };
}
