import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replaceInFiles } from '../../support/disk.ts';
import { openGallery, openGalleryOverJob } from '../../support/gallery.ts';
import { freshDataDir, testConfig } from '../../support/program.ts';

describe('the gallery of records', () => {
  it('that cannot be written shows them, and says why nothing changes', async () => {
    const { url, id, origin } = await openGalleryOverJob();
    await replaceInFiles('writeFile', async () => {
      throw Object.assign(new Error('read-only'), { code: 'EROFS' });
    });
    for (const [method, path] of [
      ['PUT', `jobs/${id}/favourite`],
      ['DELETE', `jobs/${id}`],
    ] as const) {
      const answer = await fetch(url + path, { method, headers: { origin } });
      expect([answer.status, await answer.json()]).toEqual([
        503,
        {
          error:
            'The records of your jobs cannot be changed. Check that their disk is there, has space and can be written to.',
        },
      ]);
    }
    expect(await (await fetch(`${url}jobs`)).json()).toMatchObject([{ id }]);
    expect((await fetch(`${url}pictures/${id}/0`)).status).toBe(200);
  });

  it('that are not there yet, or no longer, is empty', async () => {
    const config = testConfig({ origin: 'https://model-api.example' }, { dataDir: freshDataDir() });
    const { url } = await openGallery(config);
    expect(await (await fetch(`${url}jobs`)).json()).toEqual([]);
    const { url: other, id, config: gone } = await openGalleryOverJob();
    rmSync(gone.dataDir, { recursive: true });
    expect(await (await fetch(`${other}jobs`)).json()).toEqual([]);
    expect((await fetch(`${other}jobs/${id}`)).status).toBe(404);
  });
});
