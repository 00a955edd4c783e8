import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Table } from './table.ts';
import { median, quantile } from './table.ts';
import { startBoth } from './upstream.ts';

const MODEL = 'openai/gpt-4o-image/text-to-image';
const TOOL = 'gpt_4o_image_text_to_image';
const CALLS = 40;
const AT_A_TIME = 64;
// After so many jobs that were done at once, the schedule knows this model as one whose jobs are.
const LEARNED = 15;

/** What a call costs beside its HTTP requests, when the job is done at once. */
export async function call(): Promise<Table[]> {
  const both = await startBoth({ pace: 0, slots: 1_000 });
  const { sandbox, server, key } = both;
  const seen: { route: string; at: number }[] = [];
  sandbox.failAtRandom((route) => {
    seen.push({ route, at: performance.now() });
    return undefined;
  });
  const generate = async (prompt: string) => {
    const result = await server.ask('tools/call', { name: TOOL, arguments: { prompt } });
    if (result.isError) throw new Error(JSON.stringify(result.content));
    return (result.structuredContent as { request_id: string }).request_id;
  };
  const timed = async (work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const agent = new Agent({ keepAliveTimeout: 60_000 });
  const send = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const answer = await request(sandbox.origin + path, {
      dispatcher: agent,
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      body: body ? JSON.stringify(body) : null,
    });
    return (await answer.body.json()) as { request_id: string };
  };
  const bare = async (prompt: string) => {
    const { request_id } = await send('POST', `/v1/models/${MODEL}`, { prompt });
    await send('GET', `/v1/requests/${request_id}/status`);
    await send('GET', `/v1/requests/${request_id}/result`);
  };

  try {
    await server.list();
    await delay(1_000);
    const first = await timed(() => generate('first'));
    for (let count = 0; count < LEARNED; count++) await generate(`learn ${count}`);
    const calls: number[] = [];
    const waits: number[] = [];
    const bares: number[] = [];
    const collects: number[] = [];
    for (let count = 0; count < CALLS; count++) {
      seen.length = 0;
      let id = '';
      calls.push(
        await timed(async () => {
          id = await generate(`call ${count}`);
        }),
      );
      const at = (wanted: string) => seen.find(({ route }) => route === wanted)?.at ?? Number.NaN;
      waits.push(at('status') - at('submit'));
      bares.push(await timed(() => bare(`bare ${count}`)));
      collects.push(
        await timed(() => server.ask('tools/call', { name: 'get_image_job', arguments: { request_id: id } })),
      );
    }
    const before = await both.cost();
    const together = await timed(() =>
      Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => generate(`together ${index}`))),
    );
    const after = await both.cost();
    const ours = calls.map((ms, index) => ms - (waits[index] ?? 0));
    const base = median(bares);
    const row = (name: string, values: readonly number[]) => [
      name,
      quantile(values, 0.5),
      quantile(values, 0.99),
      quantile(values, 0.5) / base,
    ];
    return [
      {
        title: 'A call whose job is done at once',
        columns: ['', 'p50 ms', 'p99 ms', 'ratio'],
        rows: [
          row('its HTTP requests alone (submit, status, result)', bares),
          row('the call', calls),
          row('  from its submit to its first look', waits),
          row('  the rest', ours),
          row('get_image_job of that job (a record, no request)', collects),
          row('the first call of a server, 1 s after its start', [first]),
        ],
        notes: [
          `${CALLS} calls after ${LEARNED} jobs of this kind; sandbox on loopback. Costs that are not told are asked for behind it.`,
          'The rest holds the durable records: four files written, synced and linked.',
        ],
      },
      {
        title: `${AT_A_TIME} such calls at a time`,
        columns: ['', 'calls/s', 'processor ms a call'],
        rows: [['this server', (AT_A_TIME / together) * 1000, (after.cpuMs - before.cpuMs) / AT_A_TIME]],
        notes: ['Held back by the pace of ten reads a second, not by the processor.'],
      },
    ];
  } finally {
    await agent.close();
    await both.close();
  }
}
