import * as z from 'zod';
import { MEDIA_KINDS, type Output } from '../runcomfy/outputs.ts';
import type { ResultReply, StatusReply } from '../runcomfy/replies.ts';

/**
 * `reserved` is counted and recorded, and certainly not sent; `submitting` may have been sent; RunComfy may or may not
 * have a job that is `unknown`, with or without a request id. The last three states are final.
 */
export const JOB_STATES = [
  'reserved',
  'submitting',
  'unknown',
  'in_queue',
  'in_progress',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type JobState = (typeof JOB_STATES)[number];

const SHA256 = /^[0-9a-f]{64}$/;

const createOriginalSchema = () =>
  z.object({
    sha256: z.string().regex(SHA256),
    /** Its MIME type, by its bytes. */
    type: z.string(),
    bytes: z.int(),
    /** In pixels. */
    width: z.int().exactOptional(),
    height: z.int().exactOptional(),
    transparent: z.literal(true).exactOptional(),
    /** The SHA-256 of a JPEG that shows it small. */
    thumbnail: z.string().regex(SHA256).exactOptional(),
    /** Where copies were saved. */
    saved: z.array(z.string()).exactOptional(),
  });

/** What an output was when it was fetched. Whether it is still kept is asked of the library. */
export type Original = z.infer<ReturnType<typeof createOriginalSchema>>;

// z.record would copy it: of 2,000 records that took 12 ms.
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of a job. Built when the first record is read: at every start it would take some ms. */
export const createJobSchema = () =>
  z.object({
    /** UNKNOWN_MODEL for a job that another program submitted, until a result names it. */
    model: z.string(),
    input: z.custom<Record<string, unknown>>(isObject),
    state: z.enum(JOB_STATES),
    /** Of which batch it is, which of its `size` jobs, counted from 0. */
    batch: z.object({ id: z.string(), index: z.int(), size: z.int() }).exactOptional(),
    /** Absent for a job that another program submitted, until a result tells it. */
    submitted_at: z.string().exactOptional(),
    request_id: z.string().exactOptional(),
    queue_position: z.number().exactOptional(),
    started_at: z.string().exactOptional(),
    /** How far `started_at` may be off; absent if that is not known. */
    started_within_seconds: z.number().exactOptional(),
    finished_at: z.string().exactOptional(),
    /** How long it ran; absent if that is not known closely enough to learn from. */
    ran_seconds: z.number().exactOptional(),
    urls: z.array(z.string()).exactOptional(),
    /** What each URL leads to, unless all are images. */
    kinds: z.array(z.enum(MEDIA_KINDS)).exactOptional(),
    /** By the index of the URL; null for an output that was never fetched. */
    originals: z.array(createOriginalSchema().nullable()).exactOptional(),
    /** RunComfy's words about a failure. */
    error: z.string().exactOptional(),
    cost_usd: z.number().exactOptional(),
    /** Since when every read of the job has been answered with HTTP 404. */
    missing_since: z.string().exactOptional(),
    /** Since when RunComfy itself has denied that it knows the request id. */
    denied_since: z.string().exactOptional(),
    /** When the outcome, or that it is unknown, was delivered to a client. */
    delivered_at: z.string().exactOptional(),
    /** The user likes it: it is never pruned. */
    favourite: z.literal(true).exactOptional(),
    /** When the user deleted it. What is left is what limits and repeated calls need for a day. */
    deleted_at: z.string().exactOptional(),
    /** The most that a deleted job may cost, in USD, as its input would have told that. */
    estimated_usd: z.number().exactOptional(),
  });

/** One paid call, as it is recorded. Times are ISO 8601; names are RunComfy's. */
export type Job = z.infer<ReturnType<typeof createJobSchema>>;

export const UNKNOWN_MODEL = 'unknown';

/** What reads showed of the time of a job's run. All in ms, times since the epoch; absent is what is not known. */
export interface RunTiming {
  /** The last read that showed the state, or the submit. */
  readonly seenAt?: number;
  /** When it began to run: halfway between the last read that saw it queued and the first that saw it run. */
  readonly startedAt?: number;
  /** How far that may be off: half of the time between those two reads. */
  readonly startedWithin?: number;
  /** How long it ran, if that is known closely enough to learn from. */
  readonly ranMs?: number;
}

/** Something that was learned about a job. */
export type Observation =
  | { kind: 'accepted'; request_id: string }
  | { kind: 'response_lost' }
  | { kind: 'not_found' }
  /** A read was answered with HTTP 404, in RunComfy's own words (404001) or in those of a gateway. */
  | { kind: 'missing'; isDenied: boolean }
  /** A read failed in another way. */
  | { kind: 'read_failed' }
  | { kind: 'status'; reply: StatusReply; timing?: RunTiming }
  | { kind: 'result'; reply: ResultReply; timing?: RunTiming }
  | { kind: 'cancelled' };

export const isDeleted = ({ deleted_at }: Job): boolean => deleted_at !== undefined;

/** A job that the user likes, or no longer; the same object if nothing changes. */
export function withFavourite(job: Job, isFavourite: boolean): Job {
  if (isFavourite === (job.favourite === true)) return job;
  const { favourite: _, ...rest } = job;
  return isFavourite ? { ...rest, favourite: true } : rest;
}

/** The outputs of a job, as far as its result was read. */
export const jobOutputs = ({ urls = [], kinds }: Job): Output[] =>
  urls.map((url, index) => ({ url, kind: kinds?.[index] ?? 'image' }));

/** A job with what was learned of its outputs, by index; the same object if nothing is new. */
export function withOriginals(job: Job, learned: ReadonlyMap<number, Original>): Job {
  const { urls = [], originals = [] } = job;
  const merged = urls.map((_, index) => {
    const [before, now] = [originals[index], learned.get(index)];
    if (!before || !now || before.sha256 !== now.sha256) return now ?? before ?? null;
    const saved = [...new Set([...(before.saved ?? []), ...(now.saved ?? [])])].slice(-MAX_SAVED);
    return { ...before, ...now, ...(saved.length > 0 && { saved }) };
  });
  return JSON.stringify(merged) === JSON.stringify(originals) ? job : { ...job, originals: merged };
}

// Of so many copies of an output the record knows the paths.
const MAX_SAVED = 10;

export const isFinal = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

/** The states of a job that RunComfy works on. */
export const ACTIVE_STATES: readonly JobState[] = ['in_queue', 'in_progress'];

/** The states of a job that is to end yet. */
export const OPEN_STATES: readonly JobState[] = ['reserved', 'submitting', ...ACTIVE_STATES];

/** Whether a job succeeded and its output has not been read. */
export const lacksOutput = ({ state, urls }: Job): boolean => state === 'succeeded' && !urls?.length;

/** Whether a job succeeded and its cost or its output has not been read. */
export const lacksCostOrOutput = (job: Job): boolean =>
  lacksOutput(job) || (job.state === 'succeeded' && job.cost_usd === undefined);
