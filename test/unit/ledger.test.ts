import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLedger, type Intent } from '../../src/jobs/ledger.ts';
import { fingerprintOf as fingerprint } from '../../src/jobs/record.ts';
import { createLog } from '../../src/log.ts';
import { freshDataDir } from '../helpers/program.ts';

const intent = (second = 0, prompt = 'x'): Intent => ({
  api: 'https://api.example',
  model: 'a/b',
  input: { prompt },
  state: 'submitting',
  submitted_at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
});

function open(dataDir = freshDataDir()) {
  const log: string[] = [];
  const ledger = createLedger(
    dataDir,
    createLog(
      'warn',
      (text) => text,
      (line) => void log.push(line),
    ),
  );
  return { ledger, dir: join(dataDir, 'jobs'), log };
}

const all = async ({ ledger }: ReturnType<typeof open>) => {
  const jobs = [];
  for await (const { job } of ledger.newest()) jobs.push(job);
  return jobs;
};

describe('the ledger', () => {
  it('makes nothing before the first record', async () => {
    const opened = open();
    expect(await all(opened)).toEqual([]);
    expect(await opened.ledger.find('r')).toBeUndefined();
    expect(() => statSync(opened.dir)).toThrow('ENOENT');
  });

  it('keeps one private file a job, whose name carries what is looked up', async () => {
    const { ledger, dir } = open();
    const begun = await ledger.begin(intent());
    const pattern = `^20260101T000000000Z-${fingerprint(intent())}-[0-9a-f]{8}\\.0`;
    expect(readdirSync(dir)).toEqual([expect.stringMatching(new RegExp(`${pattern}\\.json$`))]);
    const job = { ...begun.job, state: 'in_queue' as const, request_id: 'r-1' };
    await ledger.update(begun, () => job);
    const [name = ''] = readdirSync(dir);
    expect(readdirSync(dir)).toEqual([expect.stringMatching(new RegExp(`${pattern}\\.r-1\\.json$`))]);
    expect(JSON.parse(readFileSync(join(dir, name), 'utf8'))).toEqual({ version: 1, ...job });
    expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect((await ledger.find('r-1'))?.job).toEqual(job);
  });

  it('lists newest first and forgets what is removed', async () => {
    const opened = open();
    const first = await opened.ledger.begin(intent(1, 'one'));
    await opened.ledger.begin(intent(2, 'two'));
    expect((await all(opened)).map(({ input }) => input.prompt)).toEqual(['two', 'one']);
    await opened.ledger.remove(first);
    expect(await all(opened)).toHaveLength(1);
  });

  it('passes over what it cannot read, and says so', async () => {
    const opened = open();
    await opened.ledger.begin(intent(1));
    const name = `20260101T000002000Z-${'0'.repeat(16)}-00000000.0.json`;
    writeFileSync(join(opened.dir, name), '{"version": 1, "api"');
    writeFileSync(join(opened.dir, 'notes.txt'), 'not ours');
    expect(await all(opened)).toHaveLength(1);
    expect(opened.log.join()).toContain(name);
  });

  it('refuses where it cannot write', async () => {
    const dataDir = freshDataDir();
    writeFileSync(dataDir, 'a file where the directory should be');
    await expect(open(dataDir).ledger.begin(intent())).rejects.toMatchObject({
      code: 'ledger_unwritable',
      charged: 'no',
    });
  });

  it('knows a call again by API, model and input, in whatever order its fields stand', () => {
    const call = { api: 'a', model: 'm', input: { prompt: 'x', seed: 1 } };
    expect(fingerprint({ ...call, input: { seed: 1, prompt: 'x' } })).toBe(fingerprint(call));
    const lora = (weights: object) => fingerprint({ ...call, input: { lora: [{ weights }] } });
    expect(lora({ a: 1, b: { c: 2, d: 3 } })).toBe(lora({ b: { d: 3, c: 2 }, a: 1 }));
    expect(lora({ a: 1 })).not.toBe(lora({ a: 2 }));
    for (const other of [{ api: 'b' }, { model: 'n' }, { input: { prompt: 'x' } }]) {
      expect(fingerprint({ ...call, ...other })).not.toBe(fingerprint(call));
    }
  });

  it('lets exactly one of several take a job over, at once with its lease', async () => {
    const dataDir = freshDataDir();
    const begun = await open(dataDir).ledger.begin(intent());
    const accepted = { ...begun.job, state: 'in_queue' as const, request_id: 'r-1' };
    const entry = await open(dataDir).ledger.update(begun, () => accepted);
    const takers = Array.from({ length: 8 }, (_, pid) => ({
      host: 'h',
      pid,
      session: `${pid}`,
      until: 'later',
    }));
    const claims = await Promise.all(
      takers.map((follower) => open(dataDir).ledger.claim(entry, { ...accepted, follower })),
    );
    const [winner, ...others] = claims.filter((claim) => claim !== undefined);
    expect(others).toEqual([]);
    expect((await open(dataDir).ledger.find('r-1'))?.job).toEqual(winner?.job);
    expect(await all(open(dataDir))).toHaveLength(1);
  });

  it('believes an accepted job over one that is doubted meanwhile', async () => {
    const opened = open();
    const begun = await opened.ledger.begin(intent());
    await opened.ledger.claim(begun, { ...begun.job, state: 'unknown' });
    await opened.ledger.update(begun, (latest) => ({ ...latest, state: 'in_queue', request_id: 'r-1' }));
    expect(await all(opened)).toMatchObject([{ request_id: 'r-1', state: 'in_queue' }]);
  });

  it('undoes nothing that another process has written since', async () => {
    const dataDir = freshDataDir();
    const begun = await open(dataDir).ledger.begin(intent());
    await open(dataDir).ledger.update(begun, (latest) => ({
      ...latest,
      state: 'cancelled',
      request_id: 'r-1',
    }));
    await open(dataDir).ledger.update(begun, (latest) => ({ ...latest, delivered_at: 'now' }));
    expect(await all(open(dataDir))).toMatchObject([
      { state: 'cancelled', request_id: 'r-1', delivered_at: 'now' },
    ]);
  });

  it('is shared by several at once without a lock', async () => {
    const dataDir = freshDataDir();
    mkdirSync(dataDir);
    const ledgers = Array.from({ length: 4 }, () => open(dataDir));
    await Promise.all(
      ledgers.flatMap(({ ledger }) => Array.from({ length: 10 }, (_, n) => ledger.begin(intent(n)))),
    );
    expect(await all(open(dataDir))).toHaveLength(40);
  });
});
