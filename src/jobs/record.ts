import { createHash } from 'node:crypto';
import * as z from 'zod';
import { JOB_STATES, type Job } from './job.ts';

/**
 * What a record's name carries: `<submit time>-<fingerprint>-<nonce>.<generation>[.<request id>].json`.
 * The generation counts how often another process has taken the job over.
 */
export interface RecordName {
  submittedAt: string;
  fingerprint: string;
  nonce: string;
  generation: number;
  requestId?: string | undefined;
}

const NAME = /^(\d{8}T\d{9}Z)-([0-9a-f]{16})-([0-9a-f]{8})\.(\d+)(?:\.([A-Za-z0-9_-]{1,128}))?\.json$/;

export function formatName({ submittedAt, fingerprint, nonce, generation, requestId }: RecordName): string {
  const time = submittedAt.replace(/[-:.]/g, '');
  return `${time}-${fingerprint}-${nonce}.${generation}${requestId === undefined ? '' : `.${requestId}`}.json`;
}

/** Undefined for a file that is no record. */
export function parseName(name: string): RecordName | undefined {
  const [, time, fingerprint = '', nonce = '', generation, requestId] = NAME.exec(name) ?? [];
  if (time === undefined) return undefined;
  const submittedAt = time.replace(/^(....)(..)(..T..)(..)(..)(...Z)$/, '$1-$2-$3:$4:$5.$6');
  return { submittedAt, fingerprint, nonce, generation: Number(generation), requestId };
}

/** What a job's record is known by, whatever its generation and whether it has a request id. */
export const recordId = (name: string): string => name.slice(0, name.indexOf('.'));

/** The hash by which a call is known again: the same API, model and input give the same 16 hex digits. */
export function fingerprintOf(job: Pick<Job, 'api' | 'model' | 'input'>): string {
  const input = JSON.stringify(job.input, (_, value) => withSortedKeys(value));
  return createHash('sha256').update(`${job.api}\n${job.model}\n${input}`).digest('hex').slice(0, 16);
}

/** An object with its keys in order: in which order a client writes them says nothing. */
function withSortedKeys(value: unknown): unknown {
  if (!value || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const VERSION = 1;
const record = z.looseObject({
  version: z.literal(VERSION),
  api: z.string(),
  model: z.string(),
  input: z.record(z.string(), z.unknown()),
  state: z.enum(JOB_STATES),
  submitted_at: z.iso.datetime(),
});

/** The job in a record's text, or why there is none: a `newer` version of this program wrote it, or it is `corrupt`. */
export function parseRecord(text: string): Job | 'newer' | 'corrupt' {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'corrupt';
  }
  const { success, data } = record.safeParse(json);
  if (!success)
    return Number((json as { version?: unknown } | null)?.version) > VERSION ? 'newer' : 'corrupt';
  const { version: _, ...job } = data;
  return job as unknown as Job;
}

/** A job as the text of its record. */
export const formatRecord = (job: Job): string =>
  `${JSON.stringify({ version: VERSION, ...job }, null, 2)}\n`;
