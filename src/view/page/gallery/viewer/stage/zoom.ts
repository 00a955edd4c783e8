/** In CSS pixels; points count from the middle of the stage. */
export interface Point {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}

/** How a picture lies on the stage: 1 is as large as fits, in the middle. */
export interface View extends Point {
  scale: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 };

/** The view at another scale in which what was under a point still is. */
export function zoomAt(view: View, scale: number, { x, y }: Point): View {
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

/** The nearest view within the scales that keeps the stage covered as far as the picture reaches. */
export function bound(view: View, picture: Size, stage: Size, maxScale: number): View {
  const scale = Math.min(maxScale, Math.max(1, view.scale));
  const within = (at: number, size: number, room: number) => {
    const spare = Math.max(0, (size * scale - room) / 2);
    // -0 would be another view than 0.
    return Math.min(spare, Math.max(-spare, at)) || 0;
  };
  return {
    scale,
    x: within(view.x, picture.width, stage.width),
    y: within(view.y, picture.height, stage.height),
  };
}
