import { onTestFinished } from 'vitest';
import { createCollection } from '../../src/cli/gallery/collection.ts';
import { type Gallery, startGallery } from '../../src/cli/gallery/http.ts';
import { systemClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { createProgram } from '../../src/program.ts';

/** A gallery beside the servers that made the records, as its command starts it. */
export async function openGallery(config: Config): Promise<Gallery> {
  const program = createProgram(config, { clock: systemClock, random: Math.random, writeLog: () => {} });
  const gallery = await startGallery(createCollection(program, config));
  onTestFinished(async () => {
    await gallery.close();
    await program.close();
  });
  return gallery;
}
