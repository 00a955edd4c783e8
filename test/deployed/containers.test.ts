import { execFileSync } from 'node:child_process';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL, finishAll } from '../support/calls.ts';
import { createFastClock } from '../support/clock.ts';
import { MAIN, plainEnv } from '../support/process.ts';
import { type Connected, connect, KEY } from '../support/program.ts';

const UNSHARE = ['--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];
const canUnshare = (() => {
  try {
    execFileSync('unshare', [...UNSHARE, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A server in a container of its own, as far as hostname and pids go. */
async function startContained({ sandbox, config }: Connected, hostname: string) {
  const command = `hostname ${hostname} && exec "$0" "$@"`;
  const server = [MAIN, '--base-url', sandbox.origin, '--data-dir', config.dataDir];
  const transport = new StdioClientTransport({
    command: 'unshare',
    args: [...UNSHARE, 'sh', '-c', command, process.execPath, ...server],
    env: plainEnv({ RUNCOMFY_API_KEY: KEY, RUNCOMFY_PREVIEW: 'off' }),
    stderr: 'ignore',
  });
  const client = new Client({ name: 'contained', version: '1.0.0' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, kill: () => process.kill(transport.pid as number, 'SIGKILL') };
}

describe.skipIf(!canUnshare)(
  'containers that share a data directory (skipped where none can be made)',
  () => {
    it('leave each other the jobs that they follow, under one hostname', async () => {
      const one = await connect({ clock: createFastClock(25) });
      one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
      const first = await startContained(one, 'same');
      const second = await startContained(one, 'same');
      const answer = first.client.callTool(CALL);
      await expect.poll(() => readRecords(one.config.dataDir)[0]?.state).toBe('in_progress');
      const other = second.client.callTool(CALL);
      await expect.poll(() => one.sandbox.engine.jobs.length).toBe(2);
      finishAll(one.sandbox);
      const [mine, theirs] = (await Promise.all([answer, other])).map(({ structuredContent: data }) => data);
      expect(mine).toMatchObject({ status: 'succeeded', request_id: one.sandbox.engine.jobs[0]?.id });
      expect(theirs).toMatchObject({ status: 'succeeded', request_id: one.sandbox.engine.jobs[1]?.id });
      checkBooks(one.sandbox, one.config.dataDir, 2);
    });

    it('take over the job of one that was killed, under another hostname', async () => {
      const one = await connect({ clock: createFastClock(25) });
      one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
      const first = await startContained(one, 'before');
      const cut = first.client.callTool(CALL).catch(() => 'cut');
      await expect.poll(() => readRecords(one.config.dataDir)[0]?.state).toBe('in_progress');
      first.kill();
      expect(await cut).toBe('cut');
      finishAll(one.sandbox);
      const second = await startContained(one, 'after');
      expect((await second.client.callTool(CALL)).structuredContent).toMatchObject({
        status: 'succeeded',
        resumed: true,
      });
      checkBooks(one.sandbox, one.config.dataDir, 1);
    });
  },
);
