import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { createServerFactory } from '../../src/mcp/server.ts';
import { defineTool } from '../../src/tools/support/define.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { connect, textOf } from '../support/program.ts';
import { LOCAL } from '../support/surface.ts';
import { connectToPictures } from '../support/upstream-pictures.ts';

const NOT_AGAIN = 'an earlier answer holds the preview; preview: true sends it again.';

const previewsIn = ({ content }: { content: unknown }) =>
  (content as { type: string }[]).filter(({ type }) => type === 'image').length;

describe('a preview that the connection has got', () => {
  it('is not sent again by get_image_job, which says so, unless it is asked for', async () => {
    const { make, call } = await connectToPictures(1);
    expect(previewsIn(await make())).toBe(1);
    const again = await call('get_image_job', { request_id: 'up_1' });
    expect(previewsIn(again)).toBe(0);
    expect(textOf(again)).toContain(`The image is not shown, as ${NOT_AGAIN}`);
    expect(previewsIn(await call('get_image_job', { request_id: 'up_1', preview: true }))).toBe(1);
    const third = await call('get_image_job', { request_id: 'up_1' });
    expect(textOf(third)).toContain(NOT_AGAIN);
  });

  it('is neither fetched nor decoded again', async () => {
    const { make, call, fetched } = await connectToPictures(1, { keepImagesBytes: 0 });
    await make();
    await call('get_image_job', { request_id: 'up_1' });
    expect(fetched).toHaveLength(1);
  });

  it('is sent on another connection to the same jobs', async () => {
    const { make, config, upstream } = await connectToPictures(1);
    await make();
    const { client } = await connect({ ...config, baseUrl: upstream.origin });
    const get = () => client.callTool({ name: 'get_image_job', arguments: { request_id: 'up_1' } });
    expect(previewsIn(await get())).toBe(1);
    expect(previewsIn(await get())).toBe(0);
  });

  it('leaves the other outputs of its job to be shown', async () => {
    const { make, call } = await connectToPictures(12);
    expect(previewsIn(await make())).toBe(10);
    const rest = await call('get_image_job', { request_id: 'up_1' });
    expect(previewsIn(rest)).toBe(2);
    expect(textOf(rest)).toContain(`Images 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 are not shown, as ${NOT_AGAIN}`);
    expect(previewsIn(await call('get_image_job', { request_id: 'up_1' }))).toBe(0);
  });

  it('is left out where none is wanted, which counts as none sent', async () => {
    const { client, sandbox } = await connect({ preview: 'small', waitSeconds: 0 });
    sandbox.engine.planNext({ queueMs: 3_600_000 });
    await client.callTool(CALL);
    finishAll(sandbox);
    const get = (args: object) =>
      client.callTool({
        name: 'get_image_job',
        arguments: { request_id: sandbox.engine.jobs[0]?.id, ...args },
      });
    const none = await get({ preview: false });
    expect([previewsIn(none), textOf(none).includes('not shown')]).toEqual([0, false]);
    expect(previewsIn(await get({}))).toBe(1);
  });
});

/** A client of a tool that shows a picture of so many bytes and lists what was shown before. */
async function connectToShow(bytes: number) {
  const preview = { data: Buffer.alloc(bytes), mimeType: 'image/jpeg', shownAs: 'job:a#1' } as const;
  const started = promised();
  const tool = defineTool({
    ...{ name: 'show', title: 'Show', description: 'Shows.', searchHint: 'shows' },
    input: z.strictObject({ isSlow: z.boolean().optional() }),
    output: z.looseObject({}),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    async run({ isSlow }, { wait, shown }) {
      const lines = [...shown];
      if (isSlow) {
        started.resolve();
        if (!wait.signal.aborted) await once(wait.signal, 'abort');
      }
      return { lines, data: {}, previews: [preview] };
    },
  });
  const factory = createServerFactory({
    ...{ tools: [tool], openCalls: new Set(), preview: 'small', waitSeconds: 0, redact: (text) => text },
    ...{ clock: systemClock, log: createLog('error', (text) => text), homeDir: '/nonexistent' },
    surface: LOCAL,
    ...{ jobs: { list: async () => [], approve: undefined }, catalogue: { knownIds: async () => [] } },
    view: () => Promise.reject(new Error('none')),
  });
  const server = await factory({ era: 'legacy' });
  const client = new Client({ name: 'test-client', version: '1.0.0' });
  const [serverSide, clientSide] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(serverSide), client.connect(clientSide)]);
  onTestFinished(() => client.close());
  const show = (isSlow = false, signal?: AbortSignal) =>
    client.callTool({ name: 'show', arguments: { isSlow } }, { ...(signal && { signal }) });
  return { show, started: started.promise };
}

describe('a preview', () => {
  it.each([
    [1_000, 1, 'job:a#1'],
    [900_000, 0, ''],
  ])('of %i bytes counts as sent only if the answer had room for it', async (bytes, count, shown) => {
    const { show } = await connectToShow(bytes);
    expect(previewsIn(await show())).toBe(count);
    expect(textOf(await show()).split('\n')[0]).toBe(shown);
  });

  it('counts as sent only if its answer was not cut', async () => {
    const { show, started } = await connectToShow(1_000);
    const stop = new AbortController();
    const cut = expect(show(true, stop.signal)).rejects.toThrow();
    await started;
    stop.abort(new Error('Request timed out'));
    await cut;
    expect(textOf(await show())).toBe('');
  });
});

describe('a preview that is asked for', () => {
  it.each([
    ['by the user', { preview: 'off' }],
    ['for a client that takes no images', { preview: undefined, clientName: 'mcp' }],
  ] as const)('is not sent where previews are off %s, and the answer says so', async (_, given) => {
    const { make, call } = await connectToPictures(1, given);
    await make();
    const quiet = await call('get_image_job', { request_id: 'up_1' });
    expect(textOf(quiet)).not.toContain('not shown');
    const asked = await call('get_image_job', { request_id: 'up_1', preview: true });
    expect(previewsIn(asked)).toBe(0);
    expect(textOf(asked)).toContain('The image is not shown, as previews are off here');
  });
});
