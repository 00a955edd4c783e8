import type { Colour } from './colour.ts';

/** A point of a gradient: where, which colour, how opaque. */
export type Stop = readonly [offset: number, colour: Colour, opacity?: number];

/** A fill or stroke: a plain colour, `none`, or a reference that a {@link Sheet} made. */
export type Paint = Colour | 'none' | `url(#${string})`;

/** Rounds for markup: two decimals are finer than a pixel, and keep the picture small. */
export const n = (value: number): string => String(Math.round(value * 100) / 100);

/** Collects the gradients and clips that shapes of one picture refer to. */
export class Sheet {
  readonly #defs: string[] = [];
  readonly #known = new Map<string, string>();

  #define(build: (id: string) => string): string {
    const key = build('');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const id = `d${this.#defs.length}`;
    this.#defs.push(build(id));
    this.#known.set(key, id);
    return id;
  }

  /** A gradient from the top of the shape to its bottom. */
  down(...stops: readonly Stop[]): Paint {
    return `url(#${this.#define((id) => `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${marks(stops)}</linearGradient>`)})`;
  }

  /** A gradient from the left edge of the shape to its right edge. */
  across(...stops: readonly Stop[]): Paint {
    return `url(#${this.#define((id) => `<linearGradient id="${id}">${marks(stops)}</linearGradient>`)})`;
  }

  /** A gradient from the middle of the shape outwards; `cx` and `cy` move the middle. */
  round(stops: readonly Stop[], cx = 0.5, cy = 0.5): Paint {
    return `url(#${this.#define((id) => `<radialGradient id="${id}" cx="${n(cx)}" cy="${n(cy)}">${marks(stops)}</radialGradient>`)})`;
  }

  /** Shows the content only inside the outline. */
  clip(outline: string, content: string): string {
    const id = this.#define((name) => `<clipPath id="${name}"><path d="${outline}"/></clipPath>`);
    return `<g clip-path="url(#${id})">${content}</g>`;
  }

  get defs(): string {
    return `<defs>${this.#defs.join('')}</defs>`;
  }
}

function marks(stops: readonly Stop[]): string {
  return stops
    .map(
      ([at, colour, opacity = 1]) =>
        `<stop offset="${n(at)}" stop-color="${colour}" stop-opacity="${n(opacity)}"/>`,
    )
    .join('');
}

const seen = (opacity: number): string => (opacity < 1 ? ` opacity="${n(opacity)}"` : '');

/** A filled outline. */
export function shape(d: string, fill: Paint, opacity = 1): string {
  return `<path d="${d}" fill="${fill}"${seen(opacity)}/>`;
}

/** An open stroke with round ends. */
export function stroke(d: string, paint: Paint, width: number, opacity = 1): string {
  return `<path d="${d}" fill="none" stroke="${paint}" stroke-width="${n(width)}" stroke-linecap="round" stroke-linejoin="round"${seen(opacity)}/>`;
}

export function disc(x: number, y: number, r: number, fill: Paint, opacity = 1): string {
  return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" fill="${fill}"${seen(opacity)}/>`;
}

export function oval(x: number, y: number, rx: number, ry: number, fill: Paint, opacity = 1): string {
  return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="${fill}"${seen(opacity)}/>`;
}

export function box(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: Paint,
  radius = 0,
  opacity = 1,
): string {
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${n(radius)}" fill="${fill}"${seen(opacity)}/>`;
}

/** Marks light and shadow that falls around a thing, so that a cut-out sticker can leave it away. */
export function aura(content: string): string {
  return `<g class="aura">${content}</g>`;
}

/** Moves, scales and possibly mirrors or turns what was drawn around the origin. */
export function placed(
  content: string,
  x: number,
  y: number,
  scale: number,
  mirrored = false,
  turn = 0,
): string {
  const turned = turn === 0 ? '' : ` rotate(${n(turn)})`;
  return `<g transform="translate(${n(x)} ${n(y)})${turned} scale(${n(mirrored ? -scale : scale)} ${n(scale)})">${content}</g>`;
}
