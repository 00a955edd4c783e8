import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { codeOf } from '../../src/errors.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Lease } from '../../src/jobs/store.ts';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { parseName } from '../../src/stores/file/names.ts';

/** Every record on disk as it stands now, of all accounts, newest first; read again where one changed meanwhile. */
export function readRecords(dataDir: string): (Job & { lease?: Lease })[] {
  const dir = join(dataDir, 'accounts');
  const newest = new Map<string, { revision: number; path: string }>();
  // While a record changes, one reading may meet neither its new name nor the old one.
  for (const path of [...namesBelow(dir), ...namesBelow(dir)]) {
    const { id, revision } = parseName(basename(path)) ?? {};
    if (id === undefined || revision === undefined || revision < (newest.get(id)?.revision ?? 0)) continue;
    newest.set(id, { revision, path: join(dir, path) });
  }
  const records: (Job & { lease?: Lease })[] = [];
  for (const id of [...newest.keys()].sort().reverse()) {
    try {
      const text = readFileSync(newest.get(id)?.path as string, 'utf8');
      const { job, lease } = JSON.parse(text) as { job: Job; lease?: Lease };
      records.push({ ...job, ...(lease && { lease }) });
    } catch (error) {
      // Superseded, or removed, since its name was read; what else cannot be read is no record.
      if (codeOf(error) === 'ENOENT') return readRecords(dataDir);
    }
  }
  return records;
}

function namesBelow(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: 'utf8' });
  } catch {
    return []; // No call has been paid for yet.
  }
}

/**
 * The jobs that upstream accepted but that stand in no record: neither by their request id nor as an intent of which
 * nothing more is known.
 */
export function unrecorded(accepted: readonly SandboxJob[], records: readonly Job[]): SandboxJob[] {
  const ids = new Set(records.map(({ request_id }) => request_id));
  const intents = records.filter(
    ({ request_id, state }) => request_id === undefined && (state === 'submitting' || state === 'unknown'),
  );
  return accepted.filter((job) => {
    if (ids.has(job.id)) return false;
    const index = intents.findIndex(({ model, input }) => model === job.model && isSentAs(input, job.input));
    if (index !== -1) intents.splice(index, 1);
    return index === -1;
  });
}

/** Whether an input went out as another: what handles stand for is not compared. */
function isSentAs(recorded: Job['input'], sent: Job['input']): boolean {
  const named = Object.keys(recorded).filter((field) => /^job:/.test(String([recorded[field]].flat()[0])));
  const rest = (input: Job['input']) =>
    JSON.stringify({ ...input, ...Object.fromEntries(named.map((field) => [field, null])) });
  return rest(recorded) === rest(sent);
}

/** The promise itself: upstream accepted no more jobs than calls were meant, and each of them stands in the records. */
export function checkBooks(sandbox: Sandbox, dataDir: string, meant: number): void {
  expect(sandbox.engine.jobs.length, 'jobs that upstream accepted').toBeLessThanOrEqual(meant);
  expect(unrecorded(sandbox.engine.jobs, readRecords(dataDir)), 'jobs without a record').toEqual([]);
}

/** Every answer tells whether something was charged, and an error what to do next. */
export function checkAnswer(text: string, isError: boolean): void {
  if (isError) expect(text).toMatch(/(Nothing was charged for this call\.|It may be charged\.) \[\w+\]$/);
  else expect(text).toMatch(/\bcharged\b|\bpaid for once\b|\bimages? by\b|\bnever ran\b/);
}
