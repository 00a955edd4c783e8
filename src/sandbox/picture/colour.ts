/** A colour written as `#rrggbb`. */
export type Colour = `#${string}`;

type Lab = readonly [lightness: number, a: number, b: number];

const toLinear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const fromLinear = (v: number): number => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);

function linearOf(colour: Colour): [number, number, number] {
  const bits = Number.parseInt(colour.slice(1), 16);
  return [toLinear((bits >> 16) / 255), toLinear(((bits >> 8) & 255) / 255), toLinear((bits & 255) / 255)];
}

function colourOf(linear: readonly number[]): Colour {
  const channels = linear.map((v) => Math.round(255 * fromLinear(Math.min(1, Math.max(0, v)))));
  return `#${channels.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
}

// OKLab keeps mixtures vivid: a blend of orange and blue passes through rose rather than grey mud.
function labOf(colour: Colour): Lab {
  const [r, g, b] = linearOf(colour);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function colourFromLab([lightness, a, b]: Lab): Colour {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return colourOf([
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]);
}

/** The colour a share `t` of the way from one colour to another. */
export function mix(from: Colour, to: Colour, t: number): Colour {
  const [l1, a1, b1] = labOf(from);
  const [l2, a2, b2] = labOf(to);
  return colourFromLab([l1 + (l2 - l1) * t, a1 + (a2 - a1) * t, b1 + (b2 - b1) * t]);
}

/** The colour, made lighter (`amount` above 0) or darker (below 0). */
export function shade(colour: Colour, amount: number): Colour {
  const [l, a, b] = labOf(colour);
  const kept = amount < 0 ? 1 + amount * 0.6 : 1 - amount * 0.4;
  return colourFromLab([Math.min(0.985, Math.max(0.08, l + amount)), a * kept, b * kept]);
}

/** Moves hue and chroma towards another colour, and lightness only a little, so light stays light. */
export function tint(colour: Colour, towards: Colour, strength: number): Colour {
  const [l, a, b] = labOf(colour);
  const [tl, ta, tb] = labOf(towards);
  return colourFromLab([l + (tl - l) * strength * 0.3, a + (ta - a) * strength, b + (tb - b) * strength]);
}

/** The colour as seen under coloured light. */
export function under(colour: Colour, light: Colour): Colour {
  const lamp = linearOf(light);
  return colourOf(linearOf(colour).map((v, i) => v * (lamp[i] ?? 1)));
}
