import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { accountDir, formatName, idOf } from '../../../src/stores/file/names.ts';
import { formatRecord } from '../../../src/stores/file/record.ts';
import { freshDataDir } from '../../support/program.ts';
import { ACCOUNT, inFiles } from '../backends.ts';
import { all } from '../conformance.ts';

/** So many records whose prompts have so many characters, all read once; then none of them can be read any more. */
async function readOnce(count: number, characters: number) {
  const dataDir = freshDataDir();
  const mine = await inFiles(1, { dataDir }).start();
  const dir = join(accountDir(dataDir, ACCOUNT), 'jobs');
  mkdirSync(dir, { recursive: true });
  for (let nth = 0; nth < count; nth++) {
    const submitted_at = new Date(nth * 1_000).toISOString();
    const job = {
      model: 'm/m',
      input: { prompt: 'x'.repeat(characters) },
      state: 'failed',
      submitted_at,
    } as const;
    const id = idOf(submitted_at, 'f'.repeat(16), String(nth));
    writeFileSync(join(dir, formatName(id, 1)), formatRecord(ACCOUNT, { job, writes: {} }));
  }
  const listed = await all(mine);
  expect(listed).toHaveLength(count);
  for (const name of readdirSync(dir)) writeFileSync(join(dir, name), '');
  const again: string[] = [];
  for await (const { id } of mine.store.newest({ skipUnreadable: true })) again.push(id);
  return { listed: listed.map(({ id }) => id), again };
}

it('records with long prompts, too, are looked at again and again without being read', async () => {
  const { listed, again } = await readOnce(20, 20_000);
  expect(again).toEqual(listed);
});

it('of more records than memory has room for, the newest are looked at without being read', async () => {
  const { listed, again } = await readOnce(700, 60_000);
  expect(again.length).toBeLessThan(600);
  expect(again.slice(0, 400)).toEqual(listed.slice(0, 400));
});

it('a record that is larger than many others together is read each time', async () => {
  const { again } = await readOnce(1, 100_000);
  expect(again).toEqual([]);
});
