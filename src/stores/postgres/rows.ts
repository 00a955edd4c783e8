import { isDeleted } from '../../jobs/job.ts';
import type { StoredJob } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import type { Content } from '../backend.ts';
import { readJob } from '../recorded-job.ts';
import type { Sql } from './database.ts';

/** What is read of a job. */
export interface Row {
  id: string;
  revision: number;
  fingerprint: string;
  submitted_at: Date;
  job: string;
  holder: string | null;
  call: string | null;
  alone: boolean;
}

export const columns = (sql: Sql) => sql`id, revision, fingerprint, submitted_at, job, holder, call, alone`;

/** A job as a store tells it; undefined if nothing here can read it. */
export function toStored({ id, revision, fingerprint, job: text, holder, call, alone }: Row) {
  const job = readJob(parseJson(text));
  if (!job) return undefined;
  const lease = holder !== null && call !== null ? { holder, call, ...(alone && { alone }) } : undefined;
  return { id, revision, fingerprint, job, ...(lease && { lease }) } satisfies StoredJob;
}

/** What is written of a job, and of its lease. */
export const toColumns = ({ job, lease }: Content) => ({
  submitted_at: job.submitted_at ?? '',
  state: job.state,
  request_id: job.request_id ?? null,
  delivered_at: job.delivered_at ?? null,
  cost_usd: job.cost_usd ?? null,
  favourite: job.favourite ?? false,
  deleted: isDeleted(job),
  job: JSON.stringify(job),
  holder: lease?.holder ?? null,
  call: lease?.call ?? null,
  alone: lease?.alone ?? false,
});
