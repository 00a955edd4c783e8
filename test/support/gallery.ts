import { onTestFinished } from 'vitest';
import { createCollection } from '../../src/cli/gallery/collection.ts';
import { type GalleryLimits, LIMITS } from '../../src/cli/gallery/http/limits.ts';
import { type Gallery, startGallery } from '../../src/cli/gallery/http/server.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { createProgram } from '../../src/program.ts';
import { readRecords } from './books.ts';
import { CALL } from './calls.ts';
import { connect, eventually } from './program.ts';

/** A gallery beside the servers that made the records, as its command starts it. */
export async function openGallery(
  config: Config,
  { clock = systemClock, ...limits }: Partial<GalleryLimits> & { clock?: Clock } = {},
): Promise<Gallery> {
  const program = createProgram(config, { clock, random: Math.random, writeLog: () => {} });
  const all = { ...LIMITS, ...limits };
  const gallery = await startGallery(createCollection(program, config, clock, all), clock, all);
  onTestFinished(async () => {
    await gallery.close();
    await program.close();
  });
  return gallery;
}

/** A gallery over one job, and what a browser would send to it. */
export async function openGalleryOverJob(limits: Parameters<typeof openGallery>[1] = {}) {
  const connected = await connect();
  await connected.client.callTool(CALL);
  // Until then its call still follows it.
  await eventually(() => readRecords(connected.config.dataDir)[0]?.delivered_at).toBeDefined();
  const { url } = await openGallery(connected.config, limits);
  const { host, pathname, origin } = new URL(url);
  const [row] = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
  return { ...connected, url, host, path: pathname, id: row?.id ?? '', host_: [`Host: ${host}`], origin };
}
