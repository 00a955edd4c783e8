import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSelf } from '../../src/jobs/follower.ts';
import type { Follower, Job } from '../../src/jobs/job.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const LATER = '2026-01-01T00:01:00.000Z';

const job = (follower?: Partial<Follower>): Job => ({
  api: 'a',
  model: 'm',
  input: {},
  state: 'in_queue',
  ...(follower && { follower: { host: hostname(), pid: 1, session: 'other', until: LATER, ...follower } }),
});

describe('a job is followed by another process', () => {
  it.each<[string, Partial<Follower> | undefined, boolean, boolean]>([
    ["nobody's lease", undefined, true, false],
    ['a living process on this machine', {}, true, true],
    ['a dead one', {}, false, false],
    ['one whose lease ran out', { until: '2025-12-31T23:59:59.000Z' }, true, false],
    ['one on another machine, whose pid tells nothing', { host: 'elsewhere' }, false, true],
    ['a former process with our own pid', { pid: process.pid }, true, false],
  ])('%s', (_, follower, isAlive, followed) => {
    expect(createSelf(() => isAlive).isFollowedByOther(job(follower), NOW)).toBe(followed);
  });

  it('not by ourselves', () => {
    const self = createSelf();
    const ours = { ...job(), follower: self.lease(NOW, 60_000) };
    expect([self.holds(ours), self.isFollowedByOther(ours, NOW)]).toEqual([true, false]);
  });

  it.skipIf(process.platform !== 'linux')('not by a dead one that its parent left as a zombie', async () => {
    // The shell becomes a sleep, which never takes note of the shell's child; that ends when the shell is gone for certain.
    const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60']);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [pid] = await once(parent.stdout, 'data');
    const self = createSelf();
    await expect.poll(() => self.isFollowedByOther(job({ pid: Number(pid) }), NOW)).toBe(false);
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
  });
});
