import { createHash } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ToolError } from '../errors.ts';
import { isTrustedOutput } from './trust.ts';

/** Limits of one download, in bytes and ms. */
const MOST_BYTES = 100 << 20;
const WITHIN = 60_000;

/** A picture on disk. */
export interface Saved {
  path: string;
  type: ImageType;
  bytes: number;
}

export type ImageType = 'png' | 'jpeg' | 'webp' | 'gif' | 'avif';

/**
 * Streams an output to `<dir>/<name>.<true extension>`: no key, no redirects, trusted hosts only, checked by its
 * first bytes, renamed when whole, never over another file. Throws ToolError.
 */
export async function downloadImage(
  url: string,
  target: { dir: string; name: string; loopbackOrigin: string | undefined },
): Promise<Saved> {
  if (!isTrustedOutput(url, target.loopbackOrigin)) throw unsaved(url, 'it is not on a RunComfy host');
  const { request } = await import('undici');
  const dir = resolve(target.dir);
  await mkdir(dir, { recursive: true });
  const temporary = join(
    dir,
    `.${createHash('sha256')
      .update(url + process.pid)
      .digest('hex')
      .slice(0, 16)}.part`,
  );
  const file = await open(temporary, 'w');
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(WITHIN) });
    if (statusCode !== 200) throw unsaved(url, `it was answered with HTTP ${statusCode}`);
    let bytes = 0;
    let head = Buffer.alloc(0);
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw unsaved(url, `it is larger than ${MOST_BYTES >> 20} MB`);
      if (head.length < 16) head = Buffer.concat([head, chunk]).subarray(0, 16);
      await file.write(chunk);
    }
    await file.sync();
    const type = sniff(head);
    if (!type) throw unsaved(url, 'it is not a picture that is known');
    return { path: await place(temporary, dir, target.name, type === 'jpeg' ? 'jpg' : type), type, bytes };
  } catch (error) {
    throw error instanceof ToolError ? error : unsaved(url, (error as Error).message);
  } finally {
    await file.close();
    await rm(temporary, { force: true });
  }
}

/** The type that the first bytes of a file tell, whatever its name says. */
export function sniff(head: Buffer): ImageType | undefined {
  const ascii = head.toString('latin1');
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (ascii.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (ascii.startsWith('GIF8')) return 'gif';
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'WEBP') return 'webp';
  return ascii.slice(4, 12) === 'ftypavif' ? 'avif' : undefined;
}

/** Gives a whole file its name; link fails where the name is taken, so that nothing is ever overwritten. */
async function place(temporary: string, dir: string, name: string, extension: string): Promise<string> {
  for (let count = 1; ; count++) {
    const path = join(dir, `${name}${count === 1 ? '' : `-${count}`}.${extension}`);
    try {
      await link(temporary, path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function unsaved(url: string, why: string): ToolError {
  return new ToolError('unreachable', `The image was not saved, as ${why}.`, { next: `Its URL is ${url}` });
}
