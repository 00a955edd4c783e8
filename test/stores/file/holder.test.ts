import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { ToolError } from '../../../src/errors.ts';
import type { Lease } from '../../../src/jobs/store.ts';
import { createLog } from '../../../src/log.ts';
import { createHolder } from '../../../src/stores/file/holder.ts';
import { thisProcess } from '../../../src/stores/file/process-identity.ts';
import { createJumpingClock } from '../../support/clock.ts';
import { freshDataDir } from '../../support/program.ts';
import { clock, inFiles, type Process } from '../backends.ts';
import { all, intent, open, put } from '../conformance.ts';
import { claimRepeat, reserve } from '../single.ts';

const LENGTH = 16;
const { signal: never } = new AbortController();
const ELSEWHERE = { host: 'elsewhere', pid: 1, namespace: 'another boot pid:[1]', started: '1' };
const SESSION = '00000000-0000-4000-8000-000000000000';
const LEASE: Lease = { holder: SESSION, call: 'a call' };

/** A process among those that share a directory, and what it logged. */
function start(dir: string, clock: Clock = createJumpingClock()) {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const holder = createHolder({
    dir,
    clock,
    ended: end.signal,
    log: createLog('warn', (text) => text, write),
  });
  return { ...holder, log, kill: () => end.abort() };
}

/** The file of a process of another machine, as it stands after a number of beats. */
function beat(dir: string, count: number | 'ended', identity: object = ELSEWHERE): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, SESSION), `${count}`.padEnd(LENGTH) + JSON.stringify(identity));
}

/** A clock on which the other process beats at given times (ms) while it is watched. */
function clockWithBeats(dir: string, times: readonly number[]): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(ms) {
      for (const [index, at] of times.entries()) if (at > now && at <= now + ms) beat(dir, index + 1);
      now += ms;
    },
  };
}

describe('the file of a process', () => {
  it('is not made before a job is held', async () => {
    const dir = freshDataDir();
    const process = start(dir);
    expect(await process.liveness(LEASE)).toBe('unknown');
    await process.end();
    expect(() => readdirSync(dir)).toThrow('ENOENT');
  });

  it('holds a count and who it is, for its owner alone', async () => {
    const dir = freshDataDir();
    const { holder } = await start(dir).acquire('a job', 'a call');
    const text = readFileSync(join(dir, holder), 'utf8');
    expect(text.slice(0, LENGTH)).toBe('1'.padEnd(LENGTH));
    expect(JSON.parse(text.slice(LENGTH))).toMatchObject({ pid: process.pid, host: expect.any(String) });
  });

  it('is there before the lease is, for all of several jobs at once', async () => {
    const dir = freshDataDir();
    const { acquire } = start(dir);
    const leases = ['a', 'b', 'c'].map(async (job) => {
      await acquire(job, 'a call');
      expect(readdirSync(dir)).toHaveLength(1);
    });
    await Promise.all(leases);
  });

  /** How often a process beat in a time, and what it does meanwhile. */
  async function beats(dir: string, during: (process: ReturnType<typeof start>) => Promise<void>) {
    const clock = createJumpingClock();
    const process = start(dir, clock);
    const { holder } = await process.acquire('a job', 'a call');
    const count = () => Number(readFileSync(join(dir, holder), 'utf8').slice(0, LENGTH));
    const before = count();
    await during(process);
    await clock.sleep(60_000);
    return count() - before;
  }

  it('is renewed while any job is held, and no longer', async () => {
    expect(await beats(freshDataDir(), async () => {})).toBeGreaterThan(8);
    expect(await beats(freshDataDir(), async ({ release }) => release('a job'))).toBe(0);
    const another = await beats(freshDataDir(), async ({ acquire, release }) => {
      await acquire('another', 'a call');
      release('a job');
    });
    expect(another).toBeGreaterThan(8);
  });

  it('is renewed in place, so that a full disk is no hindrance, and made anew where it was deleted', async () => {
    const dir = freshDataDir();
    const { acquire, release } = start(dir);
    const { holder } = await acquire('a job', 'a call');
    const whole = readFileSync(join(dir, holder), 'utf8');
    release('a job');
    await acquire('a job', 'a call');
    expect(readFileSync(join(dir, holder), 'utf8')).toBe('2'.padEnd(LENGTH) + whole.slice(LENGTH));
    rmSync(dir, { recursive: true });
    release('a job');
    await acquire('a job', 'a call');
    expect(readFileSync(join(dir, holder), 'utf8')).toBe('3'.padEnd(LENGTH) + whole.slice(LENGTH));
  });

  it('that cannot be made keeps nobody from a lease, and is told of', async () => {
    const dir = freshDataDir();
    mkdirSync(join(dir, '..'), { recursive: true });
    writeFileSync(dir, 'a file');
    const process = start(dir);
    expect(await process.acquire('a job', 'a call')).toMatchObject({ call: 'a call' });
    expect(process.log.join()).toContain('cannot show other processes that this one lives');
    await process.end();
  });

  it('goes once nobody has renewed it for a day', async () => {
    const dir = freshDataDir();
    beat(dir, 7);
    const yesterday = Date.now() / 1000 - 90_000;
    utimesSync(join(dir, SESSION), yesterday, yesterday);
    await start(dir).acquire('a job', 'a call');
    await expect.poll(() => readdirSync(dir)).not.toContain(SESSION);
  });
});

describe('another process', () => {
  it('is known by its pid and its start where it can be looked at', async () => {
    const dir = freshDataDir();
    const other = start(dir);
    const lease = await other.acquire('a job', 'a call');
    expect(await start(dir).liveness(lease)).toBe('alive');
    beat(dir, 1, { host: 'here', ...thisProcess(), started: '1' });
    expect(await start(dir).liveness(LEASE)).toBe(process.platform === 'linux' ? 'dead' : 'unknown');
  });

  it.each([
    ['is elsewhere', () => JSON.stringify(ELSEWHERE)],
    ['wrote half a file', () => '{"pid": 1, "ho'],
    ['wrote none of it', () => ''],
  ])('cannot be told about at once if it %s', async (_, text) => {
    const dir = freshDataDir();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, SESSION), '3'.padEnd(LENGTH) + text());
    expect(await start(dir).liveness(LEASE)).toBe('unknown');
  });

  it('is dead at once if it said that it ends', async () => {
    const dir = freshDataDir();
    const other = start(dir);
    const lease = await other.acquire('a job', 'a call');
    other.kill();
    await other.end();
    const { liveness, watch } = start(dir, clockWithBeats(dir, []));
    expect(await liveness(lease)).toBe('dead');
    expect(await watch(lease, never)).toBe('dead');
  });

  it.each([
    ['goes on beating', [3_000, 7_000, 11_000], 'alive'],
    ['beats once more, which may have been on its way when it died', [3_000], 'dead'],
    ['beats again too late', [3_000, 16_000], 'dead'],
    ['does not beat', [], 'dead'],
  ])('that is watched and %s is known to be so', async (_, times, liveness) => {
    const dir = freshDataDir();
    beat(dir, 0);
    expect(await start(dir, clockWithBeats(dir, times)).watch(LEASE, never)).toBe(liveness);
  });

  it('is dead if it has no file', async () => {
    const dir = freshDataDir();
    const clock = clockWithBeats(dir, []);
    expect(await start(dir, clock).watch(LEASE, never)).toBe('dead');
    expect(clock.now()).toBe(15_000);
  });

  it('is not waited for by a call that has ended', async () => {
    const stop = new AbortController();
    const waiting = start(freshDataDir()).watch(LEASE, stop.signal);
    stop.abort('timeout');
    await expect(waiting).rejects.toBe('timeout');
  });
});

describe('a process whose call', () => {
  const WAYS: [how: string, end: (process: Process, id: string, call: string) => Promise<unknown>][] = [
    ['let its job go', ({ store }, id, call) => store.release(id, call)],
    ['forgot its job', ({ store }, id, call) => store.discard(id, call)],
    [
      'is refused by a limit, or a job that another call has',
      async (process, id, call) => {
        const refused = new ToolError('spend_limit', 'too many', { next: 'Wait.' });
        await reserve(process.store, intent('an owl'), open(process).id, () => refused).catch(() => {});
        await process.store.lease(id, open(process).id);
        await process.store.release(id, call);
      },
    ],
  ];
  it.each(WAYS)('%s proves no more that it lives', async (_, end) => {
    const backend = inFiles(1);
    const mine = await backend.start();
    const call = open(mine);
    const { id, lease } = await reserve(mine.store, intent(), call.id);
    const read = () => readFileSync(join(backend.dataDir, 'holders', lease?.holder ?? ''), 'utf8');
    const first = read();
    await expect.poll(read).not.toBe(first);
    await end(mine, id, call.id);
    const last = read();
    await clock.sleep(10_000);
    expect(read()).toBe(last);
  });
});

describe('a job that a process of another machine follows', () => {
  /** Two processes, the first of which seems to be elsewhere. */
  async function apart() {
    const backend = inFiles(1);
    const [mine, other] = [await backend.start(), await backend.start()];
    const call = open(mine);
    const { id, lease } = await reserve(mine.store, intent(), call.id);
    await mine.store.maySubmit(id, call.id);
    const path = join(backend.dataDir, 'holders', lease?.holder ?? '');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, LENGTH) + JSON.stringify(ELSEWHERE));
    const since = new Date(0).toISOString();
    const claim = () => claimRepeat(other.store, intent().fingerprint, since, open(other));
    return { mine, other, call, id, path, claim };
  }

  it('is left to it while it beats', async () => {
    const { mine, call, id, claim } = await apart();
    expect(await claim()).toBeUndefined();
    expect(await mine.store.maySubmit(id, call.id)).toBeDefined();
  });

  it('is taken over if it does not', async () => {
    const { id, path, claim } = await apart();
    // What it writes from now on is seen by nobody.
    rmSync(path);
    mkdirSync(path);
    expect(await claim()).toMatchObject({ id });
  });

  it('is leased to nobody at once, as nobody can tell', async () => {
    const { other, id } = await apart();
    expect(await other.store.lease(id, open(other).id)).toBeUndefined();
  });

  it('is neither claimed nor submitted anew by a call that is given up before that is known', async () => {
    const { other, path } = await apart();
    rmSync(path);
    mkdirSync(path);
    const stop = new AbortController();
    const call = { ...open(other), signal: stop.signal };
    const claiming = claimRepeat(other.store, intent().fingerprint, new Date(0).toISOString(), call);
    void clock.sleep(5_000).then(() => stop.abort('timeout'));
    await expect(claiming).rejects.toBe('timeout');
    expect((await all(other))[0]?.lease?.call).not.toBe(call.id);
  });

  it('does not keep another one from being claimed', async () => {
    const { other, claim } = await apart();
    const { id } = await put(other, 'in_queue');
    expect(await claim()).toMatchObject({ id });
  });
});
