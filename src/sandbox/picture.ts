import { createHash } from 'node:crypto';
import { outlines as latin } from '@fontsource/poppins/files/poppins-latin-500-normal.woff?outlines';
import { outlines as extended } from '@fontsource/poppins/files/poppins-latin-ext-500-normal.woff?outlines';
import type { Card, Reference } from './format.ts';
import { type MediaFile, plainPng } from './media.ts';

type Inset = Reference & { href?: string };
type Box = [x: number, y: number, width: number, height: number];
// With the space before it, and its outline if the font has all its letters; in thousandths of the font size.
type Word = { text: string; path: string | undefined; gap: number; width: number };

/** The maximum side of an inset reference, in pixels. */
export const MAX_INSET = 768;
const MAX_PIXELS = 36_000_000;
const INK = '#fff';
// The hues of the backgrounds, and the hue of the accent on each.
const HUES = [216, 316, 168, 236, 354, 204, 190, 24];
const ACCENTS = [36, 18, 28, 206, 34, 162, 14, 40];
// Glyphs by character, in thousandths of the font size.
const OUTLINES = { ...latin, ...extended };
const CJK = '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}';
// A word with the space before it: a character of CJK, or at most 24 others, so that a long URL is split.
const WORD = new RegExp(`(\\s*)([${CJK}][\\p{Po}\\p{Pe}ー]*|(?:[^\\s${CJK}]|\u00a0){1,24})`, 'gu');
const FULL_WIDTH = new RegExp(`[${CJK}\\p{Extended_Pictographic}\\u3000-\\u303f\\uff00-\\uff60]`, 'u');
const NO_WIDTH = /[\p{M}\p{Cf}]/u;
const RIGHT_TO_LEFT = /^\P{L}*[\p{sc=Arabic}\p{sc=Hebrew}]/u;

/** Draws a test card; the same card gives the same bytes. Without sharp it is a plain PNG of the right size. */
export async function drawCard(card: Card): Promise<MediaFile> {
  const { width, height, format, references } = card;
  const { default: sharp } = await import('sharp').catch(() => ({ default: undefined }));
  const seed = createHash('sha256').update(card.seed).digest();
  if (!sharp) return { type: 'image/png', data: plainPng(width, height, seed) };
  const inset = async (reference: Reference): Promise<Inset> => {
    const image = sharp(reference.data).autoOrient();
    const small = image.resize(MAX_INSET, MAX_INSET, { fit: 'inside', withoutEnlargement: true });
    const png = await small.png({ compressionLevel: 1 }).toBuffer();
    return { ...reference, href: `data:image/png;base64,${png.toString('base64')}` };
  };
  const insets = await Promise.all(references.map((reference) => inset(reference).catch(() => reference)));
  const clear = card.transparent && format !== 'jpeg';
  const drawn = sharp(Buffer.from(svg(card, seed, insets, clear)), { limitInputPixels: MAX_PIXELS });
  const image = clear ? drawn : drawn.removeAlpha();
  const encoded = {
    png: () => image.png({ compressionLevel: 6, adaptiveFiltering: false }),
    jpeg: () => image.jpeg({ quality: 88 }),
    webp: () => image.webp({ quality: 86, effort: 1 }),
  }[format]();
  return { type: `image/${format}`, data: await encoded.toBuffer() };
}

/** From top to bottom: the mark, the prompt with the references below or beside it, a rule, model and settings. */
function svg(card: Card, seed: Buffer, insets: Inset[], clear: boolean): string {
  const { width, height, index, count } = card;
  const unit = Math.min(Math.sqrt(width * height), 1.6 * Math.min(width, height)) / 100;
  const edge = clear ? 4 * unit : 0;
  const left = edge + 6 * unit;
  const inner = width - 2 * left;
  const mark = typeset('SANDBOX', inner, 4 * unit, 2.1 * unit);
  const place = typeset(count > 1 ? `${index + 1} of ${count}` : '', inner, 4 * unit, 2.1 * unit);
  const model = typeset(card.model, inner, 4 * unit, 2.5 * unit);
  const settings = typeset(card.settings, inner, 9 * unit, 2.1 * unit);
  const foot = height - left - model.height - settings.height - unit / 2;
  const top = left + 7 * unit;
  const room = foot - 5 * unit - top;
  const [across, down] = insets.length === 0 ? [1, 1] : inner > 1.25 * room ? [0.56, 1] : [1, 0.56];
  const prompt = typeset(card.prompt, inner * across, room * down, 20 * unit);
  const area: Box =
    across < 1 ? [left + inner * 0.6, top, inner * 0.4, room] : [left, top + room * 0.6, inner, room * 0.4];
  const [dark, , accent] = coloursOf(seed, index);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <clipPath id="panel"><rect ${box([edge, edge, width - 2 * edge, height - 2 * edge])} rx="${edge}"/></clipPath>
    <g clip-path="url(#panel)">${background(card, seed)}</g>
    <rect ${box([left, left, mark.width + 2.6 * unit, 4 * unit])} rx="${2 * unit}" fill="${accent}"/>
    ${mark.at(left + 1.3 * unit, left + 2 * unit - mark.height / 2, dark)}
    ${place.at(left + inner - place.width, left + 2 * unit - place.height / 2)}
    ${prompt.at(left, top)}${tiles(insets, area, unit)}
    <rect ${box([left, foot - 2 * unit, inner, unit / 6])} fill="${INK}" opacity=".4"/>
    ${model.at(left, foot)}${settings.at(left, foot + model.height + unit / 2, INK, 0.8)}
  </svg>`;
}

const n = (value: number): number => Math.round(value * 100) / 100;

const box = ([x, y, width, height]: Box): string =>
  `x="${n(x)}" y="${n(y)}" width="${n(Math.max(0, width))}" height="${n(Math.max(0, height))}"`;

function coloursOf(seed: Buffer, index: number): [dark: string, base: string, accent: string] {
  const at = (seed.readUInt8(0) + index) % HUES.length;
  return [`hsl(${HUES[at]}, 50%, 15%)`, `hsl(${HUES[at]}, 44%, 26%)`, `hsl(${ACCENTS[at]}, 80%, 73%)`];
}

/** A gradient, a glow from one side, and rings, stripes or waves. */
function background({ width: w, height: h, index }: Card, seed: Buffer): string {
  const random = (at: number) => seed.readUInt8((at + 5 * index) % seed.length) / 255;
  const [dark, base, accent] = coloursOf(seed, index);
  const [x, y, long] = [random(2) < 0.5 ? 0 : 1, n(random(3)), Math.max(w, h)];
  const patterns: ((step: number) => string)[] = [
    (s) => `<circle cx="${x * w}" cy="${y * h}" r="${n((s + 1) * long * 0.1)}" fill="none"
      stroke="${accent}" stroke-width="${n(long / 400)}" opacity="${n(0.22 - s * 0.02)}"/>`,
    (s) => `<path d="M${n(long * (s * 0.22 - 0.9))} ${h}l${h} ${-h}h${n(long * 0.1 * random(s + 6))}
      l${-h} ${h}z" fill="${accent}" opacity=".09"/>`,
    (s) => `<path d="M${n(-w * random(s + 6))} ${n(h * (0.36 + s * 0.1))}q${w / 2} ${n(h * -0.16)} ${w} 0
      t${w} 0t${w} 0V${h}H0z" fill="${s % 2 ? dark : accent}" opacity="${s % 2 ? 0.2 : 0.06}"/>`,
  ];
  const pattern = patterns[(seed.readUInt8(1) + index) % patterns.length];
  const stop = (colour: string, offset: number, opacity = 1) =>
    `<stop stop-color="${colour}" offset="${offset}" stop-opacity="${opacity}"/>`;
  const whole = `<rect ${box([0, 0, w, h])}`;
  return `<linearGradient id="base" x1="${1 - x}" y1="${1 - y}" x2="${x}" y2="${y}">${stop(dark, 0)}${stop(base, 1)}
    </linearGradient><radialGradient id="glow" cx="${x}" cy="${y}" r=".7">${stop(accent, 0, 0.2)}${stop(accent, 1, 0)}
    </radialGradient>${whole} fill="url(#base)"/>${whole} fill="url(#glow)"/>
    ${Array.from({ length: 8 }, (_, step) => pattern?.(step)).join('')}`;
}

/** The references, in the number of columns that makes them largest. */
function tiles(insets: Inset[], [left, top, width, height]: Box, unit: number): string {
  const sideIn = (columns: number) =>
    Math.min(width / columns - unit, height / Math.ceil(insets.length / columns) - 4 * unit);
  const columns = insets.map((_, at) => at + 1).sort((a, b) => sideIn(b) - sideIn(a))[0] ?? 1;
  const side = sideIn(columns);
  const tile = ({ label, url, href }: Inset, at: number) => {
    const x = left + (at % columns) * (side + unit);
    const y = top + Math.floor(at / columns) * (side + 4 * unit);
    const name = url.startsWith('data:') ? 'not an image' : url.slice(0, 200);
    const named = typeset(name, side - 2 * unit, side - 2 * unit, 2.2 * unit).at(x + unit, y + unit);
    const square = box([x, y, side, side]);
    return `<rect ${square} fill="${INK}" opacity=".14"/>${href ? `<image ${square} href="${href}"/>` : named}
      ${typeset(label, side, 2.5 * unit, 1.9 * unit).at(x, y + side + unit / 2, INK, 0.8)}`;
  };
  return insets.map(tile).join('');
}

const escaped = (text: string): string =>
  text.replace(/[\p{Cc}\ufffe\uffff]/gu, '').replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);

const widthOf = (line: Word[]): number => line.reduce((sum, { gap, width }) => sum + gap + width, 0);

function wordsOf(text: string, isRtl: boolean): Word[] {
  const advanceOf = (c: string) =>
    OUTLINES[c]?.[0] ?? (FULL_WIDTH.test(c) ? 1000 : NO_WIDTH.test(c) ? 0 : 660);
  return [...text.matchAll(WORD)].map(([, space, word = '']) => {
    const letters = [...word];
    const paths = isRtl ? [] : letters.flatMap((c) => OUTLINES[c]?.[1] ?? []);
    const path = paths.length === letters.length ? paths.join('') : undefined;
    const width = letters.reduce((sum, c) => sum + advanceOf(c), 0);
    return { text: word, path, gap: space ? advanceOf(' ') : 0, width };
  });
}

function wrap(words: Word[], room: number): Word[][] {
  const lines: Word[][] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line && widthOf(line) + word.gap + word.width <= room) line.push(word);
    else lines.push([{ ...word, gap: 0 }]);
  }
  return lines;
}

/** Sets a text in the largest font size, at most `max`, at which it fits into the box, with balanced lines. */
function typeset(text: string, width: number, height: number, max: number) {
  const isRtl = RIGHT_TO_LEFT.test(text);
  const source = text.normalize().split('\n');
  const paragraphs = source.map((paragraph) => wordsOf(paragraph, isRtl));
  const wrapped = (room: number) => paragraphs.flatMap((words) => wrap(words, room));
  const leadingOf = (size: number) => size * (1.5 - 0.35 * Math.min(1, size / max));
  const fits = (lines: Word[][], size: number) =>
    lines.length * leadingOf(size) <= height && lines.every((line) => widthOf(line) * size <= 1000 * width);
  let size = max;
  while (size > max / 1000 && !fits(wrapped((1000 * width) / size), size)) size *= 0.98;
  const widest = (1000 * width) / size;
  const { length } = wrapped(widest);
  const rooms = Array.from({ length: 40 }, (_, step) => widest * (1 - step / 100));
  const lines = wrapped(rooms.findLast((room) => wrapped(room).length === length) ?? widest);
  const leading = leadingOf(size);
  /** Draws it: letters as outlines, words in other scripts with the machine's own fonts. */
  const at = (x: number, y: number, fill = INK, opacity = 1) => {
    const drawn = lines.map((line, row) => {
      // Capitals, 0.7 of the font size high, are centred in their line.
      const baseline = leading * (row + 0.5) + 0.35 * size;
      let [pen, path, others, isOther] = [0, '', '', false];
      for (const word of line) {
        pen += word.gap;
        const start = `<text x="${isRtl ? n(width) : n((pen * size) / 1000)}" y="${n(baseline)}">`;
        if (word.path === undefined)
          others += (isOther ? ' '.repeat(Math.sign(word.gap)) : start) + escaped(word.text);
        else if (isOther) others += '</text>';
        isOther = word.path === undefined;
        path += `m${word.gap} 0${word.path ?? `m${word.width} 0`}`;
        pen += word.width;
      }
      const letters = `<path transform="translate(0 ${n(baseline)}) scale(${size / 1000})" d="M0 0${path}"/>`;
      return `${letters}${others}${isOther ? '</text>' : ''}`;
    });
    const text = `direction="${isRtl ? 'rtl' : 'ltr'}" font-family="sans-serif" font-size="${n(size)}"`;
    return `<g transform="translate(${n(x)} ${n(y)})" fill="${fill}" opacity="${opacity}" ${text}>${drawn.join('')}</g>`;
  };
  return { width: (Math.max(0, ...lines.map(widthOf)) * size) / 1000, height: lines.length * leading, at };
}
