import type { Job } from '../../src/jobs/job.ts';
import { createLedger } from '../../src/jobs/ledger.ts';
import { createLog } from '../../src/log.ts';
import { MODELS } from '../../src/models/index.ts';

// So that 2,000 are of the last 24 hours, all of which count against limits.
const APART = 30_000;
// Written at a time.
const BATCH = 50;

/** Fills a data directory with records of jobs that succeeded and were delivered, from the newest back in time. */
export async function seedRecords(
  dataDir: string,
  api: string,
  { from = 0, to }: { from?: number; to: number },
): Promise<void> {
  const newest = Date.now() - APART;
  const jobs = Array.from({ length: to - from }, (_, index) =>
    doneJob(api, from + index, newest - (from + index) * APART),
  );
  while (jobs.length > 0) await writeRecords(dataDir, jobs.splice(0, BATCH));
}

type DoneJob = Job & { submitted_at: string; request_id: string };

function doneJob(api: string, index: number, at: number): DoneJob {
  const ran = 15 + (index % 10);
  const time = (ms: number) => new Date(at + ms).toISOString();
  return {
    api,
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

/** Writes jobs as the program does: each first as an intent, then with all that became of it. */
async function writeRecords(dataDir: string, jobs: readonly DoneJob[]): Promise<void> {
  const ledger = createLedger(dataDir, createLog('silent', String));
  await Promise.all(
    jobs.map(async (job) => {
      const { api, model, input, submitted_at } = job;
      const entry = await ledger.begin({ api, model, input, submitted_at, state: 'submitting' });
      await ledger.update(entry, () => job);
    }),
  );
}
