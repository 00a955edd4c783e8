import { createHash } from 'node:crypto';
import type { Account } from '../account.ts';
import type { Job } from './job.ts';

/** The hash by which a call is known again: the same account, model and input give the same 16 hex digits. */
export function fingerprintOf(
  { tenant, api }: Account,
  { model, input }: Pick<Job, 'model' | 'input'>,
): string {
  const canonical = JSON.stringify([tenant, api, model, input], (_, value) => withSortedKeys(value));
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

/** An object with its keys in order: in which order a client writes them says nothing. */
function withSortedKeys(value: unknown): unknown {
  if (!value || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
