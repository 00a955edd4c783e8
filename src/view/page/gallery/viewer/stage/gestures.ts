import type { Point } from './zoom.ts';

export interface Gestures {
  isZoomed(): boolean;
  /** Moves a zoomed picture. */
  pan(by: Point): void;
  zoom(factor: number, at: Point): void;
  /** A double click or tap. */
  onDouble(at: Point): void;
  /** A finger has moved a picture that is not zoomed by so much. */
  onSwipe(dx: number): void;
  /** It was let go: to the next (1), the previous (-1) or back (0). */
  onSwiped(step: -1 | 0 | 1): void;
}

// In px and ms.
const FAR = 90;
const FLICK = 24;
const FLICK_SPEED = 0.4;
const TAP = 10;
const DOUBLE_TAP_MS = 350;
// A notch of a wheel is 100 to 120; a pinch on a trackpad comes as a wheel with ctrl, in much smaller steps.
const WHEEL = 0.0018;
const TRACKPAD_PINCH = 0.012;

/** Reads what mouse, pen and fingers do on the stage. */
export function listenToGestures(stage: HTMLElement, on: Gestures): void {
  const fingers = new Map<number, Point>();
  let began = { x: 0, y: 0, at: 0 };
  let swipe: { dx: number; at: number } | undefined;
  let lastTap: (Point & { at: number }) | undefined;
  let isTap = false;

  const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top, width, height } = stage.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  };

  function endSwipe(step: -1 | 0 | 1): void {
    if (swipe) on.onSwiped(step);
    swipe = undefined;
  }

  function pinch(before: Point, now: Point, other: Point): void {
    const distance = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
    on.pan({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
    if (distance(before) > 0)
      on.zoom(distance(now) / distance(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
  }

  function tap(point: Point, at: number): void {
    const isSecond =
      lastTap && at - lastTap.at < DOUBLE_TAP_MS && Math.hypot(point.x - lastTap.x, point.y - lastTap.y) < 30;
    lastTap = isSecond ? undefined : { ...point, at };
    if (isSecond) on.onDouble(point);
  }

  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || (event.target as Element).closest('button, a, video, audio, blockquote'))
      return;
    const point = pointOf(event);
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, point);
    isTap = fingers.size === 1;
    began = { ...point, at: event.timeStamp };
    if (fingers.size > 1) endSwipe(0);
  });
  stage.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = pointOf(event);
    fingers.set(event.pointerId, now);
    if (Math.hypot(now.x - began.x, now.y - began.y) > TAP) isTap = false;
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) return pinch(before, now, other);
    if (on.isZoomed()) return on.pan({ x: now.x - before.x, y: now.y - before.y });
    if (event.pointerType === 'mouse' || isTap) return;
    swipe = { dx: now.x - began.x, at: event.timeStamp };
    on.onSwipe(swipe.dx);
  });
  const onEnd = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    if (isTap && event.type === 'pointerup') tap(pointOf(event), event.timeStamp);
    // The finger that is left over goes on from where it is.
    const [left] = fingers.values();
    if (left) began = { ...left, at: event.timeStamp };
    const { dx } = swipe ?? { dx: 0 };
    const speed = Math.abs(dx) / Math.max(1, event.timeStamp - began.at);
    const isFar = Math.abs(dx) > FAR || (Math.abs(dx) > FLICK && speed > FLICK_SPEED);
    endSwipe(isFar && event.type === 'pointerup' ? (dx < 0 ? 1 : -1) : 0);
  };
  stage.addEventListener('pointerup', onEnd);
  stage.addEventListener('pointercancel', onEnd);
  stage.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      on.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? TRACKPAD_PINCH : WHEEL)), pointOf(event));
    },
    { passive: false },
  );
}
