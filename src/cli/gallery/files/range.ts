import type { Part } from '../../../images/download.ts';

/**
 * The part of `total` bytes that a Range header asks for. Undefined, which is the whole, for several parts and for what
 * is no range; `none` if there is no such part.
 */
export function partOf(header: string | undefined, total: number): Part | 'none' | undefined {
  const [, first, last] = RANGE.exec(header ?? '') ?? [];
  if (!first && !last) return undefined;
  if (!first) return last === '0' ? 'none' : { from: Math.max(0, total - Number(last)), to: total - 1 };
  const from = Number(first);
  if (last && Number(last) < from) return undefined;
  if (from >= total) return 'none';
  return { from, to: Math.min(last ? Number(last) : total - 1, total - 1) };
}

/** The same where the whole is not known: a part that begins at a place, perhaps to the end. */
export function openPartOf(header: string | undefined): { from: number; to: number | undefined } | undefined {
  const [, first, last] = RANGE.exec(header ?? '') ?? [];
  if (!first || (last && Number(last) < Number(first))) return undefined;
  return { from: Number(first), to: last ? Number(last) : undefined };
}

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;
