import { estimateText } from '../../../../../tools/support/estimate-words.ts';
import type { GalleryDetails } from '../../../../gallery-api.ts';
import { dollarsForPeople } from '../../../shared/dollars.ts';
import { isActive } from '../../../shared/job.ts';

const SECOND = 1_000;
const MINUTE = 60;
const KB = 1_000;

/** `1.2 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < KB) return `${bytes} bytes`;
  const [size, unit] = bytes < KB * KB ? [bytes / KB, 'kB'] : [bytes / KB / KB, 'MB'];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** `12 s`, `1 min 5 s`; undefined unless both are times in their order. */
export function spanText(from: string | undefined, to: string | undefined): string | undefined {
  const ms = Date.parse(to ?? '') - Date.parse(from ?? '');
  if (!(ms >= 0)) return undefined;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 1) return 'less than a second';
  const rest = seconds % MINUTE;
  return seconds < MINUTE ? `${seconds} s` : `${Math.floor(seconds / MINUTE)} min${rest ? ` ${rest} s` : ''}`;
}

/** How long a job took, and how much of that it waited. */
export function tookText({ submitted_at, started_at, finished_at }: GalleryDetails): string | undefined {
  const whole = spanText(submitted_at, finished_at);
  const ran = spanText(started_at, finished_at);
  if (!ran || ran === whole) return whole;
  const waited = spanText(submitted_at, started_at);
  return waited ? `${ran}, after ${waited} in the queue` : ran;
}

/** What it cost, or a guess that is called one; undefined if it is too early to tell. */
export function costText({ status, cost_usd, estimate }: GalleryDetails): string | undefined {
  if (cost_usd !== undefined) return dollarsForPeople(cost_usd);
  if (isActive({ status })) return estimate && estimateText(estimate);
  return estimate ? `Not reported. ${estimateText(estimate)}` : 'Not reported';
}

/** Width, height, type and bytes, as far as they are known. */
export function sizeText({
  width,
  height,
  type,
  bytes,
}: GalleryDetails['outputs'][number]): string | undefined {
  const parts = [
    width && height ? `${width} × ${height}` : undefined,
    type?.replace(/^.*\//, '').toUpperCase(),
    bytes === undefined ? undefined : bytesText(bytes),
  ];
  return parts.filter((part) => part !== undefined).join(', ') || undefined;
}

/** A field's name for people: `aspect_ratio` is `Aspect ratio`. */
export function fieldName(field: string): string {
  const words = field.replaceAll(/[_\s]+/g, ' ').trim();
  return words ? words.charAt(0).toUpperCase() + words.slice(1) : field;
}

// Nobody nests settings deeper.
const MAX_INDENT = 12;

/** A value as lines: lists with commas, objects as `name: value`, indented below their name. */
export function valueText(value: unknown, indent = ''): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (!isNested(value)) return Array.isArray(value) ? value.join(', ') || 'none' : String(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return 'none';
  if (indent.length > MAX_INDENT) return `${indent}${JSON.stringify(value)}`;
  const line = ([name, one]: [string, unknown]) => {
    const label = Array.isArray(value) ? Number(name) + 1 : name;
    return `${indent}${label}:${isNested(one) ? '\n' : ' '}${valueText(one, `${indent}  `)}`;
  };
  return entries.map(line).join('\n');
}

/** Whether it takes lines of its own. */
const isNested = (value: unknown): value is object =>
  Array.isArray(value)
    ? value.some((one) => typeof one === 'object' && one !== null)
    : typeof value === 'object' && value !== null;
