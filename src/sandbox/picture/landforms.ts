import type { Random } from './random.ts';
import { n } from './sheet.ts';

export type Point = readonly [x: number, y: number];

/** A jagged mountain line from left to right, around a base height, by halving a line again and again. */
export function ridge(
  random: Random,
  width: number,
  base: number,
  relief: number,
  roughness = 0.5,
  peaks = 3,
): Point[] {
  let line: Point[] = Array.from({ length: peaks * 2 + 1 }, (_, i): Point => {
    const high = i % 2 === 1;
    return [
      (i / (peaks * 2)) * width * 1.1 -
        width * 0.05 +
        (high ? random.between(-0.3, 0.3) * (width / peaks / 2) : 0),
      base - (high ? random.between(0.6, 1) : random.between(0, 0.25)) * relief,
    ];
  });
  let sway = relief * 0.22 * roughness;
  const rounds = width / peaks > 500 ? 5 : 4;
  for (let round = 0; round < rounds; round++) {
    line = line.flatMap(([x, y], i): Point[] => {
      const next = line[i + 1];
      if (next === undefined) return [[x, y]];
      const at = random.between(0.4, 0.6);
      return [
        [x, y],
        [x + (next[0] - x) * at, y + (next[1] - y) * at + random.between(-sway, sway)],
      ];
    });
    sway *= 0.52;
  }
  return line;
}

/** A soft line of hills from left to right. */
export function hills(random: Random, width: number, base: number, relief: number, spacing: number): Point[] {
  const count = Math.max(2, Math.round(width / spacing)) + 2;
  return Array.from(
    { length: count + 1 },
    (_, i): Point => [
      ((i - 1) / (count - 2)) * width,
      base + random.between(-relief, relief) * 0.5 + (i % 2 ? -relief : relief) * 0.35,
    ],
  );
}

const corner = ([x, y]: Point): string => `${n(x)} ${n(y)}`;

/** The line as straight strokes. */
export const jagged = (line: readonly Point[]): string => `M${line.map(corner).join('L')}`;

/** The line as one smooth curve through all its points. */
export function smooth(line: readonly Point[]): string {
  const at = (i: number): Point => line[Math.max(0, Math.min(line.length - 1, i))] ?? [0, 0];
  const parts = line.slice(1).map((end, i) => {
    const [before, start, after] = [at(i - 1), at(i), at(i + 2)];
    const first: Point = [start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6];
    const second: Point = [end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6];
    return `C${corner(first)} ${corner(second)} ${corner(end)}`;
  });
  return `M${corner(at(0))}${parts.join('')}`;
}

/** Closes a line downwards, so that it becomes a piece of land. */
export function grounded(path: string, line: readonly Point[], bottom: number): string {
  const first = line[0]?.[0] ?? 0;
  const last = line[line.length - 1]?.[0] ?? 0;
  return `${path}L${n(last)} ${n(bottom)}L${n(first)} ${n(bottom)}Z`;
}

/** The height of a line at some x. */
export function heightAt(line: readonly Point[], x: number): number {
  const i = line.findIndex(([px]) => px >= x);
  const [right, left] = [line[i], line[i - 1]];
  if (right === undefined) return line[line.length - 1]?.[1] ?? 0;
  if (left === undefined) return right[1];
  return left[1] + ((right[1] - left[1]) * (x - left[0])) / (right[0] - left[0]);
}

/** Many dots as a single path for a stroke with round ends: far cheaper than one circle each. */
export const dots = (points: readonly Point[]): string => points.map((p) => `M${corner(p)}h0`).join('');

/** A scalloped line of waves. */
export function ripple(width: number, y: number, length: number, rise: number, start: number): Point[] {
  const points: Point[] = [];
  for (let x = start - length * 2, i = 0; x < width + length * 2; x += length / 2, i++)
    points.push([x, y + (i % 2 ? -rise : rise) * (0.7 + 0.3 * Math.sin(i * 1.7))]);
  return points;
}
