import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile, type Table } from './table.ts';
import { startServer, startUpstream } from './upstream.ts';

const TOOL = 'gpt_4o_image_text_to_image';
const CALLS = 40;
const WARM_UP = 5;

/** What the library adds to an answer: servers with and without one, side by side, with and without previews. */
export async function library(): Promise<Table[]> {
  const sandbox = await startUpstream({ pace: 0, slots: 1_000 });
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const start = (preview: string, gigabytes: string) => {
    const dir = join(scratch, `${preview}-${gigabytes}`);
    const args = ['--wait', '3600', '--preview', preview, '--keep-images', gigabytes];
    return {
      dir,
      isKeeping: gigabytes !== '0',
      times: [] as number[],
      ...startServer(sandbox.origin, dir, args),
    };
  };
  type Started = ReturnType<typeof start>;
  const kept = ({ dir }: Started) =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => /library.*\.png$/.test(name))
      .length;

  // From there on an answer depends on pictures; before, on when the job is looked at.
  let readAt = Number.NaN;
  sandbox.failAtRandom((route) => {
    if (route === 'result') readAt = performance.now();
    return undefined;
  });

  async function call(one: Started, count: number): Promise<number> {
    const result = await one.server.ask('tools/call', { name: TOOL, arguments: { prompt: `call ${count}` } });
    const ms = performance.now() - readAt;
    if (result.isError) throw new Error(JSON.stringify(result.content));
    // The sandbox draws the pictures with the same processors: the next call waits for that.
    while (one.isKeeping && kept(one) <= count) await delay(5);
    await delay(50);
    return ms;
  }

  const pairs: [string, Started, Started][] = ['off', 'small'].map((preview) => [
    preview,
    start(preview, '2'),
    start(preview, '0'),
  ]);
  try {
    for (const [, ...pair] of pairs) for (const { server } of pair) await server.list();
    for (let count = 0; count < WARM_UP + CALLS; count++)
      for (const [, on, off] of pairs)
        for (const one of count % 2 === 0 ? [on, off] : [off, on]) {
          const ms = await call(one, count);
          if (count >= WARM_UP) one.times.push(ms);
        }
    const row = (name: string, { times }: Started) => [name, quantile(times, 0.5), quantile(times, 0.95)];
    return [
      {
        title: 'From the end of a job to its answer, with the library on and off',
        columns: ['', 'p50 ms', 'p95 ms'],
        rows: pairs.flatMap(([preview, on, off]) => [
          row(`previews ${preview}, library on`, on),
          row(`previews ${preview}, library off`, off),
          [
            '  what the library adds',
            quantile(on.times, 0.5) - quantile(off.times, 0.5),
            quantile(on.times, 0.95) - quantile(off.times, 0.95),
          ],
        ]),
        notes: [
          `${CALLS} calls each in turn, jobs done at once, test cards of 1024 x 1024 px. Goal: within 10 ms.`,
          'Without previews the picture is fetched behind the answer.',
        ],
      },
    ];
  } finally {
    for (const [, ...pair] of pairs) for (const { server } of pair) await server.kill();
    await sandbox.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
