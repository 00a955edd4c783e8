import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Job, JobState } from '../../src/jobs/job.ts';
import type { Route } from '../../src/sandbox/faults.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL, promised } from '../support/calls.ts';
import { canFillDisks, refuseToSync, smallDisk } from '../support/disk.ts';
import {
  type Connected,
  connect as connectTo,
  eventually,
  freshDataDir,
  textOf,
} from '../support/program.ts';
import { jobsDir as jobsDirOf, putRecord } from '../support/records.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
const HOURS = 3_600_000;
const DAYS = 24 * HOURS;
const NOW = Date.now();

/** Upstream ends every job at its first look unless it is planned otherwise. */
const connect = (given: Parameters<typeof connectTo>[0] = {}) =>
  connectTo({ sandboxOptions: { pace: 0 }, ...given });

type Stored = Job & { submitted_at: string };

/** A job of some age, in a state that goes with its request id or the lack of one. */
const job = (state: JobState, age: number, more: Partial<Job> = {}): Stored => ({
  model: MODEL,
  input: { prompt: `${state} ${age}` },
  state,
  submitted_at: new Date(NOW - age).toISOString(),
  ...(state !== 'reserved' &&
    state !== 'submitting' &&
    state !== 'unknown' && { request_id: `${state}-${age}` }),
  ...more,
});

/** One whose outcome was told. */
const told = (state: JobState, age: number) => job(state, age, { delivered_at: new Date(NOW).toISOString() });

const jobsDir = ({ config }: Connected) => jobsDirOf(config);

/** Everything that the list tool shows. */
async function listed({ client }: Connected) {
  const { structuredContent } = await client.callTool({ name: 'list_image_jobs', arguments: { limit: 50 } });
  return (structuredContent as { jobs: { request_id?: string; status: string }[] }).jobs;
}

/** Makes upstream hold the next answer of an endpoint, until the function that is returned is called. */
function hold({ sandbox }: Connected, on: Route): () => void {
  const { promise: held, resolve: answer } = promised();
  sandbox.inject({ on, what: { hold: held } });
  return answer;
}

/** Starts a call, whose submit has reached upstream and whose answer is held. */
async function callAndHold(one: Connected) {
  const answer = hold(one, 'submit');
  const call = one.client.callTool(CALL);
  await eventually(() => one.sandbox.engine.jobs.length).toBe(1);
  return { answer, call, id: one.sandbox.engine.jobs[0]?.id as string };
}

describe('the directory', () => {
  it('is made with all that is above it, for its owner alone', async () => {
    const dataDir = join(freshDataDir(), 'a', 'b');
    const { client, config, sandbox } = await connect({ dataDir });
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    for (const dir of [dataDir, join(dataDir, 'accounts'), jobsDirOf(config)])
      expect(statSync(dir).mode & 0o777).toBe(0o700);
    checkBooks(sandbox, config.dataDir, 1);
  });

  /** Calls on a directory that is of no use: the answer names it, and nothing is submitted. */
  async function refuses(dataDir: string) {
    const { client, sandbox } = await connect({ dataDir });
    const text = textOf(await client.callTool(CALL));
    expect(text).toMatch(
      /cannot be (read|written) \([A-Z]+\).* Nothing was charged for this call\. \[store_unavailable\]$/,
    );
    expect(text).toContain(`The job records in ${dataDir}`);
    expect(sandbox.requests).toEqual([]);
  }

  /** A fresh path with a directory above it. */
  const path = () => {
    const dir = freshDataDir();
    mkdirSync(dirname(dir), { recursive: true });
    return dir;
  };

  const UNUSABLE: [what: string, make: () => string][] = [
    ['is a file', () => withFile(path())],
    ['is below a file', () => join(withFile(path()), 'deep', 'below')],
    ['has a file where the records belong', () => dirname(withFile(join(path(), 'accounts')))],
    [
      'is a link to itself',
      () => {
        const dir = path();
        symlinkSync(dir, dir);
        return dir;
      },
    ],
    [
      'leads to where nothing is',
      () => {
        const dir = path();
        symlinkSync(`${dir}-nowhere`, dir);
        return dir;
      },
    ],
    ['has a name that is too long', () => join(path(), 'x'.repeat(300))],
  ];
  it.each(UNUSABLE)('that %s refuses the call before anything is paid', async (_, make) => refuses(make()));

  it.skipIf(process.platform !== 'linux').each(['/sys/nowhere', '/dev/full'])(
    'in a file system where nothing can be made (%s, Linux only) refuses the call',
    (dataDir) => refuses(dataDir),
  );

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32').each(['000', '444', '555'])(
    'without the permission (mode %s; not for root, who may do anything) refuses the call',
    async (mode) => {
      const dataDir = path();
      mkdirSync(join(dataDir, 'accounts'), { recursive: true });
      chmodSync(join(dataDir, 'accounts'), Number.parseInt(mode, 8));
      await refuses(dataDir);
    },
  );
});

/** Makes a file, and the directories above it. */
function withFile(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'a file');
  return file;
}

describe('records that become unwritable between the intent and the answer', () => {
  const WAYS: [how: string, spoil: (dir: string) => void][] = [
    [
      'replaced by a file',
      (dir) => {
        renameSync(dir, `${dir}-before`);
        withFile(dir);
      },
    ],
    ['moved away', (dir) => renameSync(dir, `${dir}-before`)],
  ];
  it.each(WAYS)('(%s) cost nobody the picture: it comes with its request id', async (_, spoil) => {
    const one = await connect();
    const { answer, call, id } = await callAndHold(one);
    spoil(jobsDir(one));
    answer();
    const result = await call;
    expect(result.structuredContent).toMatchObject({ status: 'succeeded', request_id: id, images: [{}] });
    expect(one.log.join('')).toContain(`error: cannot record job ${id} as in_queue: `);
    expect(readdirSync(`${jobsDir(one)}-before`)).toHaveLength(1);
    expect(one.sandbox.engine.jobs).toHaveLength(1);
  });

  it('(deleted) cost nobody the picture', async () => {
    const one = await connect();
    const { answer, call, id } = await callAndHold(one);
    rmSync(one.config.dataDir, { recursive: true });
    answer();
    expect((await call).structuredContent).toMatchObject({ status: 'succeeded', request_id: id });
    expect(one.log.join('')).toContain(`cannot record job ${id}`);
  });

  it('are no hindrance to collecting and cancelling a job by its request id', async () => {
    const one = await connect({ waitSeconds: 0 });
    one.sandbox.engine.planNext({ queueMs: HOURS });
    const { structuredContent } = await one.client.callTool(CALL);
    const { request_id } = structuredContent as { request_id: string };
    rmSync(one.config.dataDir, { recursive: true });
    withFile(one.config.dataDir);
    const got = await one.client.callTool({ name: 'get_image_job', arguments: { request_id } });
    expect.soft(got.structuredContent, textOf(got)).toMatchObject({ request_id, status: 'in_queue' });
    const cancelled = await one.client.callTool({ name: 'cancel_image_job', arguments: { request_id } });
    expect.soft(cancelled.structuredContent, textOf(cancelled)).toMatchObject({ outcome: 'cancelled' });
  });
});

describe.skipIf(!canFillDisks())('a full disk (needs root on Linux, to mount a small one)', () => {
  it('refuses the call before anything is paid, leaves nothing half, and the next call goes', async () => {
    const { dataDir, fill, free } = smallDisk();
    const { client, sandbox, config } = await connect({ dataDir });
    fill();
    expect(textOf(await client.callTool(CALL))).toMatch(
      /\(ENOSPC\), so nothing was submitted.*\[store_unavailable\]$/,
    );
    expect(sandbox.requests).toEqual([]);
    expect(readdirSync(jobsDirOf(config))).toEqual([]);
    free();
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    checkBooks(sandbox, config.dataDir, 1);
  });

  it('between the intent and the answer: the job goes on, and is recorded once there is room', async () => {
    const { dataDir, fill, free } = smallDisk();
    const one = await connect({ dataDir });
    const { answer, call, id } = await callAndHold(one);
    const finish = hold(one, 'result');
    fill();
    answer();
    await eventually(() => one.log.join('')).toMatch(
      new RegExp(`cannot record job ${id} as in_queue: .*ENOSPC`),
    );
    expect(readRecords(dataDir)).toMatchObject([{ state: 'submitting' }]);
    free();
    finish();
    expect((await call).structuredContent).toMatchObject({ status: 'succeeded', request_id: id });
    expect(readRecords(dataDir)).toMatchObject([{ state: 'succeeded', request_id: id }]);
    checkBooks(one.sandbox, dataDir, 1);
  });

  it('that is full for long: the picture comes, and all is recorded once there is room', async () => {
    const { dataDir, fill, free } = smallDisk();
    const one = await connect({ dataDir });
    const { answer, call, id } = await callAndHold(one);
    fill();
    answer();
    expect((await call).structuredContent).toMatchObject({ status: 'succeeded', request_id: id });
    // Of the acceptance, of the end, and of the delivery.
    await eventually(() => one.log.filter((line) => line.includes('cannot record job'))).toHaveLength(3);
    free();
    const told = { state: 'succeeded', request_id: id, delivered_at: expect.any(String) };
    await eventually(() => readRecords(dataDir)).toEqual([expect.objectContaining(told)]);
    await eventually(() => readRecords(dataDir)[0]).not.toHaveProperty('lease');
    checkBooks(one.sandbox, dataDir, 1);
  });
});

/** The text of a record of whose job something is odd. */
function withJob(odd: object, version: number | undefined = 2): string {
  const account = { tenant: 'local', api: 'https://api.example' };
  return JSON.stringify({ version, ...account, writes: {}, job: { ...job('in_queue', HOURS), ...odd } });
}

/** What may stand in a record that is none. */
const CORRUPT: [what: string, text: string][] = [
  ['nothing', ''],
  ['half of it', '{"version": 2, "tenant": "local", "api": "https://api.exam'],
  ['zeroes, as a power cut leaves them', '\0'.repeat(400)],
  ['a list', '[]'],
  ['null', 'null'],
  ['no version', withJob({}, 0)],
  ['a state that does not exist', withJob({ state: 'done' })],
  ['an input that is no object', withJob({ input: 'a fox' })],
  ['no time', withJob({ submitted_at: 'yesterday' })],
];

describe('a record that cannot be read', () => {
  it.each(CORRUPT)('because it holds %s is set aside, and the rest goes on', async (_, text) => {
    const one = await connect();
    await one.client.callTool(CALL);
    const name = putRecord(one.config, job('in_queue', HOURS), { text });
    expect(await listed(one)).toMatchObject([{ status: 'succeeded' }]);
    expect(readFileSync(join(dirname(jobsDir(one)), 'set-aside', name), 'utf8')).toBe(text);
    expect(existsSync(join(jobsDir(one), name))).toBe(false);
    expect(await listed(one)).toHaveLength(1);
    expect(one.log.filter((line) => line.includes(name))).toHaveLength(1);
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    checkBooks(one.sandbox, one.config.dataDir, 2);
  });

  it('is collected by its request id all the same', async () => {
    const one = await connect();
    const { id } = one.sandbox.engine.submit(MODEL, { prompt: 'a fox' });
    putRecord(one.config, job('in_queue', HOURS, { request_id: id }), { text: '{' });
    const result = await one.client.callTool({ name: 'get_image_job', arguments: { request_id: id } });
    expect(result.structuredContent).toMatchObject({ status: 'succeeded', request_id: id });
  });

  it('and cannot be set aside is passed over, and named once', async () => {
    const one = await connect();
    await one.client.callTool(CALL);
    withFile(join(dirname(jobsDir(one)), 'set-aside'));
    const name = putRecord(one.config, job('in_queue', HOURS), { text: '{' });
    for (let count = 0; count < 2; count++) expect(await listed(one)).toHaveLength(1);
    expect(one.log.filter((line) => line.includes(name))).toEqual([expect.stringContaining('nor moved')]);
    expect(readFileSync(join(jobsDir(one), name), 'utf8')).toBe('{');
  });

  it('is a directory, or no record at all: passed over', async () => {
    const one = await connect();
    await one.client.callTool(CALL);
    const name = putRecord(one.config, job('in_queue', HOURS));
    rmSync(join(jobsDir(one), name));
    mkdirSync(join(jobsDir(one), name));
    withFile(join(jobsDir(one), 'README.json'));
    withFile(join(jobsDir(one), `${name}~`));
    expect(await listed(one)).toHaveLength(1);
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
  });
});

/** What makes a server share the records and the upstream of another one. */
const sameAs = ({ config, sandbox }: Connected) => ({ dataDir: config.dataDir, baseUrl: sandbox.origin });

/** Makes a record one that is there, but cannot be read, until the function that is returned is called. */
function makeUnreadable(dir: string, name: string): () => void {
  const path = join(dir, name);
  const text = readFileSync(path);
  rmSync(path);
  // A link to itself fails for every user, and not as a file that is absent.
  symlinkSync(name, path);
  return () => {
    rmSync(path);
    writeFileSync(path, text);
  };
}

describe('a record that cannot be read for a moment', () => {
  /** A job whose outcome reached nobody. */
  async function unanswered(given: Parameters<typeof connect>[0] = {}) {
    const one = await connect({ waitSeconds: 0, ...given });
    one.sandbox.engine.planNext({ queueMs: HOURS });
    await one.client.callTool(CALL);
    await eventually(() => readRecords(one.config.dataDir)[0]?.lease).toBeUndefined();
    const [name = ''] = readdirSync(jobsDir(one));
    const readable = makeUnreadable(jobsDir(one), name);
    // This process knows what it wrote.
    const two = await connect({ waitSeconds: 0, ...given, ...sameAs(one) });
    return { one, two, readable };
  }

  it('is not absent: the call that repeats it pays nothing, and gets its job later', async () => {
    const { one, two, readable } = await unanswered();
    expect(textOf(await two.client.callTool(CALL))).toMatch(/cannot be read .*\[store_unavailable\]$/);
    readable();
    expect((await two.client.callTool(CALL)).structuredContent).toMatchObject({ resumed: true });
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('counts against the limits: nothing is submitted while they cannot be told', async () => {
    const { one, two } = await unanswered({ maxJobsPerHour: 1 });
    const other = { ...CALL, arguments: { prompt: 'an owl' } };
    expect(textOf(await two.client.callTool(other))).toContain('[store_unavailable]');
    expect(one.sandbox.engine.jobs).toHaveLength(1);
  });

  it('is waited for a little: a moment later the call goes on as if nothing had been', async () => {
    const { two, readable } = await unanswered();
    const answer = two.client.callTool(CALL);
    setTimeout(readable, 50);
    expect((await answer).structuredContent).toMatchObject({ resumed: true });
  });

  it('does not hide the others from a list', async () => {
    const { two } = await unanswered();
    await two.client.callTool({ ...CALL, arguments: { prompt: 'an owl' } });
    expect(await listed(two)).toHaveLength(1);
    expect(two.log.join('\n')).toContain('ELOOP');
  });
});

describe('a network drive that refuses to sync a directory', () => {
  it('can hold the records all the same', async () => {
    await refuseToSync('EINVAL');
    const one = await connect();
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('for another reason than that it never can: nothing is submitted, and no record is left', async () => {
    await refuseToSync('EIO');
    const one = await connect();
    expect(textOf(await one.client.callTool(CALL))).toContain('[store_unavailable]');
    expect(readRecords(one.config.dataDir)).toEqual([]);
    expect(one.sandbox.engine.jobs).toEqual([]);
  });
});

describe('a record of a future version', () => {
  it('is left as it is, passed over and named once; its job can be collected', async () => {
    const one = await connect({ keepDays: 1 });
    const { id } = one.sandbox.engine.submit(MODEL, { prompt: 'a fox' });
    const stored = job('succeeded', 100 * DAYS, { request_id: id });
    const text = JSON.stringify({ version: 3, state: 'dreamt' });
    const name = putRecord(one.config, stored, { text });
    const old = putRecord(one.config, told('succeeded', 100 * DAYS));
    for (let count = 0; count < 2; count++) expect(await listed(one)).toHaveLength(1);
    const got = await one.client.callTool({ name: 'get_image_job', arguments: { request_id: id } });
    expect(got.structuredContent).toMatchObject({ request_id: id, status: 'succeeded' });
    await one.client.callTool(CALL);
    await eventually(() => existsSync(join(jobsDir(one), old))).toBe(false);
    expect(readFileSync(join(jobsDir(one), name), 'utf8')).toBe(text);
    expect(one.log.filter((line) => line.includes(name))).toEqual([expect.stringContaining('newer version')]);
  });
});

describe('temporary files that a dead process left', () => {
  it('are no records; the old ones are removed behind a paid call, the fresh ones are left to their writer', async () => {
    const one = await connect();
    const temporary = (id: number) => join(jobsDir(one), `.20260101T000000000Z.${id}.tmp`);
    const old = withFile(temporary(1));
    const fresh = withFile(temporary(2));
    utimesSync(old, NOW / 1000 - 7_200, NOW / 1000 - 7_200);
    expect(await listed(one)).toEqual([]);
    await one.client.callTool(CALL);
    await eventually(() => existsSync(old)).toBe(false);
    expect(existsSync(fresh)).toBe(true);
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });
});

describe('a job under two revisions', () => {
  it('is taken up once by the call that repeats it', async () => {
    const one = await connect();
    await one.client.callTool({ ...CALL, arguments: { prompt: 'an owl' } });
    const { id } = one.sandbox.engine.submit(MODEL, CALL.arguments);
    const known = { input: CALL.arguments };
    putRecord(one.config, job('submitting', HOURS, known), { call: 'one', revision: 9 });
    putRecord(one.config, job('in_queue', HOURS, { ...known, request_id: id }), {
      call: 'one',
      revision: 10,
    });
    const { structuredContent } = await one.client.callTool(CALL);
    expect(structuredContent).toMatchObject({ request_id: id, resumed: true, status: 'succeeded' });
    expect(await listed(one)).toHaveLength(2);
    const delivered = () =>
      readRecords(one.config.dataDir).find(({ request_id }) => request_id === id)?.delivered_at;
    await eventually(delivered).toBeTruthy();
    expect((await one.client.callTool(CALL)).structuredContent).not.toHaveProperty('resumed');
    expect(one.sandbox.engine.jobs).toHaveLength(3);
  });
});

describe('old records', () => {
  const UNFINISHED: JobState[] = ['submitting', 'in_queue', 'in_progress'];
  const OVER: JobState[] = ['succeeded', 'failed', 'cancelled', 'unknown'];

  it.each([
    ['older than --keep-days', { keepDays: 1 }],
    ['beyond the newest --keep-jobs', { keepJobs: 1 }],
  ])('%s go behind a paid call where they are over, and unfinished ones stay', async (_, keep) => {
    const one = await connect(keep);
    for (const state of UNFINISHED) putRecord(one.config, job(state, 2 * DAYS));
    for (const state of OVER) putRecord(one.config, told(state, 2 * DAYS));
    await one.client.callTool(CALL);
    const states = () => readRecords(one.config.dataDir).map(({ state }) => state);
    await eventually(() => states().sort()).toEqual([...UNFINISHED, 'succeeded'].sort());
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('that are young and few stay', async () => {
    const one = await connect({ keepDays: 1, keepJobs: 8 });
    const old = putRecord(one.config, told('succeeded', 2 * DAYS));
    for (const state of [...UNFINISHED, ...OVER]) putRecord(one.config, told(state, HOURS));
    await one.client.callTool(CALL);
    await eventually(() => existsSync(join(jobsDir(one), old))).toBe(false);
    expect(readRecords(one.config.dataDir)).toHaveLength(8);
  });

  it('of the last day stay however many there are: the limits count them', async () => {
    const one = await connect({ keepJobs: 1, keepDays: 90 });
    const old = putRecord(one.config, told('succeeded', 25 * HOURS));
    for (let hours = 1; hours < 23; hours++) putRecord(one.config, told('succeeded', hours * HOURS));
    await one.client.callTool(CALL);
    await eventually(() => existsSync(join(jobsDir(one), old))).toBe(false);
    expect(readRecords(one.config.dataDir)).toHaveLength(23);
  });

  it('that nobody was answered with stay, unless they were cancelled', async () => {
    const one = await connect({ keepDays: 1 });
    for (const state of OVER) putRecord(one.config, job(state, 2 * DAYS));
    await one.client.callTool(CALL);
    const states = () => readRecords(one.config.dataDir).map(({ state }) => state);
    await eventually(states).not.toContain('cancelled');
    expect(states().sort()).toEqual(['failed', 'succeeded', 'succeeded', 'unknown']);
  });

  it('are not looked at by a start or a list', async () => {
    const one = await connect({ keepDays: 1 });
    const old = putRecord(one.config, told('succeeded', 2 * DAYS));
    await listed(one);
    await one.client.callTool({ name: 'cancel_image_job', arguments: {} });
    expect(readdirSync(jobsDir(one))).toEqual([old]);
  });
});
