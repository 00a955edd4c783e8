import type { ToolResult } from './host.ts';
import type { Picture, Shown } from './job.ts';

/** A job in `structuredContent`, as our own server makes it: its form is known, its texts may be anybody's. */
interface Answer extends Omit<Shown, 'pictures'> {
  images?: Picture[];
  resumed?: boolean;
  next?: string;
}

const RESUMED = 'This is the earlier job for the same input. Nothing new was submitted or charged.';

/** What a tool's answer says of a job, over what was known before. */
export function answered(result: ToolResult, before: Shown): Shown {
  const { isError, content = [], structuredContent } = result;
  const text = textOf(result);
  if (isError) return { ...before, status: 'failed', pictures: [], error: text || 'The call failed.' };
  if (!structuredContent) return { ...before, status: 'succeeded', note: text };
  const { images = [], resumed, next, ...told } = structuredContent as unknown as Answer;
  const previews = content.filter(({ type }) => type === 'image');
  return {
    ...before,
    queue_position: undefined,
    ...told,
    pictures: images.map((image, index) => {
      const preview = previews[index];
      return { ...image, fallback: preview && `data:${preview.mimeType};base64,${preview.data}` };
    }),
    note: resumed ? RESUMED : told.status === 'succeeded' ? next : '',
  };
}

/** Everything that an answer says in words. */
export const textOf = ({ content = [] }: ToolResult): string =>
  content
    .map(({ text = '' }) => text)
    .join('\n')
    .trim();
