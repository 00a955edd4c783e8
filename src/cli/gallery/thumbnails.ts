import { ToolError } from '../../errors.ts';
import { createDownloader } from '../../images/download.ts';
import { mimeType } from '../../images/image-type.ts';
import { createPreviews } from '../../images/preview.ts';

/** A picture that is ready to be sent to the page. */
export interface Thumbnail {
  data: Buffer;
  mimeType: string;
}

/** The picture of a job, scaled down; as it is where sharp is not installed. Throws ToolError, or the signal's reason. */
export async function thumbnail(
  url: string,
  loopbackOrigin: string | undefined,
  signal: AbortSignal,
): Promise<Thumbnail> {
  try {
    return await createPreviews({ loopbackOrigin }).preview(url, { size: 'large', signal });
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'sharp_missing') throw error;
  }
  const chunks: Uint8Array[] = [];
  const download = createDownloader(loopbackOrigin);
  const { type } = await download(url, (chunk) => void chunks.push(chunk), signal);
  return { data: Buffer.concat(chunks), mimeType: mimeType(type) };
}
