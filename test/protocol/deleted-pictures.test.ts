import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { beside, dataOf, released } from '../support/deletion.ts';
import { eventually } from '../support/program.ts';
import { connectToPictures, filesIn, libraryOf, originalsIn } from '../support/upstream-pictures.ts';

describe('the pictures of a deleted job', () => {
  async function pictures(count: number) {
    const connected = await connectToPictures(count);
    const { request_id } = dataOf(await connected.make());
    await eventually(() => originalsIn(connected.config).flatMap((one) => one ?? [])).toHaveLength(count);
    await released(connected);
    return {
      ...connected,
      ...beside(connected),
      request_id,
      files: () => filesIn(libraryOf(connected.config)),
    };
  }

  it('go from the disk at once, with their thumbnails', async () => {
    const { erase, request_id, files, config } = await pictures(2);
    // The pictures are so alike that they have one thumbnail.
    expect(files()).toHaveLength(3);
    expect(await erase(request_id)).toBe(true);
    expect(files()).toEqual([]);
    expect(originalsIn(config)).toEqual([]);
  });

  it('stay while another job has the same', async () => {
    const { erase, request_id, files, make, config, call } = await pictures(1);
    const other = dataOf(await make('an owl'));
    await eventually(() => originalsIn(config)).toHaveLength(2);
    await eventually(() => readRecords(config.dataDir).flatMap(({ lease }) => lease ?? [])).toEqual([]);
    const before = files();
    await erase(request_id);
    expect(files()).toEqual(before);
    const seen = await call('get_image_job', { request_id: other.request_id });
    expect(JSON.stringify(seen.structuredContent)).toContain('"kept":true');
    await erase(other.request_id);
    expect(files()).toEqual([]);
  });

  it('stay where the user saved them', async () => {
    const { erase, request_id, call, config } = await pictures(1);
    await call('save_images', { images: [`job:${request_id}`] });
    await erase(request_id);
    expect(filesIn(config.outputDir)).toHaveLength(1);
    expect(JSON.stringify(readRecords(config.dataDir))).not.toContain(config.outputDir);
  });
});
