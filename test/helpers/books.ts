import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';

/** Every record on disk, newest first. */
export function readRecords(dataDir: string): Job[] {
  const dir = join(dataDir, 'jobs');
  let names: string[] = [];
  try {
    names = readdirSync(dir).filter((name) => name.endsWith('.json'));
  } catch {
    // No call has been paid for yet.
  }
  return names
    .sort()
    .reverse()
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(dir, name), 'utf8')) as Job];
      } catch {
        return []; // Renamed since its name was read.
      }
    });
}

/**
 * The promise itself: upstream accepted no more jobs than calls were meant, and each of them stands in the records,
 * by its request id or as an intent of which nothing more is known.
 */
export function checkBooks(sandbox: Sandbox, dataDir: string, meant: number): void {
  expect(sandbox.engine.jobs.length, 'jobs that upstream accepted').toBeLessThanOrEqual(meant);
  const records = readRecords(dataDir);
  const intents = records.filter(({ request_id }) => request_id === undefined);
  for (const job of sandbox.engine.jobs) {
    if (records.some(({ request_id }) => request_id === job.id)) continue;
    const index = intents.findIndex(
      ({ model, input }) => model === job.model && JSON.stringify(input) === JSON.stringify(job.input),
    );
    expect(index, `job ${job.id} stands in no record`).toBeGreaterThanOrEqual(0);
    expect(['submitting', 'unknown']).toContain(intents.splice(index, 1)[0]?.state);
  }
}

/** Every answer tells whether something was charged, and an error what to do next. */
export function checkAnswer(text: string, isError: boolean): void {
  if (isError) expect(text).toMatch(/(Nothing was charged for this call\.|It may be charged\.) \[\w+\]$/);
  else expect(text).toMatch(/\bcharged\b|\bpaid for once\b|\bimages? by\b|\bnever ran\b/);
}
