import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { type Cell, contactSheet } from '../../src/images/contact-sheet.ts';
import { type Preview, renderPreview } from '../../src/images/preview.ts';
import { noise, plain } from '../support/images.ts';

const COLOURS = ['#ff0000', '#00ff00', '#0000ff', '#ffff00', '#ff00ff', '#00ffff', '#000000', '#ffffff'];

const previewOf = async (picture: Sharp): Promise<Preview> =>
  (await renderPreview(await picture.png().toBuffer(), 'png', 'small')).preview;

const colourAt = (index: number) => COLOURS[index % COLOURS.length] as string;

/** Cells with pictures of one colour each, all of one size. */
const coloured = (count: number, width: number, height: number): Promise<Cell[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      number: index + 1,
      preview: await previewOf(plain(width, height, colourAt(index))),
    })),
  );

/** What a sheet shows. */
async function decode({ data }: Preview) {
  const { data: pixels, info } = await sharp(data).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const start = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    return `#${[...pixels.subarray(start, start + 3)].map((value) => (value > 127 ? 'ff' : '00')).join('')}`;
  };
  return { width: info.width, height: info.height, bytes: data.length, at };
}

describe('a contact sheet', () => {
  it.each([1, 4, 9, 16])('of %i pictures is small enough, whatever they show', async (count) => {
    const preview = await previewOf(noise(600, 400));
    const cells = Array.from({ length: count }, (_, index) => ({ number: index + 1, preview }));
    const sheet = await decode(await contactSheet(cells));
    expect(sheet.bytes).toBeLessThanOrEqual(90_000);
    expect(sheet.width).toBeLessThanOrEqual(768);
    expect(sheet.height).toBeLessThanOrEqual(768);
    expect(Math.max(sheet.width, sheet.height)).toBeGreaterThan(250);
  });

  it.each([
    [1, 512, 512, 1],
    [2, 512, 512, 2],
    [2, 510, 340, 1],
    [2, 340, 510, 2],
    [4, 512, 512, 2],
    [6, 512, 512, 3],
    [8, 512, 512, 3],
    [8, 256, 512, 4],
    [8, 512, 256, 2],
    [16, 512, 512, 4],
  ])('shows %i pictures of %i x %i row by row, in %i columns', async (count, width, height, columns) => {
    const { at } = await decode(await contactSheet(await coloured(count, width, height)));
    const rows = Math.ceil(count / columns);
    for (let index = 0; index < count; index++) {
      const [column, row] = [index % columns, Math.floor(index / columns)];
      expect(at((column + 0.5) / columns, (row + 0.6) / rows), `picture ${index + 1}`).toBe(colourAt(index));
    }
  });

  it('takes pictures of any shape together, and never enlarges one', async () => {
    const shapes = [
      [16_000, 1],
      [1, 1],
      [512, 4096],
      [40, 30],
    ] as const;
    const cells = await Promise.all(
      shapes.map(async ([width, height], index) => ({
        number: index + 1,
        preview: await previewOf(plain(width, height, '#ff0000')),
      })),
    );
    const { width, height } = await decode(await contactSheet(cells));
    expect(Math.max(width, height)).toBeLessThanOrEqual(768);
    const small = await decode(await contactSheet(cells.slice(3)));
    const across = (pixels: number) => small.at(0.5 + pixels / small.width, 0.5);
    expect([across(-26), across(-14), across(14), across(26)]).toEqual([
      '#ffffff',
      '#ff0000',
      '#ff0000',
      '#ffffff',
    ]);
  });

  it('keeps its width where every column is narrower than a number', async () => {
    const preview = await previewOf(plain(1, 512));
    const cells = Array.from({ length: 16 }, (_, index) => ({ number: index + 1, preview }));
    expect((await decode(await contactSheet(cells))).width).toBeLessThanOrEqual(768);
  });

  it('marks cells without a picture, each in its own way', async () => {
    const preview = await previewOf(plain(400, 400));
    const sheets = await Promise.all(
      (['failed', 'pending', 'none'] as const).map((sign) =>
        contactSheet([
          { number: 1, preview },
          { number: 2, sign },
        ]),
      ),
    );
    expect(new Set(sheets.map(({ data }) => data.toString('base64'))).size).toBe(3);
    for (const sheet of sheets) expect((await decode(sheet)).at(0.7, 0.3)).toBe('#ffffff');
  });

  it.each(['#000000', '#ffffff', '#808080'])('has a number that stands out on %s', async (colour) => {
    const preview = await previewOf(plain(300, 300, colour));
    const { data } = await contactSheet([{ number: 10, preview }]);
    const corner = sharp(data).extract({ left: 6, top: 6, width: 45, height: 34 });
    const [lightness] = (
      await sharp(await corner.png().toBuffer())
        .greyscale()
        .stats()
    ).channels;
    expect(lightness?.max).toBeGreaterThan(220);
    expect(lightness?.min).toBeLessThan(40);
  });

  it('numbers its cells as it is told, each number in its own way, and always alike', async () => {
    const preview = await previewOf(plain(200, 200));
    const sheets = await Promise.all(
      Array.from({ length: 16 }, (_, index) => contactSheet([{ number: index + 1, preview }])),
    );
    expect(new Set(sheets.map(({ data }) => data.toString('base64'))).size).toBe(16);
    expect((await contactSheet([{ number: 1, preview }])).data).toEqual(sheets[0]?.data);
  });
});
