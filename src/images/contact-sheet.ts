import { inThreadPool } from '../thread-pool.ts';
import { loadSharp } from './decode.ts';
import { encode, type Preview } from './preview.ts';
import { LABEL_HEIGHT, label, type Sign, sign } from './sheet-marks.ts';

/** A numbered place on a sheet: a picture, or the sign for why there is none. */
export type Cell = { number: number } & ({ preview: Preview } | { sign: Sign });

interface Size {
  width: number;
  height: number;
}

/** In pixels. */
const MAX_SIDE = 768;
// As base64 it has 120 kB, which every host takes.
const MAX_BYTES = 90_000;
const GAP = 6;
// A label and a sign fit into it.
const MIN_CELL = 3 * LABEL_HEIGHT;
const SHEET_COLOUR = '#bcbcbc';
const CELL_COLOUR = '#e8e8e8';

/** Cells in rows, in their order, as one JPEG. At least one has a picture. Throws `sharp_missing`. */
export async function contactSheet(cells: readonly Cell[]): Promise<Preview> {
  const sharp = await loadSharp();
  const sizes = await Promise.all(
    cells.map(async (cell) => {
      if (!('preview' in cell)) return undefined;
      const { width, height } = await inThreadPool(sharp(cell.preview.data).metadata());
      return { width, height };
    }),
  );
  const usual = sizes.find((size) => size !== undefined) ?? { width: 1, height: 1 };
  const { width, height, boxes } = layOut(sizes.map((size) => size ?? usual));
  const pictures = await Promise.all(
    cells.map(async (cell, index) => {
      const { x, y, box, picture } = boxes[index] as Box;
      if (!('preview' in cell)) return [];
      const resized = sharp(cell.preview.data).resize({ ...picture, fit: 'fill' });
      const input = await inThreadPool(resized.png({ compressionLevel: 0 }).toBuffer());
      const left = x + Math.floor((box.width - picture.width) / 2);
      return [{ input, left, top: y + Math.floor((box.height - picture.height) / 2) }];
    }),
  );
  const svg = (content: string[]) =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content.join('')}</svg>`,
    );
  const ground = boxes.map(
    ({ x, y, box }) =>
      `<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" fill="${CELL_COLOUR}"/>`,
  );
  const marks = cells.map((cell, index) => {
    const { x, y, box } = boxes[index] as Box;
    const why = 'sign' in cell ? sign(cell.sign, x + box.width / 2, y + box.height / 2) : '';
    return why + label(cell.number, x + 4, y + 4);
  });
  const sheet = sharp({ create: { width, height, channels: 3, background: SHEET_COLOUR } }).composite([
    { input: svg(ground) },
    ...pictures.flat(),
    { input: svg(marks) },
  ]);
  return encode(sheet.removeAlpha(), Math.max(width, height), MAX_BYTES);
}

/** The place of a cell, and the size of the picture in its middle. */
interface Box {
  x: number;
  y: number;
  box: Size;
  picture: Size;
}

type Layout = Size & { boxes: Box[] };

/** The layout in which the pictures are largest; of equal ones that with the smallest sheet, then the widest. */
function layOut(sizes: readonly Size[]): Layout {
  const layouts = sizes
    .map((_, index) => inColumns(sizes, sizes.length - index))
    .filter(({ width, height }) => Math.max(width, height) <= MAX_SIDE);
  const shown = ({ boxes }: Layout) => boxes.reduce((sum, { picture }) => sum + area(picture), 0);
  return layouts.reduce((best, one) => {
    // Pixels are whole, so equal layouts differ a little.
    const ratio = shown(one) / shown(best);
    return ratio > 1.02 || (ratio > 0.98 && area(one) < 0.98 * area(best)) ? one : best;
  });
}

const area = ({ width, height }: Size): number => width * height;

function inColumns(sizes: readonly Size[], columns: number): Layout {
  const rows = Math.ceil(sizes.length / columns);
  const most = {
    width: Math.floor((MAX_SIDE - GAP * (columns + 1)) / columns),
    height: Math.floor((MAX_SIDE - GAP * (rows + 1)) / rows),
  };
  const pictures = sizes.map((size) => scaleDown(size, most));
  const cellWidth = Math.max(MIN_CELL, ...pictures.map(({ width }) => width));
  const boxes: Box[] = [];
  let y = GAP;
  for (let first = 0; first < sizes.length; first += columns) {
    const row = pictures.slice(first, first + columns);
    const box = { width: cellWidth, height: Math.max(MIN_CELL, ...row.map(({ height }) => height)) };
    for (const [column, picture] of row.entries())
      boxes.push({ x: GAP + column * (cellWidth + GAP), y, box, picture });
    y += box.height + GAP;
  }
  return { width: GAP + columns * (cellWidth + GAP), height: y, boxes };
}

/** A size within another, of the same shape; never enlarged. */
function scaleDown({ width, height }: Size, most: Size): Size {
  const scale = Math.min(1, most.width / width, most.height / height);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}
