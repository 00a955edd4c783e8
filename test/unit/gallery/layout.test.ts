import { describe, expect, it } from 'vitest';
import type { GalleryJob } from '../../../src/view/gallery-api.ts';
import { daysOf } from '../../../src/view/page/gallery/list/days.ts';
import { boxAfter } from '../../../src/view/page/gallery/list/keys.ts';
import {
  type Box,
  boundedAspect,
  columns,
  justifiedRows,
  layOut,
  type Place,
} from '../../../src/view/page/gallery/list/layout.ts';
import { spaceFor } from '../../../src/view/page/gallery/list/space.ts';

const WIDTHS = [328, 390, 700, 1213, 1920, 3440];
const GAP = 8;
const ROW = 240;

/** Proportions as they come, the same each time. */
function aspects(count: number): number[] {
  const known = [1, 16 / 9, 9 / 16, 3 / 2, 2 / 3, 21 / 9, 9 / 21, 4 / 3, 3, 1 / 3];
  return Array.from(
    { length: count },
    (_, index) => known[(index * index * 7 + index * 3) % known.length] ?? 1,
  );
}

const outputs = (count: number) => Array.from({ length: count }, () => ({ kind: 'image' as const }));
const job = (id: string, more: Partial<GalleryJob> = {}): GalleryJob => ({
  ...{ id, revision: 1, status: 'succeeded', model: 'm', submitted_at: '2026-03-04T12:00:00Z' },
  outputs: outputs(1),
  ...more,
});

/** The places of each row, from the top. */
function rowsOf(places: readonly Place[]): Place[][] {
  const rows = new Map<number, Place[]>();
  for (const place of places) rows.set(place.y, [...(rows.get(place.y) ?? []), place]);
  return [...rows.values()];
}

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function expectNoOverlap(places: readonly Place[]): void {
  const sorted = [...places].sort((a, b) => a.y - b.y);
  for (const [index, place] of sorted.entries())
    for (const other of sorted.slice(index + 1, index + 40))
      if (overlap(place, other)) expect([place, other]).toBe('apart');
}

describe('rows of pictures', () => {
  it('fill the width to the pixel, in order, without overlap', () => {
    for (const width of WIDTHS) {
      const places = justifiedRows(aspects(200), width, GAP, ROW);
      const rows = rowsOf(places);
      for (const row of rows.slice(0, -1)) {
        expect(row[0]?.x).toBe(0);
        expect((row.at(-1)?.x ?? 0) + (row.at(-1)?.width ?? 0)).toBe(width);
        for (const [index, { x }] of row.slice(1).entries())
          expect(x - (row[index]?.x ?? 0) - (row[index]?.width ?? 0)).toBe(GAP);
      }
      expect(rows.flat()).toEqual(places);
      expectNoOverlap(places);
      for (const place of places) for (const length of Object.values(place)) expect(length % 1).toBe(0);
    }
  });

  it('keep the proportions, and heights near the one that is wished', () => {
    const given = aspects(200);
    const places = justifiedRows(given, 1213, GAP, ROW);
    for (const [index, { width, height }] of places.entries()) {
      expect(Math.abs(width - height * (given[index] ?? 1))).toBeLessThan(2.5);
      expect(height).toBeGreaterThan(ROW * 0.6);
      expect(height).toBeLessThan(ROW * 1.6);
    }
  });

  it('do not blow up the last one, unless it is nearly full', () => {
    expect(justifiedRows([1], 1200, GAP, ROW)).toEqual([{ x: 0, y: 0, width: ROW, height: ROW }]);
    expect(justifiedRows([1, 1], 1200, GAP, ROW).at(-1)?.height).toBe(ROW);
    const nearly = justifiedRows([1, 1, 1, 1.4], 1200, GAP, ROW).at(-1);
    expect((nearly?.x ?? 0) + (nearly?.width ?? 0)).toBe(1200);
  });

  it('bound what is extreme or makes no sense', () => {
    expect(boundedAspect(21 / 9)).toBe(21 / 9);
    expect(boundedAspect(9 / 21)).toBe(9 / 21);
    expect(boundedAspect(100)).toBe(3.2);
    expect(boundedAspect(0.001)).toBe(0.3);
    for (const nonsense of [0, -1, Number.NaN]) expect(boundedAspect(nonsense)).toBe(1);
    expect(boundedAspect(Number.POSITIVE_INFINITY)).toBe(3.2);
  });

  it('are two columns on a phone, as even as can be', () => {
    for (const width of [296, 366, 607]) {
      const given = aspects(60).map(boundedAspect);
      const places = columns(given, width, 6);
      expectNoOverlap(places);
      expect(new Set(places.map(({ x }) => x)).size).toBe(2);
      expect(Math.max(...places.map((place) => place.x + place.width))).toBe(width);
      const bottomOf = (x: number) =>
        Math.max(...places.filter((place) => place.x === x).map(({ y, height }) => y + height));
      const bottoms = [...new Set(places.map(({ x }) => x))].map(bottomOf);
      const highest = Math.max(...places.map(({ height }) => height));
      expect(Math.abs((bottoms[0] ?? 0) - (bottoms[1] ?? 0))).toBeLessThanOrEqual(highest + 6);
    }
    expect(spaceFor(390 - 24).row).toBeUndefined();
    expect(spaceFor(640).row).toBeDefined();
  });
});

describe('the list', () => {
  const lay = (jobs: GalleryJob[], width = 1200) => layOut(daysOf(jobs), spaceFor(width), () => 1);

  it('puts days below each other, in each first what has no picture', () => {
    const jobs = [
      job('d', { outputs: outputs(2) }),
      job('c', { status: 'in_queue', outputs: [] }),
      job('b', { submitted_at: '2026-03-01T12:00:00Z' }),
      job('a', { submitted_at: undefined }),
    ];
    const sections = lay(jobs);
    expect(sections.map(({ day }) => day.date)).toEqual(['2026-03-04', '2026-03-01', '']);
    expect(sections.map(({ boxes }) => boxes.map(({ key }) => key))).toEqual([
      ['c/-1', 'd/0', 'd/1'],
      ['b/0'],
      ['a/0'],
    ]);
    for (const [index, { top, height, boxes }] of sections.entries()) {
      const { heading } = spaceFor(1200);
      for (const { y } of boxes) expect(y).toBeGreaterThanOrEqual(top + heading);
      for (const { y, height: high } of boxes) expect(y + high).toBeLessThanOrEqual(top + height);
      expect(top).toBeGreaterThanOrEqual(
        (sections[index - 1]?.top ?? 0) + (sections[index - 1]?.height ?? 0),
      );
    }
  });

  it('takes 5,000 jobs', () => {
    const given = aspects(5_000);
    const jobs = given.map((aspect, index) => {
      const submitted_at = new Date(Date.UTC(2026, 0, 90 - index / 60, 12)).toISOString();
      return job(String(index), { aspect, submitted_at });
    });
    for (const width of [366, 1213]) {
      const boxes = layOut(daysOf(jobs), spaceFor(width), ({ aspect = 1 }) => aspect).flatMap(
        (section) => section.boxes,
      );
      expect(boxes.map((box) => box.job)).toEqual(jobs);
      expectNoOverlap(boxes);
    }
  });

  it('leads by keys to what lies there', () => {
    // Four squares in a row, then one alone, and another day's.
    const jobs = ['f', 'e', 'd', 'c', 'b'].map((id) => job(id));
    const sections = lay([...jobs, job('a', { submitted_at: '2026-03-01T12:00:00Z' })], 1100);
    const boxes = sections.flatMap((section) => section.boxes);
    const walk = (from: string, ...keys: string[]) => {
      let at = boxes.find(({ key }) => key === `${from}/0`) as Box;
      for (const key of keys) at = boxAfter(boxes, at, key, 600) ?? at;
      return at.key;
    };
    expect(walk('f', 'ArrowRight')).toBe('e/0');
    expect(walk('c', 'ArrowRight')).toBe('b/0');
    expect(walk('b', 'ArrowLeft')).toBe('c/0');
    expect(walk('f', 'ArrowDown')).toBe('b/0');
    expect(walk('c', 'ArrowDown')).toBe('b/0');
    expect(walk('f', 'ArrowDown', 'ArrowDown')).toBe('a/0');
    expect(walk('b', 'ArrowUp')).toBe('f/0');
    expect(walk('f', 'End')).toBe('a/0');
    expect(walk('a', 'Home')).toBe('f/0');
    expect(walk('f', 'PageDown')).toBe('a/0');
    expect(walk('a', 'PageUp')).toBe('f/0');
    expect(walk('f', 'x')).toBe('f/0');
  });
});
