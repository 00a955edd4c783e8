import type { ToolResult } from './host.ts';
import type { Picture, ShownJob } from './job.ts';

/** A job in `structuredContent`: this server made it, so its form is known; its texts may be anybody's. */
interface JobData extends Omit<ShownJob, 'pictures'> {
  images?: Picture[];
  resumed?: boolean;
  next?: string;
}

const RESUMED = 'This is the earlier job for the same input. Nothing new was submitted or charged.';

/** A job after a tool's result, which adds to what was known before. */
export function jobAfter(result: ToolResult, before: ShownJob): ShownJob {
  const { isError, content = [], structuredContent } = result;
  const text = textOf(result);
  if (isError) return { ...before, status: 'failed', pictures: [], error: text || 'The call failed.' };
  if (!structuredContent) return { ...before, status: 'succeeded', note: text };
  const { images = [], resumed, next, ...data } = structuredContent as unknown as JobData;
  const previews = content.filter(({ type }) => type === 'image');
  return {
    ...before,
    queue_position: undefined,
    ...data,
    pictures: images.map((image, index) => {
      // Where some are missing, nothing tells which.
      const preview = previews.length === images.length ? previews[index] : undefined;
      return { ...image, fallback: preview && `data:${preview.mimeType};base64,${preview.data}` };
    }),
    note: resumed ? RESUMED : data.status === 'succeeded' ? next : '',
  };
}

/** All text of a result. */
export const textOf = ({ content = [] }: ToolResult): string =>
  content
    .map(({ text = '' }) => text)
    .join('\n')
    .trim();
