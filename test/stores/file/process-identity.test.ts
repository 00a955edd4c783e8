import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { livenessOf, thisProcess } from '../../../src/stores/file/process-identity.ts';

const me = { host: 'here', ...thisProcess() };

/** A process that lives until the test ends, as it is seen from this one. */
async function another() {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return { child, identity: { ...me, pid: child.pid as number } };
}

describe.skipIf(process.platform !== 'linux')('a process of the same pid namespace', () => {
  it('is alive if its pid is there with the same start', () => {
    expect(livenessOf({ ...me }, me)).toBe('alive');
  });

  it('is dead if its pid belongs to a later process', async () => {
    const { identity } = await another();
    expect(livenessOf({ ...identity, started: '1' }, me)).toBe('dead');
  });

  it('is dead if its pid is gone', async () => {
    const { child, identity } = await another();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf(identity, me)).toBe('dead');
  });

  it('is dead if its parent left it as a zombie', async () => {
    // The shell becomes a sleep, which never takes note of the shell's child; that ends when the shell is gone for certain.
    const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60']);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [pid] = await once(parent.stdout, 'data');
    await expect.poll(() => livenessOf({ ...me, pid: Number(pid) }, me)).toBe('dead');
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
  });

  it('cannot be looked at from another namespace or boot, whatever its host is called', () => {
    expect(livenessOf({ ...me, namespace: 'another boot pid:[1]' }, me)).toBe('unknown');
    expect(livenessOf({ host: me.host, pid: me.pid }, me)).toBe('unknown');
  });
});

describe('where the platform tells no namespace', () => {
  const bare = { host: 'here', pid: process.pid };

  it('a pid that exists may be another process by now', () => {
    expect(livenessOf(bare, bare)).toBe('unknown');
  });

  it('a process of this host whose pid is gone is dead; of another host it is unknown', async () => {
    const { child } = await another();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const gone = { ...bare, pid: child.pid as number };
    expect(livenessOf(gone, bare)).toBe('dead');
    expect(livenessOf({ ...gone, host: 'elsewhere' }, bare)).toBe('unknown');
  });
});
