import { ToolError } from '../../errors.ts';
import { createDownloader } from '../../images/download.ts';
import { mimeType } from '../../images/image-type.ts';
import { renderPreview } from '../../images/preview.ts';

/** An image scaled down; as it is without sharp. Throws ToolError, or the signal's reason. */
export async function thumbnail(url: string, loopbackOrigin: string | undefined, signal: AbortSignal) {
  const { type, data } = await createDownloader(loopbackOrigin)(url, signal);
  try {
    return (await renderPreview(data, type, 'large')).preview;
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'sharp_missing') throw error;
    return { data, mimeType: mimeType(type) };
  }
}
