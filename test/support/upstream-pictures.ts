import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { accountOf, type Config } from '../../src/config/config.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { readRecords } from './books.ts';
import { plain } from './images.ts';
import { type Connected, connect } from './program.ts';
import { startUpstream } from './upstream.ts';

/** Where an account's library lies. */
export const libraryOf = (config: Config): string =>
  join(accountDir(config.dataDir, accountOf(config)), 'library');

/** The names of the files in a folder; none if it is not there. */
export function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}

/** What the records know of outputs. */
export const originalsIn = (config: Config) =>
  readRecords(config.dataDir).flatMap(({ originals }) => originals ?? []);

/** A server whose jobs make so many pictures, that are there until `kill`; by default with a library. */
export async function connectToPictures(count: number, given: Parameters<typeof connect>[0] = {}) {
  const paths = Array.from({ length: count }, (_, index) => `/picture-${index + 1}.png`);
  const fetched: string[] = [];
  let status = 200;
  const serve: Parameters<typeof startUpstream>[1] = {};
  for (const [index, path] of paths.entries()) {
    const picture = await plain(640, 480, `#${(0x206000 + index).toString(16)}`)
      .png()
      .toBuffer();
    serve[path] = ({ url = '' }, response) => {
      fetched.push(url);
      response.writeHead(status).end(status === 200 ? picture : '');
    };
  }
  const upstream = await startUpstream(paths, serve);
  const connected: Connected = await connect({
    ...{ baseUrl: upstream.origin, preview: 'small', keepImagesBytes: 1e9 },
    ...given,
  });
  const call = (name: string, args: Record<string, unknown> = {}) =>
    connected.client.callTool({ name, arguments: args });
  return {
    ...connected,
    upstream,
    fetched,
    call,
    make: (prompt = 'a fox') => call('gpt_image_2_text_to_image', { prompt }),
    kill() {
      status = 404;
    },
  };
}
