import { expect } from 'vitest';
import { openGallery } from './gallery.ts';
import { connectTo, mp4 } from './saving.ts';
import type { Handler } from './upstream.ts';
import { originalsIn } from './upstream-pictures.ts';

// Bytes that differ, so that a wrong part is seen.
export const film = Buffer.concat([
  mp4(0),
  Buffer.from(Array.from({ length: 300_000 }, (_, nth) => nth % 251)),
]);
const KEEPING = { keepImagesBytes: 1e9 };

/** Serves a file as storage does, with ranges. */
export function storage(file: Buffer): Handler {
  return ({ headers: { range } }, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    if (from === undefined) return void response.writeHead(200, { 'content-length': file.length }).end(file);
    if (Number(from) >= file.length) return void response.writeHead(416).end();
    const last = Math.min(to ? Number(to) : file.length - 1, file.length - 1);
    response
      .writeHead(206, { 'content-range': `bytes ${from}-${last}/${file.length}` })
      .end(file.subarray(Number(from), last + 1));
  };
}

/** A gallery over the outputs of one job, and what asks for them. */
export async function openOriginals(...given: Parameters<typeof connectTo>) {
  const connected = await connectTo(...given);
  const { url } = await openGallery(connected.config);
  const [row] = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
  const base = `${url}originals/${row?.id}/`;
  const get = async (headers: Record<string, string> = {}, index = 0, query = '', method = 'GET') => {
    const response = await fetch(`${base}${index}${query}`, { headers, method });
    return {
      status: response.status,
      headers: response.headers,
      body: Buffer.from(await response.arrayBuffer()),
    };
  };
  return { ...connected, url, id: row?.id, get };
}

/** The same video kept, saved, and at its link only. */
export const places = {
  async library() {
    const opened = await openOriginals({ '/a.mp4': storage(film) }, KEEPING);
    await expect.poll(() => originalsIn(opened.config)).toHaveLength(1);
    opened.kill();
    return opened;
  },
  async 'a saved copy'() {
    const opened = await openOriginals({ '/a.mp4': storage(film) });
    await opened.save({});
    opened.kill();
    return opened;
  },
  link: () => openOriginals({ '/a.mp4': storage(film) }),
};
