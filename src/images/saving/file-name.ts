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

// Windows opens a device by these names, whatever follows a dot; it ignores blanks before that.
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])$/i;
/**
 * A file or folder name that an agent chose, in NFC and else exactly as given, or what is wrong with it: completes "the
 * name …".
 */
export function checkName(given: string): { name: string } | { problem: string } {
  // No form of a longer one is short enough, and normalizing it is slow.
  if (given.length > MAX_BYTES.chosen * 3) return { problem: TOO_LONG };
  const name = given.normalize('NFC');
  const problem = nameProblem(name);
  return problem === undefined ? { name } : { problem };
}

const TOO_LONG = `is longer than ${MAX_BYTES.chosen} bytes of UTF-8`;

function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (/[/\\]/.test(name)) return 'holds a slash or backslash';
  // Also marks that turn the direction of what follows, so that an extension looks like another.
  if (/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name))
    return 'holds a character that cannot be printed';
  const forbidden = /[<>:"|?*]/.exec(name)?.[0];
  if (forbidden !== undefined) return `holds ${forbidden}, which Windows does not take`;
  if (name.startsWith('.')) return 'begins with a dot';
  if (/[.\s]$/.test(name)) return 'ends with a dot or blank';
  const [stem = ''] = name.split('.', 1);
  if (DEVICE.test(stem.trimEnd())) return 'is that of a device on Windows';
  return Buffer.byteLength(name) > MAX_BYTES.chosen ? TOO_LONG : undefined;
}
