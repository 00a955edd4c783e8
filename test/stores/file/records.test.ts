import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { StoredJob } from '../../../src/jobs/store.ts';
import { createLog } from '../../../src/log.ts';
import { linkFile } from '../../../src/stores/file/disk.ts';
import { accountDir, formatName, idOf } from '../../../src/stores/file/names.ts';
import { prune } from '../../../src/stores/file/prune.ts';
import { formatRecord } from '../../../src/stores/file/record.ts';
import { createRecords } from '../../../src/stores/file/records.ts';
import { refuseToSync } from '../../support/disk.ts';
import { freshDataDir } from '../../support/program.ts';
import { ACCOUNT, clock, type FileBackend, inFiles } from '../backends.ts';
import { all, DAY, HOUR, intent, open, put } from '../conformance.ts';
import { claimRepeat, reserve } from '../single.ts';

const jobsDir = ({ dataDir }: { dataDir: string }) => join(accountDir(dataDir, ACCOUNT), 'jobs');
const asideDir = ({ dataDir }: { dataDir: string }) => join(accountDir(dataDir, ACCOUNT), 'set-aside');
const names = (backend: { dataDir: string }) => readdirSync(jobsDir(backend)).sort();

async function start() {
  const backend = inFiles(1);
  return { backend, mine: await backend.start() };
}

/** Puts a record on disk, as another process would, and returns its name. */
function write(
  backend: FileBackend,
  text: string | undefined,
  { revision = 1, age = HOUR, nonce = 'a' } = {},
) {
  const { fingerprint, job } = intent('an owl', age);
  const name = formatName(idOf(job.submitted_at, fingerprint, nonce), revision);
  mkdirSync(jobsDir(backend), { recursive: true });
  writeFileSync(join(jobsDir(backend), name), text ?? formatRecord(ACCOUNT, { job, writes: {} }));
  return name;
}

describe('the folder of an account', () => {
  it('has a name that can be read, is safe everywhere, and is no other account’s', () => {
    const names = [
      ['local', 'https://model-api.runcomfy.net'],
      ['local', 'http://model-api.runcomfy.net'],
      ['other', 'https://model-api.runcomfy.net'],
      ['local', 'sandbox'],
      ['local', 'http://127.0.0.1:8080'],
      ['local', 'http://[::1]:8080'],
      ['../..', 'a/../../b\\c:d*?"<>|'],
    ].map(([tenant = '', api = '']) => accountDir('', { tenant, api }).replace(/^accounts./, ''));
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toMatch(/^model-api\.runcomfy\.net-[0-9a-f]{8}$/);
    expect(names[3]).toMatch(/^sandbox-[0-9a-f]{8}$/);
    expect(names[4]).toMatch(/^127\.0\.0\.1-8080-[0-9a-f]{8}$/);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9.-]*-[0-9a-f]{8,32}$/);
    // Tenants may choose their names, and try billions of them.
    expect(names[2]).toMatch(/^model-api\.runcomfy\.net-[0-9a-f]{32}$/);
  });

  it('is no other’s where somebody looked for a tenant with the same beginning of a hash', () => {
    const dirs = ['user-1948', 'user-52499'].map((tenant) =>
      accountDir('', { tenant, api: 'https://model-api.runcomfy.net' }),
    );
    expect(dirs[0]?.slice(0, -24)).toBe(dirs[1]?.slice(0, -24));
    expect(dirs[0]).not.toBe(dirs[1]);
  });

  it('is made with the first job, with all that is above it, for its owner alone', async () => {
    const backend = inFiles(1, { dataDir: join(freshDataDir(), 'deep') });
    const mine = await backend.start();
    rmSync(join(backend.dataDir, '..'), { recursive: true, force: true });
    expect(await all(mine)).toEqual([]);
    expect(await mine.store.byRequestId('r')).toBeUndefined();
    expect(existsSync(backend.dataDir)).toBe(false);
    await put(mine, 'in_queue');
    const dir = jobsDir(backend);
    for (const made of [backend.dataDir, dirname(dir), dir]) expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, names(backend)[0] as string)).mode & 0o777).toBe(0o600);
  });

  it('holds one file a job, whose name tells time and call, and whose revision each change raises', async () => {
    const { backend, mine } = await start();
    const wanted = intent();
    const call = open(mine);
    const { id } = await reserve(mine.store, wanted, call.id);
    const time = wanted.job.submitted_at.replace(/[-:.]/g, '');
    const start_ = `${time}-${wanted.fingerprint}-`;
    expect(names(backend)).toEqual([expect.stringMatching(new RegExp(`^${start_}[0-9a-f]{8}\\.1\\.json$`))]);
    const submitting = (await mine.store.maySubmit(id, call.id)) as StoredJob;
    await mine.store.accepted(submitting, 'r-1');
    expect(names(backend)).toEqual([`${id}.3.json`]);
    const record = JSON.parse(readFileSync(join(jobsDir(backend), `${id}.3.json`), 'utf8'));
    const { job, lease } = (await all(mine))[0] as StoredJob;
    expect(record).toEqual({ version: 2, ...ACCOUNT, job, lease, writes: expect.any(Object) });
  });

  it('is passed by where a file is no record', async () => {
    const { backend, mine } = await start();
    const stored = await put(mine, 'in_queue');
    mkdirSync(join(jobsDir(backend), write(backend, undefined).replace('.1.', '.2.')));
    for (const name of ['README.json', `${formatName(stored.id, 9)}~`])
      writeFileSync(join(jobsDir(backend), name), '');
    expect(await all(await backend.start())).toHaveLength(2);
  });

  const UNUSABLE: [what: string, make: (path: string) => void][] = [
    ['is a file', (path) => writeFileSync(path, 'a file')],
    ['is a link to itself', (path) => symlinkSync(path, path)],
    ['leads to where nothing is', (path) => symlinkSync(`${path}-nowhere`, path)],
    [
      'has a file where the accounts belong',
      (path) => {
        mkdirSync(path);
        writeFileSync(join(path, 'accounts'), 'a file');
      },
    ],
  ];
  it.each(UNUSABLE)('that cannot be made because the data folder %s reserves nothing', async (_, make) => {
    const backend = inFiles(1, { dataDir: join(freshDataDir(), 'data') });
    const mine = await backend.start();
    rmSync(backend.dataDir, { recursive: true, force: true });
    mkdirSync(dirname(backend.dataDir), { recursive: true });
    make(backend.dataDir);
    await expect(reserve(mine.store, intent(), open(mine).id)).rejects.toMatchObject({
      code: 'store_unavailable',
      charged: 'no',
      message: expect.stringMatching(/cannot be (read|written) \([A-Z]+\)/),
    });
  });

  it('that was deleted is not made anew for a job whose record went with it', async () => {
    const { backend, mine } = await start();
    const stored = await put(mine, 'submitting');
    rmSync(backend.dataDir, { recursive: true });
    await expect(mine.store.accepted(stored, 'r-1')).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(existsSync(backend.dataDir)).toBe(false);
  });
});

/** What may stand in a record that is none. */
const CORRUPT: [what: string, text: string][] = [
  ['nothing', ''],
  ['half of it', '{"version": 2, "tenant": "lo'],
  ['zeroes, as a power cut leaves them', '\0'.repeat(400)],
  ['a list', '[]'],
  ['null', 'null'],
  ['no version', JSON.stringify({ ...ACCOUNT, job: intent().job, writes: {} })],
  [
    'a state that does not exist',
    JSON.stringify({ version: 2, ...ACCOUNT, writes: {}, job: { ...intent().job, state: 'done' } }),
  ],
  [
    'an input that is no object',
    JSON.stringify({ version: 2, ...ACCOUNT, writes: {}, job: { ...intent().job, input: 'a fox' } }),
  ],
  [
    'no time',
    JSON.stringify({
      version: 2,
      ...ACCOUNT,
      writes: {},
      job: { ...intent().job, submitted_at: 'yesterday' },
    }),
  ],
  [
    'a request id that is no text',
    JSON.stringify({ version: 2, ...ACCOUNT, writes: {}, job: { ...intent().job, request_id: 7 } }),
  ],
  [
    'half a lease',
    JSON.stringify({ version: 2, ...ACCOUNT, writes: {}, lease: { call: 'c' }, job: intent().job }),
  ],
];

describe('a record that cannot be read', () => {
  it.each(CORRUPT)('because it holds %s is set aside, and the rest goes on', async (_, text) => {
    const { backend, mine } = await start();
    const stored = await put(mine, 'in_queue');
    const name = write(backend, text);
    for (let count = 0; count < 2; count++) expect(await all(mine)).toEqual([stored]);
    expect(readFileSync(join(asideDir(backend), name), 'utf8')).toBe(text);
    expect(existsSync(join(jobsDir(backend), name))).toBe(false);
    expect(backend.log.filter((line) => line.includes(name))).toHaveLength(1);
  });

  it('and cannot be set aside is passed over, and named once', async () => {
    const { backend, mine } = await start();
    const stored = await put(mine, 'in_queue');
    writeFileSync(asideDir(backend), 'a file');
    const name = write(backend, '{');
    for (let count = 0; count < 2; count++) expect(await all(mine)).toEqual([stored]);
    expect(backend.log.filter((line) => line.includes(name))).toEqual([expect.stringContaining('nor moved')]);
    expect(readFileSync(join(jobsDir(backend), name), 'utf8')).toBe('{');
  });

  it.each([
    ['a newer version of this server', JSON.stringify({ version: 3, ...ACCOUNT, job: 'a dream' })],
    ['another account', formatRecord({ ...ACCOUNT, tenant: 'other' }, { job: intent().job, writes: {} })],
  ])('because it is from %s is left as it is, passed over and named once', async (whose, text) => {
    const { backend, mine } = await start();
    const stored = await put(mine, 'in_queue');
    const name = write(backend, text, { age: 100 * DAY });
    for (let count = 0; count < 2; count++) expect(await all(mine)).toEqual([stored]);
    await mine.store.prune(Date.now(), { days: 1, jobs: 0 });
    expect(readFileSync(join(jobsDir(backend), name), 'utf8')).toBe(text);
    expect(backend.log.filter((line) => line.includes(name))).toEqual([expect.stringContaining(whose)]);
    // Who must know of every record is told.
    const onIgnored = vi.fn();
    expect(await all(mine, { onIgnored })).toEqual([stored]);
    expect(onIgnored).toHaveBeenCalledTimes(1);
  });

  /** Makes a record one that is there, but fails to be read, until the function that is returned is called. */
  async function unreadable() {
    const { backend, mine } = await start();
    const stored = await put(mine, 'in_queue');
    const path = join(jobsDir(backend), names(backend)[0] as string);
    const text = readFileSync(path);
    rmSync(path);
    // A link to itself fails for every user, and not as a file that is absent.
    symlinkSync(path, path);
    const other = await backend.start();
    const restore = () => {
      rmSync(path);
      writeFileSync(path, text);
    };
    return { backend, stored, other, restore };
  }

  it('for a moment is not absent: nothing is claimed, counted or found without it', async () => {
    const { stored, other, restore } = await unreadable();
    const { store } = other;
    const failing = [
      () => claimRepeat(store, stored.fingerprint, new Date(0).toISOString(), open(other)),
      () => reserve(store, intent('an owl'), open(other).id, () => undefined),
      () => store.byRequestId(stored.job.request_id as string),
      () => all(other),
    ];
    for (const fail of failing) await expect(fail()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await all(other, { skipUnreadable: true })).toEqual([]);
    restore();
    expect(await all(other)).toEqual([stored]);
  });

  it('is waited for a little', async () => {
    const { stored, other, restore } = await unreadable();
    const listing = all(other);
    setTimeout(restore, 50);
    expect(await listing).toEqual([stored]);
  });

  it('does not hide the others from who may do without it', async () => {
    const { backend, other } = await unreadable();
    const call = open(other);
    const stored = await reserve(other.store, intent(), call.id);
    const { job } = await other.store.accepted(stored, 'r-1');
    expect(await all(other, { skipUnreadable: true })).toMatchObject([{ job }]);
    expect(backend.log.join()).toContain('ELOOP');
    expect(await other.store.byRequestId('r-1')).toMatchObject({ job });
  });
});

describe('a record that holds more than this version knows', () => {
  it('loses optional fields that are invalid, keeps unknown ones when it is rewritten, and is no less a job', async () => {
    const { backend, mine } = await start();
    const { job } = intent('an owl', HOUR);
    const known = { ...job, state: 'in_queue' as const, request_id: 'r-1', cost_usd: 0.5 };
    const times = { delivered_at: 7, ran_seconds: '8', started_within_seconds: 'x', finished_at: null };
    const invalid = { ...times, urls: 'u', kinds: ['smell'], error: {} };
    const unknown = { rating: 5, later: { deep: [1] } };
    const content = { job: { ...known, ...unknown, ...invalid }, writes: {} };
    write(backend, JSON.stringify({ version: 2, ...ACCOUNT, ...content }));
    const [stored] = await all(mine);
    expect(stored?.job).toEqual({ ...known, ...unknown });
    await mine.store.update(stored?.id ?? '', (now) => ({ ...now, state: 'in_progress' }));
    const [other] = await all(await backend.start());
    expect(other?.job).toEqual({ ...known, ...unknown, state: 'in_progress' });
    expect(existsSync(asideDir(backend))).toBe(false);
  });
});

describe('a disk that refuses', () => {
  it('to sync a directory can hold the records all the same', async () => {
    await refuseToSync('EINVAL');
    const { mine } = await start();
    expect(await put(mine, 'in_queue')).toBeDefined();
  });

  it('for another reason than that it never can keeps no reservation, and no step of a submit', async () => {
    const { backend, mine } = await start();
    const call = open(mine);
    const { id } = await reserve(mine.store, intent(), call.id);
    await refuseToSync('EIO');
    const failed = {
      code: 'store_unavailable',
      message: expect.stringContaining('(EIO), so nothing was submitted'),
    };
    await expect(reserve(mine.store, intent('an owl'), call.id)).rejects.toMatchObject(failed);
    await expect(mine.store.maySubmit(id, call.id)).rejects.toMatchObject(failed);
    expect(await all(mine)).toMatchObject([{ id, job: { state: 'reserved' } }]);
    expect(names(backend)).toHaveLength(1);
  });
});

describe('what crashes left', () => {
  it('goes with a clean-up, once nobody can be at it any more', async () => {
    const { backend, mine } = await start();
    await put(mine, 'in_queue');
    const [old, fresh] = [1, 2].map((n) => join(jobsDir(backend), `.x.${n}.tmp`)) as [string, string];
    for (const path of [old, fresh]) writeFileSync(path, '{');
    utimesSync(old, Date.now() / 1000 - 7_200, Date.now() / 1000 - 7_200);
    expect(await all(mine)).toHaveLength(1);
    await mine.store.prune(Date.now(), { days: 90, jobs: 1_000 });
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });
});

describe('a clean-up', () => {
  const keep = { days: 90, jobs: 2_000 };
  const over = { age: 100 * DAY, more: { delivered_at: new Date().toISOString() } };

  it('deletes what is over even where many unfinished jobs are older', async () => {
    const { backend, mine } = await start();
    const job = { ...intent('an owl', 200 * DAY).job, state: 'in_queue' as const };
    const text = formatRecord(ACCOUNT, { job, writes: {} });
    for (let n = 0; n < 300; n++) write(backend, text, { age: 200 * DAY + n, nonce: `${n}` });
    await put(mine, 'succeeded', over);
    await mine.store.prune(Date.now(), keep);
    expect(names(backend)).toHaveLength(300);
  });

  it('leaves a job that changed since it was judged', async () => {
    const { backend, mine } = await start();
    const { id } = await put(mine, 'succeeded', over);
    const dir = jobsDir(backend);
    const log = createLog('silent', (text) => text);
    const records = createRecords({
      dir,
      asideDir: asideDir(backend),
      account: ACCOUNT,
      log,
      link: linkFile,
      clock,
    });
    const read: typeof records.read = async function* (listed, skip) {
      for await (const stored of records.read(listed, skip)) {
        await mine.store.update(id, (job) => ({ ...job, cost_usd: 1 }));
        yield stored;
      }
    };
    await prune({ ...records, read }, Date.now(), keep);
    expect(await all(mine)).toMatchObject([{ id, job: { cost_usd: 1 } }]);
  });
});

/** Writes many records, all of the last days. */
function many(backend: FileBackend, count: number): void {
  mkdirSync(jobsDir(backend), { recursive: true });
  for (let n = 0; n < count; n++) {
    const { fingerprint, job } = intent(`a fox, number ${n}`, (n + 1) * 60_000);
    const id = idOf(job.submitted_at, fingerprint, `${n}`);
    const ended = { ...job, state: 'succeeded' as const, request_id: `r-${n}` };
    writeFileSync(
      join(jobsDir(backend), formatName(id, 5)),
      formatRecord(ACCOUNT, { job: ended, writes: {} }),
    );
  }
}

describe('many records', () => {
  /** Which of the records were read, by making them unreadable: only those that nobody reads again do no harm. */
  const spoil = (backend: FileBackend) => {
    for (const name of names(backend)) {
      rmSync(join(jobsDir(backend), name));
      symlinkSync(name, join(jobsDir(backend), name));
    }
  };

  it('are read once', async () => {
    const { backend, mine } = await start();
    many(backend, 2_000);
    const first = await all(mine);
    expect(first).toHaveLength(2_000);
    spoil(backend);
    expect(await all(mine)).toEqual(first);
    expect(await mine.store.byRequestId('r-1999')).toEqual(first.at(-1));
  });

  it('are not read for a reservation without limits, nor for its submit', async () => {
    const { backend, mine } = await start();
    many(backend, 50);
    spoil(backend);
    const call = open(mine);
    expect(
      await claimRepeat(mine.store, intent().fingerprint, new Date(0).toISOString(), call),
    ).toBeUndefined();
    const { id } = await reserve(mine.store, intent(), call.id);
    const stored = (await mine.store.maySubmit(id, call.id)) as StoredJob;
    expect(await mine.store.accepted(stored, 'r-new')).toMatchObject({ job: { state: 'in_queue' } });
  });

  it('that are more than are kept in memory are all told, the newest from there', async () => {
    const { backend, mine } = await start();
    many(backend, 3_000);
    expect(await all(mine)).toHaveLength(3_000);
    expect(await all(mine)).toHaveLength(3_000);
    spoil(backend);
    const newest: StoredJob[] = [];
    for await (const stored of mine.store.newest()) if (newest.push(stored) === 2_200) break;
    expect(newest).toHaveLength(2_200);
  });

  it('leave everything else its turn while they are gone through', async () => {
    const { backend, mine } = await start();
    many(backend, 2_000);
    await all(mine);
    const reading = mine.store.newest();
    await reading.next();
    let turns = 0;
    const count = () => {
      turns += 1;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    for await (const _ of reading);
    clearImmediate(counting);
    expect(turns).toBeGreaterThan(10);
  });
});
