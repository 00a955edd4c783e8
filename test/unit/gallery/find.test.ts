import { describe, expect, it } from 'vitest';
import type { GalleryJob } from '../../../src/view/gallery-api.ts';
import { formatAddress, parseAddress } from '../../../src/view/page/gallery/find/address.ts';
import { createSearch, NO_FILTER } from '../../../src/view/page/gallery/find/filter.ts';

const job = (id: string, more: Partial<GalleryJob> = {}): GalleryJob => ({
  ...{ id, revision: 1, status: 'succeeded', model: 'openai/x', outputs: [] },
  submitted_at: '2026-03-04T12:00:00Z',
  ...more,
});

describe('the search of the gallery', () => {
  const JOBS = [
    job('fox', { prompt: 'A RED fox in the Café', request_id: 'req-1', favourite: true }),
    job('owl', {
      prompt: 'a red owl',
      model: 'other/y',
      status: 'in_queue',
      submitted_at: '2026-03-01T12:00:00Z',
    }),
    job('none', { submitted_at: undefined, status: 'unknown' }),
  ];
  const titles: string[] = [];
  const find = createSearch((model) => {
    titles.push(model);
    return model === 'openai/x' ? 'GPT Image' : model;
  });
  const ids = (filter: Partial<typeof NO_FILTER>) =>
    find(JOBS, { ...NO_FILTER, ...filter }).map(({ id }) => id);

  it('finds all words, in any order and case, in prompts, names of models and request ids', () => {
    expect(ids({})).toEqual(['fox', 'owl', 'none']);
    expect(ids({ words: ' FOX  red ' })).toEqual(['fox']);
    expect(ids({ words: 'red' })).toEqual(['fox', 'owl']);
    expect(ids({ words: 'gpt image fox' })).toEqual(['fox']);
    expect(ids({ words: 'req-1' })).toEqual(['fox']);
    expect(ids({ words: 'cafe\u0301' })).toEqual(['fox']);
    expect(ids({ words: '.*' })).toEqual([]);
  });

  it('reads a job once, however often is searched', () => {
    ids({ words: 'a' });
    const before = titles.length;
    ids({ words: 'ab' });
    expect(titles).toHaveLength(before);
  });

  it('finds by model, state, favourite and days', () => {
    expect(ids({ model: 'other/y' })).toEqual(['owl']);
    expect(ids({ state: 'waiting' })).toEqual(['owl']);
    expect(ids({ favourites: true })).toEqual(['fox']);
    expect(ids({ from: '2026-03-02' })).toEqual(['fox']);
    expect(ids({ to: '2026-03-01' })).toEqual(['owl']);
    expect(ids({ from: '2026-03-01', to: '2026-03-04' })).toEqual(['fox', 'owl']);
  });
});

describe('the address of the gallery', () => {
  it('says what is looked for and shown, and is read again', () => {
    const filter = {
      words: 'red & fox #1 <b>',
      model: 'openai/x',
      state: 'failed',
      favourites: true,
      from: '2026-01-02',
      to: '2026-02-03',
    };
    for (const show of [undefined, { id: '20260101T000000000Z-0123456789abcdef-01234567', index: 3 }]) {
      const address = formatAddress({ filter, show });
      expect(address).toMatch(/^#[\w%+=&.-]+$/);
      expect(parseAddress(address)).toEqual({ filter, show });
    }
    expect(formatAddress({ filter: NO_FILTER })).toBe('#');
    expect(parseAddress('')).toEqual({ filter: NO_FILTER, show: undefined });
  });

  it('takes what makes no sense for absent', () => {
    for (const hash of [
      '#state=__proto__&from=yesterday&to=2026-13-45&favourites=yes&show=../jobs,1',
      '#show=a,b&state=x&%%%',
      '#show=a,99999999&from=2026-1-1',
    ])
      expect(parseAddress(hash), hash).toEqual({ filter: NO_FILTER, show: undefined });
    expect(parseAddress(`#q=${'x'.repeat(9_999)}`).filter.words).toHaveLength(500);
  });
});
