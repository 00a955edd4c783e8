import type { Job } from '../../src/jobs/job.ts';
import { MODELS } from '../../src/models/built-in/index.ts';
import { putRecord } from '../support/records.ts';

// So that 2,000 are of the last 24 hours, all of which count against limits.
const APART = 30_000;

/** Fills a data directory with records of jobs that succeeded and were delivered, from the newest back in time. */
export function seedRecords(
  dataDir: string,
  api: string,
  { from = 0, to, more = () => ({}) }: { from?: number; to: number; more?: (index: number) => Partial<Job> },
): void {
  const newest = Date.now() - APART;
  for (let index = from; index < to; index++)
    putRecord(
      { dataDir, sandbox: false, baseUrl: api },
      {
        ...doneJob(index, newest - index * APART),
        ...more(index),
      },
    );
}

function doneJob(index: number, at: number): Job {
  const ran = 15 + (index % 10);
  const time = (ms: number) => new Date(at + ms).toISOString();
  return {
    model: MODELS[index % MODELS.length]?.id ?? '',
    input: { prompt: `Fox number ${index}, ${'in a wood of birches at the first light, '.repeat(4)}`.trim() },
    state: 'succeeded',
    submitted_at: time(0),
    request_id: `seeded-${index}`,
    started_at: time(2_000),
    started_within_seconds: 1,
    finished_at: time(2_000 + ran * 1_000),
    ran_seconds: ran,
    urls: [`https://playgrounds-storage-public.runcomfy.net/seeded/${index}.png`],
    cost_usd: 0.04,
    delivered_at: time(3_000 + ran * 1_000),
  };
}
