import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHeartbeats } from '../../src/jobs/heartbeats.ts';
import { createFastClock } from '../helpers/clock.ts';
import { freshDataDir } from '../helpers/program.ts';

const SESSION = 'a-session';
const clock = createFastClock(100);
const { signal: never } = new AbortController();

/** The heartbeats of one process in a directory that others share. */
function open(dir: string, isNeeded = () => true) {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const beats = createHeartbeats({ dir, isNeeded, clock, ended: end.signal });
  return { ...beats, kill: () => end.abort() };
}

describe('a process that another one waits for', () => {
  it('lives if it goes on beating', async () => {
    const dir = freshDataDir();
    await open(dir).begin(SESSION);
    expect(await open(dir).isBeating(SESSION, never)).toBe(true);
  });

  it('is dead if its file stays as it is, or is not there', async () => {
    const dir = freshDataDir();
    const other = open(dir);
    await other.begin(SESSION);
    other.kill();
    expect(await open(dir).isBeating(SESSION, never)).toBe(false);
    expect(await open(dir).isBeating('nobody', never)).toBe(false);
  });

  it('is dead if it beats once more only: that beat may have been on its way when it died', async () => {
    const dir = freshDataDir();
    mkdirSync(dir);
    writeFileSync(join(dir, SESSION), '1');
    const waiting = open(dir).isBeating(SESSION, never);
    await clock.sleep(1_000);
    writeFileSync(join(dir, SESSION), '2');
    expect(await waiting).toBe(false);
  });

  it('is dead at once if it said that it ends', async () => {
    const dir = freshDataDir();
    const other = open(dir);
    await other.begin(SESSION);
    other.kill();
    await other.end();
    const waits: number[] = [];
    const watching = createHeartbeats({
      dir,
      isNeeded: () => false,
      clock: { now: clock.now, sleep: async (ms) => void waits.push(ms) },
      ended: never,
    });
    expect(await watching.isBeating(SESSION, never)).toBe(false);
    expect(waits).toEqual([]);
  });

  it('proves nothing while it holds no job', async () => {
    const dir = freshDataDir();
    await open(dir, () => false).begin(SESSION);
    expect(await open(dir).isBeating(SESSION, never)).toBe(false);
  });

  it('is not waited for by a call that has ended', async () => {
    const stop = new AbortController();
    const waiting = open(freshDataDir()).isBeating(SESSION, stop.signal);
    stop.abort('timeout');
    await expect(waiting).rejects.toBe('timeout');
  });
});
