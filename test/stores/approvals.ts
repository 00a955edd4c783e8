import { describe, expect, it } from 'vitest';
import type { ApprovalRequest } from '../../src/jobs/store.ts';
import { ACCOUNT, type Backend, clock } from './backends.ts';

const LIFE = 600_000;
const MINE = '00000000000000aa';
const OTHER = '00000000000000bb';

let codes = 0;
const request = (given: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  fingerprint: MINE,
  usd: 0.5,
  subject: 'a job',
  // In whole ms, as the system's clock counts.
  expires: Math.floor(clock.now()) + LIFE,
  ...given,
});

/** What every store holds of approvals. */
export function conformsInApprovals(open: () => Backend): void {
  /** Two processes, of which the first has a request approved. */
  async function approved(given: Partial<ApprovalRequest> = {}) {
    const backend = open();
    const [one, two] = [(await backend.start()).store, (await backend.start()).store];
    const code = `CODE-${codes++}`;
    await one.approvals.request(code, request(given));
    expect(await two.approvals.approve(code)).toEqual(request(given));
    return { backend, one: one.approvals, two: two.approvals, code };
  }

  describe('an approval', () => {
    it('is taken once, whoever asks', async () => {
      const { one, two, code } = await approved();
      const takers = Array.from({ length: 10 }, (_, nth) => (nth % 2 ? one : two).take(MINE, 0.5));
      expect((await Promise.all(takers)).filter(Boolean)).toHaveLength(1);
      expect(await two.take(MINE, 0.5)).toBe(false);
      expect(await one.approve(code)).toBeUndefined();
      expect(await two.take(MINE, 0.5)).toBe(false);
    });

    it('needs a request and its code', async () => {
      const { store } = await open().start();
      const { approvals } = store;
      expect(await approvals.take(MINE, 0)).toBe(false);
      await approvals.request('RIGHT', request());
      expect(await approvals.take(MINE, 0.5)).toBe(false);
      for (const wrong of ['', 'WRONG', 'right', '../RIGHT'])
        expect(await approvals.approve(wrong)).toBeUndefined();
      expect(await approvals.take(MINE, 0.5)).toBe(false);
    });

    it('may be given twice, and counts once', async () => {
      const { one, two, code } = await approved();
      expect(await one.approve(code)).toEqual(request());
      expect(await one.take(MINE, 0.5)).toBe(true);
      expect(await two.take(MINE, 0.5)).toBe(false);
    });

    it('is for its calls only', async () => {
      const { one } = await approved();
      expect(await one.take(OTHER, 0.5)).toBe(false);
      expect(await one.take(MINE, 0.5)).toBe(true);
    });

    it('is for its account only', async () => {
      const { backend, one, code } = await approved();
      const { store } = await backend.start({ ...ACCOUNT, tenant: 'another' });
      expect(await store.approvals.approve(code)).toBeUndefined();
      expect(await store.approvals.take(MINE, 0.5)).toBe(false);
      expect(await one.take(MINE, 0.5)).toBe(true);
    });

    it.each<[what: string, approvedUsd: number | undefined, usd: number | undefined, isEnough: boolean]>([
      ['of an amount, for less', 0.5, 0.4, true],
      ['of an amount, for more', 0.5, 0.51, false],
      ['of an amount, for an unknown one', 0.5, undefined, false],
      ['of an unknown amount, for any', undefined, 9, true],
      ['of an unknown amount, for an unknown one', undefined, undefined, true],
    ])('%s', async (_, approvedUsd, usd, isEnough) => {
      const { store } = await open().start();
      const { usd: __, ...unknown } = request();
      const asked = approvedUsd === undefined ? unknown : request({ usd: approvedUsd });
      await store.approvals.request('CODE', asked);
      await store.approvals.approve('CODE');
      expect(await store.approvals.take(MINE, usd)).toBe(isEnough);
    });

    it('ends with its time, given or not', async () => {
      const { one, two, code } = await approved();
      await two.request('UNANSWERED', request({ fingerprint: OTHER }));
      clock.advance(LIFE - 1);
      expect(await two.approve('UNANSWERED')).toBeDefined();
      clock.advance(1);
      expect(await one.take(MINE, 0.5)).toBe(false);
      expect(await two.take(OTHER, 0.5)).toBe(false);
      for (const each of [code, 'UNANSWERED']) expect(await one.approve(each)).toBeUndefined();
    });
  });
}
