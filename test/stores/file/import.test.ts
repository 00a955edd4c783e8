import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/jobs/calls.ts';
import type { Job } from '../../../src/jobs/job.ts';
import { accountDir } from '../../../src/stores/file/names.ts';
import { freshDataDir } from '../../support/program.ts';
import { ACCOUNT, type FileBackend, inFiles } from '../backends.ts';
import { all, HOUR, intent, open, put } from '../conformance.ts';
import { claimRepeat, reserve } from '../single.ts';
import { createGate } from './gate.ts';
import { startChildren } from './processes.ts';

type Old = Record<string, unknown> & { submitted_at: string };

/** A record as 0.1.0 wrote it. */
const old = (more: Record<string, unknown> = {}): Old => ({
  version: 1,
  api: ACCOUNT.api,
  model: 'a/b',
  input: { prompt: 'a fox', lora: [{ b: 1, a: 2 }] },
  state: 'in_queue',
  submitted_at: new Date(Date.now() - HOUR).toISOString(),
  request_id: 'r-1',
  ...more,
});

/** Its name there, with a fingerprint that is made otherwise than today's. */
function nameOf(record: Old, { generation = 0, nonce = '0000abcd' } = {}): string {
  const fingerprint = createHash('sha256').update(JSON.stringify(record.input)).digest('hex').slice(0, 16);
  const id = record.request_id === undefined ? '' : `.${record.request_id}`;
  return `${record.submitted_at.replace(/[-:.]/g, '')}-${fingerprint}-${nonce}.${generation}${id}.json`;
}

const oldDir = ({ dataDir }: { dataDir: string }) => join(dataDir, 'jobs');
const newDir = ({ dataDir }: { dataDir: string }) => join(accountDir(dataDir, ACCOUNT), 'jobs');

function write(
  backend: { dataDir: string },
  record: Old,
  given: Parameters<typeof nameOf>[1] & { text?: string } = {},
) {
  mkdirSync(oldDir(backend), { recursive: true });
  const name = nameOf(record, given);
  writeFileSync(join(oldDir(backend), name), given.text ?? JSON.stringify(record));
  return name;
}

describe('the records of 0.1.0', () => {
  it('are moved over once, with a new fingerprint, and without their leases', async () => {
    const backend = inFiles(1);
    const record = old({ follower: { pid: 1, host: 'h', session: 's' } });
    write(backend, record);
    const mine = await backend.start();
    const { version: _, api: __, follower: ___, ...job } = record;
    const fingerprint = fingerprintOf(ACCOUNT, job as unknown as Job);
    const jobs = await all(mine);
    expect(jobs).toEqual([{ id: expect.any(String), revision: 1, fingerprint, job }]);
    expect(existsSync(oldDir(backend))).toBe(false);
    const call = open(mine);
    expect(await claimRepeat(mine.store, fingerprint, new Date(0).toISOString(), call)).toMatchObject({
      job,
    });
    expect(await all(await backend.start())).toHaveLength(1);
  });

  it('come before whatever is asked first', async () => {
    const requestId = 'r-1';
    const { signal } = new AbortController();
    const FIRST: ((backend: FileBackend) => Promise<unknown>)[] = [
      async (backend) => (await backend.start()).store.byRequestId(requestId),
      async (backend) => reserve((await backend.start()).store, intent(), 'c'),
      async (backend) =>
        claimRepeat((await backend.start()).store, '0', '2020-01-01T00:00:00Z', { id: 'c', signal }),
      async (backend) => (await backend.start()).store.prune(Date.now(), { days: 1, jobs: 1 }),
    ];
    for (const ask of FIRST) {
      const backend = inFiles(1);
      write(backend, old());
      await ask(backend);
      expect(existsSync(oldDir(backend))).toBe(false);
      expect(await (await backend.start()).store.byRequestId(requestId)).toBeDefined();
    }
  });

  it('stay where they are if they are of no account, of another one, of a newer version, or no records', async () => {
    const backend = inFiles(1);
    const staying = [
      write(backend, old({ api: 'http://127.0.0.1:40123' }), { nonce: '00000001' }),
      write(backend, old({ api: 'https://other.example' }), { nonce: '00000002' }),
      write(backend, old({ version: 7 }), { nonce: '00000003' }),
    ];
    writeFileSync(join(oldDir(backend), 'README.txt'), 'not ours');
    write(backend, old(), { nonce: '00000004' });
    expect(await all(await backend.start({ ...ACCOUNT, tenant: 'other' }))).toEqual([]);
    expect(await all(await backend.start())).toHaveLength(1);
    expect(readdirSync(oldDir(backend)).sort()).toEqual([...staying, 'README.txt'].sort());
    expect(await all(await backend.start({ ...ACCOUNT, api: 'https://other.example' }))).toHaveLength(1);
    expect(readdirSync(oldDir(backend))).toHaveLength(3);
  });

  it('are set aside if they cannot be read', async () => {
    const backend = inFiles(1);
    const name = write(backend, old(), { text: '{"version": 1, "api"' });
    write(backend, old(), { nonce: '00000002' });
    expect(await all(await backend.start())).toHaveLength(1);
    const aside = join(accountDir(backend.dataDir, ACCOUNT), 'set-aside', name);
    expect(readFileSync(aside, 'utf8')).toBe('{"version": 1, "api"');
    expect(backend.log.join()).toContain(name);
    expect(existsSync(oldDir(backend))).toBe(false);
  });

  const { request_id: _, ...intended } = old({ state: 'submitting' });
  const ROWS: [
    what: string,
    names: [generation: number, record: Record<string, unknown>][],
    state: string,
  ][] = [
    [
      'the intent and its answer',
      [
        [0, intended],
        [0, { state: 'in_queue' }],
      ],
      'in_queue',
    ],
    [
      'ten generations',
      [
        [9, { state: 'in_queue' }],
        [10, { state: 'succeeded' }],
      ],
      'succeeded',
    ],
    [
      'a doubt and the late answer',
      [
        [1, { ...intended, state: 'unknown' }],
        [0, { state: 'in_queue' }],
      ],
      'in_queue',
    ],
  ];
  it.each(ROWS)('of one job under two names (%s) become one', async (_, names, state) => {
    const backend = inFiles(1);
    const { submitted_at } = old();
    for (const [generation, more] of names) {
      const record = {
        ...('request_id' in more || 'model' in more ? more : { ...old(), ...more }),
        submitted_at,
      };
      write(backend, record as Old, { generation });
    }
    expect(await all(await backend.start())).toMatchObject([{ job: { state, request_id: 'r-1' } }]);
    expect(existsSync(oldDir(backend))).toBe(false);
  });

  it('are not imported over what became of them since, after a crash before they were deleted', async () => {
    const dataDir = freshDataDir();
    const gate = createGate();
    write({ dataDir }, old());
    const { reached } = gate.stop('behind');
    const crashed = await inFiles(1, { dataDir, link: gate.link }).start();
    void all(crashed);
    await reached;
    const mine = await inFiles(1, { dataDir }).start();
    const [stored] = await all(mine);
    for (const state of ['in_progress', 'succeeded'] as const)
      await mine.store.update(stored?.id ?? '', (job) => ({ ...job, state }));
    write({ dataDir }, old({ submitted_at: stored?.job.submitted_at }));
    expect(await all(await inFiles(1, { dataDir }).start())).toMatchObject([{ job: { state: 'succeeded' } }]);
    expect(readdirSync(newDir({ dataDir })).filter((name) => name.endsWith('.json'))).toHaveLength(1);
    expect(existsSync(oldDir({ dataDir }))).toBe(false);
  });

  it('bring a request id that an old process, which still ran, recorded after its record was imported', async () => {
    const backend = inFiles(1);
    const { request_id: _, ...unanswered } = old({ state: 'submitting' });
    write(backend, unanswered as Old);
    const [stored] = await all(await backend.start());
    write(backend, { ...old(), submitted_at: unanswered.submitted_at as string });
    expect(await all(await backend.start())).toMatchObject([
      { id: stored?.id, job: { state: 'in_queue', request_id: 'r-1' } },
    ]);
  });

  it('are moved over by several processes at once, some of which are killed, and none is lost', async () => {
    const dataDir = freshDataDir();
    const MANY = 150;
    for (let n = 0; n < MANY; n++)
      write({ dataDir }, old({ request_id: `r-${n}`, input: { prompt: `${n}` } }), {
        nonce: n.toString(16).padStart(8, '0'),
      });
    const children = await startChildren(3, [dataDir, 'list']);
    for (const { go } of children) go();
    const [killed, ...others] = children as [(typeof children)[number], ...typeof children];
    await expect
      .poll(() => existsSync(newDir({ dataDir })) && readdirSync(newDir({ dataDir })).length > 10)
      .toBe(true);
    killed.child.kill('SIGKILL');
    await Promise.all(others.map(({ ended }) => ended));
    const mine = await inFiles(1, { dataDir }).start();
    expect(new Set((await all(mine)).map(({ job }) => job.request_id)).size).toBe(MANY);
    expect(await all(mine)).toHaveLength(MANY);
    expect(existsSync(oldDir({ dataDir }))).toBe(false);
  });

  it('do not stand in the way of a folder that holds none', async () => {
    const backend = inFiles(1);
    mkdirSync(oldDir(backend), { recursive: true });
    const mine = await backend.start();
    expect(await put(mine, 'in_queue')).toBeDefined();
    expect(readdirSync(oldDir(backend))).toEqual([]);
  });
});
