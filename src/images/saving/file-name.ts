import { jobOutputs } from '../../jobs/job.ts';
import type { JobOutput } from '../library/job-output.ts';
import { mimeOfExtension } from '../media-type.ts';

// In bytes of UTF-8: a name and its sidecar's stay below the 255 bytes of most file systems.
const MAX_BYTES = { prompt: 40, chosen: 120 };
// In characters: normalizing is slow where accents are heaped on one letter.
const MAX_READ = 400;

/**
 * The name of a job's output without extension: `<day>-<prompt words>`, in letters of all scripts, with the output's
 * number if there are several.
 */
export function fileStem({ job, index }: JobOutput): string {
  const { submitted_at, finished_at, input } = job;
  const day = (submitted_at ?? finished_at ?? '').slice(0, 10).replace(/[^0-9-]/g, '');
  const words = typeof input.prompt === 'string' ? cut(slug(input.prompt), MAX_BYTES.prompt) : '';
  // Neither a day nor a word alone: some words are names of devices on Windows.
  const stem = `${day || 'undated'}-${words || 'untitled'}`;
  return jobOutputs(job).length > 1 ? `${stem}-${index + 1}` : stem;
}

/** A chosen name in two: what stands before the extension, and that with the MIME type it means if it is a known one. */
export function splitName(name: string): { stem: string; extension?: string; type?: string } {
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot + 1);
  const type = dot > 0 ? mimeOfExtension(extension) : undefined;
  return type === undefined ? { stem: name } : { stem: name.slice(0, dot), extension, type };
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
