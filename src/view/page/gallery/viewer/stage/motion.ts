import { listenToGestures } from './gestures.ts';
import type { StageOptions } from './stage.ts';
import { bound, type Point, type View, WHOLE, zoomAt } from './zoom.ts';

// Times as large as fits; more only where the original has more.
const MAX_SCALE = 4;
const DOUBLE = 2.5;
// In ms.
const SLIDE = 180;
// What is pulled over the end follows this much.
const RESISTANCE = 0.25;
const MIDDLE: Point = { x: 0, y: 0 };

/** Zooms the picture on a stage, moves it, and has it follow the finger. */
export function createMotion(stage: HTMLElement, options: StageOptions) {
  let picture: HTMLElement | undefined;
  let isZoomable = false;
  let view: View = WHOLE;
  /** From where the next picture comes in, after a swipe. */
  let entersFrom = 0;

  function see(next: View): void {
    if (!picture) return;
    view = bound(next, sizeOf(picture), sizeOf(stage), isZoomable ? maxScale(picture) : 1);
    const { scale, x, y } = view;
    picture.style.transform = scale === 1 ? '' : `translate(${x}px, ${y}px) scale(${scale})`;
    stage.classList.toggle('zoomed', scale > 1);
  }

  const zoom = (factor: number, at: Point = MIDDLE) => see(zoomAt(view, clampScale(view.scale * factor), at));
  const clampScale = (scale: number) =>
    Math.min(picture && isZoomable ? maxScale(picture) : 1, Math.max(1, scale));

  listenToGestures(stage, {
    isZoomed: () => view.scale > 1,
    pan: ({ x, y }) => see({ ...view, x: view.x + x, y: view.y + y }),
    zoom,
    onDouble: (at) => (view.scale > 1 ? see(WHOLE) : zoom(DOUBLE, at)),
    onSwipe(dx) {
      if (!picture) return;
      const follows = options.canStep(dx < 0 ? 1 : -1) ? dx : dx * RESISTANCE;
      picture.style.transform = `translateX(${follows}px)`;
    },
    onSwiped(step) {
      if (!picture) return;
      if (step !== 0 && options.canStep(step)) {
        entersFrom = step * stage.clientWidth;
        options.onStep(step);
      } else slide(picture, picture.style.transform);
      if (picture) picture.style.transform = '';
    },
  });
  // As large as fits is another size in another window.
  new ResizeObserver(() => see(view)).observe(stage);

  return {
    /** Moves this from now on, and zooms it if it can be. */
    take(next: HTMLElement | null, { canZoom }: { canZoom: boolean }): void {
      picture = next ?? undefined;
      isZoomable = canZoom;
      if (picture && entersFrom !== 0) slide(picture, `translateX(${entersFrom}px)`);
      entersFrom = 0;
    },
    isZoomed: () => view.scale > 1,
    zoom,
    reset(): void {
      see(WHOLE);
    },
  };
}

/** Moves an element to its place. */
function slide(element: HTMLElement, from: string): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  element.animate([{ transform: from }, { transform: 'none' }], { duration: SLIDE, easing: 'ease-out' });
}

// Without its transform.
const sizeOf = ({ offsetWidth, offsetHeight }: HTMLElement) => ({
  width: offsetWidth,
  height: offsetHeight,
});

/** Up to twice the original's own pixels. */
function maxScale(picture: HTMLElement): number {
  const { naturalWidth = 0 } = picture.querySelector('img') ?? {};
  return Math.max(MAX_SCALE, (2 * naturalWidth) / Math.max(1, picture.offsetWidth));
}
