import { expect, it } from 'vitest';
import type { GalleryDetails } from '../../../src/view/gallery-api.ts';
import { costText } from '../../../src/view/page/gallery/viewer/panel/facts.ts';

const job: GalleryDetails = {
  ...{ id: 'a', revision: 1, status: 'succeeded', model: 'm/m', outputs: [] },
  ...{ settings: {}, input: {}, cut: [], references: [] },
};
const estimate = { low: 0.04, median: 0.04, high: 0.04 };

it('the gallery tells what a job cost, or an estimate that is called one', () => {
  const words = (more: Partial<GalleryDetails>) => costText({ ...job, ...more });
  expect(words({ cost_usd: 0, estimate })).toBe('$0.00');
  expect(words({ estimate })).toBe('Not reported. Estimated $0.04 (published price).');
  expect(words({})).toBe('Not reported');
  expect(words({ status: 'in_queue', estimate })).toBe('Estimated $0.04 (published price).');
  expect(words({ status: 'in_queue' })).toBe(undefined);
});
