import { describe, expect, it } from 'vitest';
import { BURST } from '../../src/jobs/polling/pace.ts';
import { ACCOUNT, type Backend, type Process } from './backends.ts';

// So slow that a store with a time of its own answers all that a test asks within the time of one read.
const PER_SECOND = 0.1;
const EACH = 10_000;

/** Waits in reads that go first. */
const inReads = (waits: readonly number[]) => waits.map((ms) => Math.ceil(ms / EACH)).sort((a, b) => a - b);
/** Of so many reads that are asked for at once, one by one. */
const waitsOf = (count: number) =>
  Array.from({ length: count }, (_, place) => Math.max(0, place + 1 - BURST));

/** What every store holds of the budget of reads that so many processes have in common. */
export function conformsInReads(createBackend: () => Backend, sharing: number): void {
  async function start(): Promise<Process[]> {
    const backend = createBackend();
    return Promise.all(Array.from({ length: sharing }, () => backend.start()));
  }
  const one = async () => (await start())[0] as Process;

  describe('reads', () => {
    it(`of ${sharing} processes go a few at once, and then at one pace`, async () => {
      const processes = await start();
      const asked = Array.from({ length: 30 }, (_, nth) =>
        (processes[nth % sharing] as Process).store.takeReads(1, PER_SECOND),
      );
      expect(inReads(await Promise.all(asked))).toEqual(waitsOf(30));
    });

    it('that are taken together may go when the last of them would', async () => {
      const { store } = await one();
      const waits = [];
      for (const count of [BURST, 3, 1]) waits.push(await store.takeReads(count, PER_SECOND));
      expect(inReads(waits)).toEqual([0, 3, 4]);
    });

    it('are counted for each account', async () => {
      const backend = createBackend();
      const { store } = await backend.start();
      await store.takeReads(30, PER_SECOND);
      for (const account of [
        { ...ACCOUNT, tenant: 'another' },
        { ...ACCOUNT, api: 'https://other.example' },
      ]) {
        const other = await backend.start(account);
        expect(await other.store.takeReads(BURST, PER_SECOND)).toBe(0);
      }
    });
  });
}
