import { ToolError } from '../../errors.ts';
import { sniff } from '../../media/download.ts';
import { isTrustedOutput } from '../../media/trust.ts';

/** A picture that is ready to be sent to the page. */
export interface Thumbnail {
  data: Buffer;
  mimeType: string;
}

const MOST_BYTES = 32 << 20;
const WITHIN = 20_000;

/** Fetches the picture of a job: trusted hosts only, no key, no redirects, known by its first bytes. Throws ToolError. */
export async function thumbnail(
  url: string,
  loopbackOrigin: string | undefined,
  signal: AbortSignal,
): Promise<Thumbnail> {
  if (!isTrustedOutput(url, loopbackOrigin)) throw unseen('it is not on a RunComfy host');
  const { request } = await import('undici');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(WITHIN)]);
  try {
    const { statusCode, body } = await request(url, { signal: limit });
    if (statusCode !== 200) throw unseen(`it was answered with HTTP ${statusCode}`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw unseen(`it is larger than ${MOST_BYTES >> 20} MB`);
      chunks.push(chunk);
    }
    const data = Buffer.concat(chunks);
    const type = sniff(data.subarray(0, 16));
    if (!type) throw unseen('it is not a picture that is known');
    return { data, mimeType: `image/${type}` };
  } catch (error) {
    throw error instanceof ToolError ? error : unseen((error as Error).message);
  }
}

function unseen(why: string): ToolError {
  return new ToolError('unreachable', `The image cannot be shown, as ${why}.`, { next: 'Open its URL.' });
}
