import { type Job, UNKNOWN_MODEL } from '../../jobs/job.ts';

// In bytes of UTF-8: a name and its sidecar's stay below the 255 bytes of most file systems.
const MAX_BYTES = { model: 40, prompt: 40, requestId: 64, chosen: 120 };
// In characters: normalizing is slow where accents are heaped on one letter.
const MAX_READ = 400;

/**
 * The name of a job's image without extension: `<day>-<model>-<prompt>-<request id>`, in letters of all scripts,
 * without the model's vendor and without parts that come out empty.
 */
export function fileStem({ model, input, request_id = '', submitted_at, finished_at }: Job): string {
  const date = submitted_at ?? finished_at ?? '';
  const prompt = typeof input.prompt === 'string' ? input.prompt : '';
  return [
    date.slice(0, 10).replace(/[^0-9-]/g, ''),
    cut(slug(model === UNKNOWN_MODEL ? '' : model.slice(model.indexOf('/') + 1)), MAX_BYTES.model),
    cut(slug(prompt), MAX_BYTES.prompt),
    request_id.replace(/[^A-Za-z0-9_-]/g, '').slice(0, MAX_BYTES.requestId),
  ]
    .filter((part) => part !== '')
    .join('-');
}

const EXTENSION = /\.(png|jpe?g|webp|gif|avif)$/i;
// Windows opens a device by these names, whatever extension follows.
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** A name that a caller chose, as a file name without extension; empty if nothing of it can be one. */
export function chosenStem(name: string): string {
  const stem = cut(dashed(name.slice(0, MAX_READ).replace(EXTENSION, '')), MAX_BYTES.chosen);
  return RESERVED.test(stem) ? `image-${stem}` : stem;
}

const slug = (text: string): string => dashed(text.slice(0, MAX_READ).toLowerCase().replaceAll('_', '-'));

/**
 * A text with a dash for whatever is no letter, digit or mark of any script. The pattern stands in a function because
 * it takes half a millisecond to compile (measured).
 */
const dashed = (text: string): string => text.normalize('NFC').replace(/[^\p{L}\p{N}\p{M}_]+/gu, '-');

/** Cuts to a number of bytes, between words if that leaves any, without dashes at the ends. */
function cut(text: string, maxBytes: number): string {
  const trimmed = text.replace(/^-+|-+$/g, '');
  // The decoder drops a character that is cut in two.
  const head = new TextDecoder().decode(Buffer.from(trimmed).subarray(0, maxBytes), { stream: true });
  if (head === trimmed) return trimmed;
  const end = trimmed[head.length] === '-' ? head.length : head.lastIndexOf('-');
  return end > 0 ? head.slice(0, end) : head;
}
