import type { Box, Place } from './layout.ts';

// Of how far something is to the side, against how far it is above or below.
const ASIDE = 0.3;

/** The box that a key leads to from another; undefined for other keys, and where there is none. `page` in px. */
export function boxAfter(boxes: readonly Box[], from: Box, key: string, page: number): Box | undefined {
  const at = boxes.indexOf(from);
  const middle = from.x + from.width / 2;
  const level = from.y + from.height / 2;
  const aside = ({ x, width }: Place) => Math.max(0, x - middle, middle - x - width);
  const isBeside = ({ y, height }: Place) => y < from.y + from.height && y + height > from.y;
  const offLevel = ({ y, height }: Place) => Math.abs(y + height / 2 - level);
  const beside = (sign: number) =>
    nearest(boxes, (box) =>
      isBeside(box) && (box.x - from.x) * sign > 0
        ? Math.abs(box.x - from.x) + offLevel(box) * ASIDE
        : Number.POSITIVE_INFINITY,
    ) ?? boxes[at + sign];
  const beyond = (gap: (box: Box) => number) =>
    nearest(boxes, (box) => (gap(box) >= 0 ? gap(box) + aside(box) * ASIDE : Number.POSITIVE_INFINITY));
  const towards = (y: number) =>
    nearest(boxes, (box) => Math.abs(box.y + box.height / 2 - y) + aside(box) * ASIDE);
  switch (key) {
    case 'ArrowRight':
      return beside(1);
    case 'ArrowLeft':
      return beside(-1);
    case 'ArrowDown':
      return beyond(({ y }) => y - from.y - from.height);
    case 'ArrowUp':
      return beyond(({ y, height }) => from.y - y - height);
    case 'PageDown':
      return towards(level + page);
    case 'PageUp':
      return towards(level - page);
    case 'Home':
      return boxes[0];
    case 'End':
      return boxes.at(-1);
    default:
      return undefined;
  }
}

/** The box with the least distance, the first of equals; undefined if all are infinitely far. */
function nearest(boxes: readonly Box[], distanceOf: (box: Box) => number): Box | undefined {
  let found: Box | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const box of boxes) {
    const distance = distanceOf(box);
    if (distance >= least) continue;
    least = distance;
    found = box;
  }
  return found;
}
