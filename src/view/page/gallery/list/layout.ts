import type { GalleryJob } from '../../../gallery-api.ts';
import { type Day, entriesOf } from './days.ts';

/** Where something is and how large, in whole px. */
export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A picture, or a job without one as a strip (`index` -1), from the list's top left corner. */
export interface Box extends Place {
  key: string;
  job: GalleryJob;
  index: number;
}

/** A day from the list's top: its heading first, then its boxes in order. */
export interface Section {
  day: Day;
  top: number;
  height: number;
  boxes: Box[];
}

/** Lengths in px. */
export interface Space {
  width: number;
  gap: number;
  heading: number;
  strip: number;
  /** How high a row of pictures should be; without it they stand in two columns. */
  row?: number;
}

// The models make 1:3 to 3:1. What is narrower or flatter gets bars: as a hair or a thread it is nothing to look at.
const MIN_ASPECT = 0.3;
const MAX_ASPECT = 3.2;
const COLUMNS = 2;
// A last row that nearly fills the width fills it.
const NEARLY_FULL = 1.2;

export const keyOf = (id: string, index: number): string => `${id}/${index}`;

/** A width / height within what a list can show. */
export const boundedAspect = (aspect: number): number =>
  aspect > 0 ? Math.min(Math.max(aspect, MIN_ASPECT), MAX_ASPECT) : 1;

/** Rows that fill the width to the pixel, but for the last one, which is no higher than the others. */
export function justifiedRows(aspects: readonly number[], width: number, gap: number, row: number): Place[] {
  const places: Place[] = [];
  let y = 0;
  let first = 0;
  let sum = 0;
  const heightOf = (total: number, count: number) => (width - gap * (count - 1)) / total;
  const end = (last: number, height: number) => {
    let seen = 0;
    for (let index = first; index < last; index++) {
      const gaps = (index - first) * gap;
      const x = Math.round(seen * height + gaps);
      seen += aspects[index] ?? 1;
      const right = Math.round(seen * height + gaps);
      places.push({ x, y, width: right - x, height: Math.round(height) });
    }
    y += Math.round(height) + gap;
    first = last;
    sum = 0;
  };
  aspects.forEach((aspect, index) => {
    const count = index - first;
    const without = heightOf(sum, count);
    if (count > 0 && without - row < row - heightOf(sum + aspect, count + 1)) end(index, without);
    sum += aspect;
  });
  if (sum > 0) {
    const full = heightOf(sum, aspects.length - first);
    end(aspects.length, full > row * NEARLY_FULL ? row : full);
  }
  return places;
}

/** Columns of one width: each picture goes to the one that is shortest so far. */
export function columns(aspects: readonly number[], width: number, gap: number): Place[] {
  const bottoms = new Array<number>(COLUMNS).fill(0);
  const left = (column: number) => Math.round((column * (width + gap)) / COLUMNS);
  return aspects.map((aspect) => {
    const y = Math.min(...bottoms);
    const column = bottoms.indexOf(y);
    const x = left(column);
    const place = { x, y, width: left(column + 1) - gap - x, height: 0 };
    place.height = Math.round(place.width / aspect);
    bottoms[column] = y + place.height + gap;
    return place;
  });
}

/** Lays out days below each other; `aspectOf` tells the width / height of a picture. */
export function layOut(
  days: readonly Day[],
  space: Space,
  aspectOf: (job: GalleryJob, index: number) => number,
): Section[] {
  const { width, gap, heading, strip, row } = space;
  let top = 0;
  return days.map((day) => {
    const entries = entriesOf(day);
    const pictures = entries.filter(({ index }) => index >= 0);
    let bottom = top + heading;
    const boxes: Box[] = entries.slice(0, entries.length - pictures.length).map((entry) => {
      const y = bottom;
      bottom += strip + gap;
      return { ...entry, key: keyOf(entry.job.id, entry.index), x: 0, y, width, height: strip };
    });
    const aspects = pictures.map(({ job, index }) => boundedAspect(aspectOf(job, index)));
    const places = row ? justifiedRows(aspects, width, gap, row) : columns(aspects, width, gap);
    const start = bottom;
    pictures.forEach(({ job, index }, at) => {
      const place = places[at] as Place;
      const y = start + place.y;
      boxes.push({ ...place, y, key: keyOf(job.id, index), job, index });
      bottom = Math.max(bottom, y + place.height + gap);
    });
    const section = { day, top, height: bottom - top, boxes };
    top = bottom + 2 * gap;
    return section;
  });
}
