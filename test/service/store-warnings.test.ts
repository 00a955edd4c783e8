import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatName, idOf } from '../../src/stores/file/names.ts';
import { eventually, freshDataDir } from '../support/program.ts';
import { serve } from '../support/service.ts';

/** A data folder with so many records of each of two accounts, which hold nothing. */
function recorded(...counts: readonly number[]): string {
  const dataDir = freshDataDir();
  for (const [nth, count] of counts.entries()) {
    const dir = join(dataDir, 'accounts', `account-${nth}`, 'jobs');
    mkdirSync(dir, { recursive: true });
    for (let job = 0; job < count; job++)
      writeFileSync(join(dir, formatName(idOf('2026-01-01T00:00:00Z', '0'.repeat(16), `${job}`), 1)), '');
  }
  return dataDir;
}
const warnings = (log: readonly string[]) => log.filter((line) => line.includes('--store postgres://'));

it('says at the start that there are more records than files are right for, and how many', async () => {
  const { log } = await serve({ dataDir: recorded(10, 10_000) });
  await eventually(() => warnings(log)).toHaveLength(1);
  expect(warnings(log)[0]).toContain('10010 jobs are recorded in files, up to 10000 of one account');
});

it('says nothing of 10,000', async () => {
  const { log, clock } = await serve({ dataDir: recorded(10_000) });
  await clock.sleep(1_000);
  expect(warnings(log)).toEqual([]);
});
