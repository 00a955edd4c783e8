import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { eventually, textOf } from '../support/program.ts';
import { connectToPictures, filesIn, libraryOf, originalsIn } from '../support/upstream-pictures.ts';

type Connected = Awaited<ReturnType<typeof connectToPictures>>;

async function list({ call }: Connected) {
  const result = await call('list_image_jobs');
  const [row] = (result.structuredContent as { jobs: Record<string, unknown>[] }).jobs;
  const [line = ''] = textOf(result).split('\n');
  return { row, line, text: textOf(result) };
}
const kept = (connected: Connected, count: number) =>
  eventually(() => originalsIn(connected.config).filter((one) => one)).toHaveLength(count);
/** Every file of the data folder with its content. */
const snapshot = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'base64')])
    .sort();

describe('the list of jobs', () => {
  it('tells how many pictures a job has and how they are named, and no more where all are kept', async () => {
    const connected = await connectToPictures(2);
    await connected.make();
    await kept(connected, 2);
    const { row, line, text } = await list(connected);
    expect(row).toMatchObject({ images: 2, kept: true });
    expect(line).toMatch(/ \| "a fox" \| 2 images$/);
    expect(text).toContain('In later calls job:<request_id>#1 names its first image.');
  });

  it('says that a picture was never kept, and changes nothing about that', async () => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0 });
    await connected.make();
    await eventually(() => readRecords(connected.config.dataDir)).toMatchObject([
      { delivered_at: expect.any(String) },
    ]);
    const before = snapshot(connected.config.dataDir);
    const later = await connectToPictures(1, {
      dataDir: connected.config.dataDir,
      baseUrl: connected.upstream.origin,
    });
    const { row, line } = await list(later);
    expect(row).toMatchObject({ kept: false });
    expect(line).toMatch(/ \| 1 image \| not kept yet$/);
    expect(snapshot(connected.config.dataDir)).toEqual(before);
    expect([connected.fetched.length, later.fetched.length]).toEqual([1, 0]);
  });

  it('says that a picture is no longer kept or is damaged, by its number where others are kept', async () => {
    const connected = await connectToPictures(2);
    await connected.make();
    await kept(connected, 2);
    const [, second] = originalsIn(connected.config);
    writeFileSync(join(libraryOf(connected.config), `${second?.sha256}.png`), 'x');
    expect(await list(connected)).toMatchObject({
      row: { kept: false },
      line: expect.stringMatching(/ \| 2 images \| #2 no longer kept$/),
    });
    rmSync(libraryOf(connected.config), { recursive: true });
    const fetched = connected.fetched.length;
    const { row, line } = await list(connected);
    expect(row).toMatchObject({ kept: false });
    expect(line).toMatch(/ \| 2 images \| no longer kept$/);
    expect(filesIn(libraryOf(connected.config))).toEqual([]);
    expect(connected.fetched).toHaveLength(fetched);
  });

  it('says nothing of that without a library', async () => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0 });
    await connected.make();
    const { row, line } = await list(connected);
    expect(row).not.toHaveProperty('kept');
    expect(line).toMatch(/ \| 1 image$/);
  });

  it('tells where a copy lies, as long as it does', async () => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0, autoSave: true });
    await connected.make();
    const [path = ''] = originalsIn(connected.config)[0]?.saved ?? [];
    const found = await list(connected);
    expect(found.row).toMatchObject({ saved: [path] });
    expect(found.line).toContain(` | saved as ${path}`);
    rmSync(path);
    expect((await list(connected)).row).not.toHaveProperty('saved');
  });
});
