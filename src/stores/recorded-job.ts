import * as z from 'zod';
import { createJobSchema, type Job } from '../jobs/job.ts';

/** A job that this program submitted, or is about to. */
export type RecordedJob = Job & { submitted_at: string };

export const createRecordedSchema = () =>
  createJobSchema().extend({ submitted_at: z.iso.datetime() }).loose();
let recorded: ReturnType<typeof createRecordedSchema> | undefined;
/** Without any of these a record names no job. */
const IDENTITY: readonly unknown[] = ['model', 'input', 'state', 'submitted_at', 'request_id'];

/**
 * A job from the JSON of a record, unknown fields included; undefined if what identifies the job is invalid. Any
 * other invalid field is dropped, as a paid job must not be lost for it.
 */
export function readJob(json: unknown): RecordedJob | undefined {
  recorded ??= createRecordedSchema();
  const { data, error } = recorded.safeParse(json);
  if (data) return data;
  const invalid = error.issues.map(({ path }) => path[0]);
  if (invalid.some((field) => field === undefined || IDENTITY.includes(field))) return undefined;
  const valid = Object.entries(json as RecordedJob).filter(([name]) => !invalid.includes(name));
  return Object.fromEntries(valid) as RecordedJob;
}
