import type { Json } from './dialect.ts';

/** What a model was sent after its tool call: the result, in whatever shape the loop gave it. */
export interface Sent {
  /** All of it as JSON, but for the images. */
  text: string;
  /** The images that arrived as such, decoded. */
  images: Buffer[];
}

/** Reads what was added to a conversation, apart from the model's own call. */
export function readSent(items: readonly Json[]): Sent {
  const images: Buffer[] = [];
  const results = items.filter((item) => !owns(item));
  const text = JSON.stringify(results, (_, value) => {
    const data = imageData(value);
    if (data === undefined) return value;
    images.push(Buffer.from(data, 'base64'));
    return 'image';
  });
  return { text, images };
}

/** The model's own turn, in each dialect. */
const owns = ({ role, type }: Json) => role === 'assistant' || role === 'model' || type === 'function_call';

/** The base64 of a part by which a model sees an image, in each dialect; undefined for anything else. */
function imageData(part: unknown): string | undefined {
  if (!part || typeof part !== 'object') return undefined;
  const { type, image_url, inlineData, source } = part as {
    type?: string;
    image_url?: string | { url: string };
    inlineData?: { mimeType: string; data: string };
    source?: { data?: string };
  };
  if (inlineData?.mimeType.startsWith('image/')) return inlineData.data;
  if (type === 'image') return source?.data;
  if (type !== 'input_image' && type !== 'image_url') return undefined;
  const url = typeof image_url === 'string' ? image_url : image_url?.url;
  return /^data:image\/[a-z]+;base64,(.+)$/.exec(url ?? '')?.[1];
}
