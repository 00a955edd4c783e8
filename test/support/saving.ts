import { readdirSync } from 'node:fs';
import { type Connected, connect, textOf } from './program.ts';
import { type Handler, startUpstream } from './upstream.ts';

/** What save_images answered of a picture. */
export interface SavedImage {
  image: string;
  path: string;
  type: string;
  bytes: number;
  width?: number;
  height?: number;
}

/** An answer of save_images. */
export interface SaveAnswer {
  text: string;
  isError: boolean;
  images: SavedImage[];
  notSaved: { image: string; reason: string }[];
}

export type Saving = Awaited<ReturnType<typeof connectTo>>;

export const CALL = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'A red fox, in snow' } };

/** A client on a server whose one job, `up_1`, has made these files, by their paths. */
export async function connectTo(
  files: Record<string, Buffer | Handler>,
  given: Parameters<typeof connect>[0] = {},
  open: (options: Parameters<typeof connect>[0]) => Promise<Connected> = connect,
) {
  const fetched: string[] = [];
  let isAlive = true;
  const handlers = Object.entries(files).map(([path, file]): [string, Handler] => [
    path,
    (request, response) => {
      fetched.push(path);
      if (!isAlive) response.writeHead(404).end();
      else if (typeof file === 'function') file(request, response);
      else
        response
          .writeHead(200, {
            'content-length': file.length,
            'content-disposition': 'attachment; filename="../../evil.sh"',
          })
          .end(file);
    },
  ]);
  const upstream = await startUpstream(Object.keys(files), Object.fromEntries(handlers));
  const connected = await open({ baseUrl: upstream.origin, ...given });
  await connected.client.callTool(CALL);
  const save = async (args: Record<string, unknown>): Promise<SaveAnswer> => {
    const result = await connected.client.callTool({
      name: 'save_images',
      arguments: { images: ['job:up_1'], ...args },
    });
    const { images = [], not_saved: notSaved = [] } = (result.structuredContent ?? {}) as {
      images?: SavedImage[];
      not_saved?: SaveAnswer['notSaved'];
    };
    return { text: textOf(result), isError: result.isError === true, images, notSaved };
  };
  const kill = () => {
    isAlive = false;
  };
  return { ...connected, fetched, save, kill };
}

/** The names in a folder, sorted; none if it is not there. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The beginning of an MP4 with so many bytes behind it. */
export const mp4 = (bytes: number, fill = 0): Buffer =>
  Buffer.concat([
    Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41', 'latin1'),
    Buffer.alloc(bytes, fill),
  ]);
