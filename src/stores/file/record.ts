import * as z from 'zod';
import type { Account } from '../../account.ts';
import { parseJson } from '../../json.ts';
import type { Content } from '../backend.ts';
import { createRecordedSchema, readJob } from '../recorded-job.ts';

/** What a file holds. */
export interface RecordContent extends Content {
  /** The last write of each writer that led to it: they tell a writer whether it is built on their own. */
  readonly writes: Readonly<Record<string, number>>;
}

const VERSION = 2;
const createSchema = () =>
  z.object({
    version: z.literal(VERSION),
    tenant: z.string(),
    api: z.string(),
    lease: z.object({ holder: z.string(), call: z.string(), alone: z.literal(true).optional() }).optional(),
    writes: z.record(z.string(), z.number()),
    job: createRecordedSchema(),
  });
let schema: ReturnType<typeof createSchema> | undefined;

/** Why a record cannot be used: a `newer` version of this program wrote it, or it is another account's. */
type Unusable = 'newer' | 'corrupt' | 'foreign';

/** What the text of a record holds. */
export function parseRecord(text: string, { tenant, api }: Account): RecordContent | Unusable {
  schema ??= createSchema();
  const json = parseJson(text);
  const data = schema.safeParse(json).data ?? schema.safeParse(withValidJob(json)).data;
  if (!data) return isNewer(json, VERSION) ? 'newer' : 'corrupt';
  if (data.tenant !== tenant || data.api !== api) return 'foreign';
  const { job, lease, writes } = data;
  return { job, writes, ...(lease && { lease }) };
}

function withValidJob(json: unknown): unknown {
  const { job, ...rest } = (json ?? {}) as { job?: unknown };
  return { ...rest, job: readJob(job) };
}

/** Whether a later version than the given one of this program wrote a record. */
export const isNewer = (json: unknown, version: number): boolean =>
  Number((json as { version?: unknown } | null | undefined)?.version) > version;

export const formatRecord = ({ tenant, api }: Account, content: RecordContent): string =>
  `${JSON.stringify({ version: VERSION, tenant, api, ...content }, null, 2)}\n`;
