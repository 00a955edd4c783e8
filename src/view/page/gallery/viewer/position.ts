import type { createFrame } from './frame.ts';
import type { createSequence } from './sequence.ts';

/** Shows which picture of how many is shown, and whether there are others beside it. */
export function createPosition(
  pictures: ReturnType<typeof createSequence>,
  frame: Pick<ReturnType<typeof createFrame>, 'showPosition'>,
) {
  let isDue = false;
  function draw(): void {
    isDue = false;
    frame.showPosition(pictures.position(), {
      hasPrevious: pictures.neighbour(-1) !== undefined,
      hasNext: pictures.neighbour(1) !== undefined,
    });
  }
  return {
    draw,
    drawSoon(): void {
      if (!isDue) queueMicrotask(draw);
      isDue = true;
    },
  };
}
