import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { readRecords } from '../../support/books.ts';
import { CALL, finishAll } from '../../support/calls.ts';
import { createFastClock } from '../../support/clock.ts';
import { listenTo } from '../../support/events.ts';
import { openGallery } from '../../support/gallery.ts';
import { connect, KEY, textOf } from '../../support/program.ts';
import { originalsIn } from '../../support/upstream-pictures.ts';

const HOURS = 3_600_000;
const clock = createFastClock(50);

/** A job whose call was handed over while RunComfy works on it. */
async function handedOver(given: Parameters<typeof connect>[0] = {}) {
  const connected = await connect({ waitSeconds: 0, keepImagesBytes: 1e9, clock, ...given });
  connected.sandbox.engine.planNext({ queueMs: HOURS });
  await connected.client.callTool(CALL);
  return connected;
}

const problems = (config: Config, key: Config['key']) => openGallery({ ...config, key }, { clock });
const last = <Item>(items: readonly Item[]): Item | undefined => items.at(-1);

describe('a gallery that is open', () => {
  it('collects what ended while nobody waited: its row changes, its picture is kept, the call still gets it', async () => {
    const connected = await handedOver();
    const { config, client } = connected;
    const { url } = await openGallery(config, { clock });
    const page = await listenTo(url);
    finishAll(connected.sandbox);
    await expect
      .poll(() => last(page.of('change'))?.jobs[0])
      .toMatchObject({
        status: 'succeeded',
        outputs: [{ kind: 'image' }],
      });
    await expect.poll(() => originalsIn(config).flatMap((one) => one?.thumbnail ?? [])).toHaveLength(1);
    expect(readRecords(config.dataDir)).toMatchObject([{ state: 'succeeded' }]);
    expect(readRecords(config.dataDir)[0]?.delivered_at).toBeUndefined();
    const submits = connected.sandbox.engine.jobs.length;
    const again = await client.callTool(CALL);
    expect(textOf(again)).toContain(readRecords(config.dataDir)[0]?.request_id);
    expect(connected.sandbox.engine.jobs).toHaveLength(submits);
    await expect.poll(() => readRecords(config.dataDir)[0]?.delivered_at).toBeDefined();
  });

  it('asks for nothing while no page is open', async () => {
    const connected = await handedOver();
    const { url } = await openGallery(connected.config, { clock });
    const page = await listenTo(url);
    finishAll(connected.sandbox);
    await expect.poll(() => page.of('change').length).toBeGreaterThan(0);
    page.leave();
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    await connected.client.callTool({ ...CALL, arguments: { prompt: 'an owl' } });
    finishAll(connected.sandbox);
    await clock.sleep(20_000);
    expect(readRecords(connected.config.dataDir)[0]).toMatchObject({ state: 'in_queue' });
    await listenTo(url);
    await expect.poll(() => readRecords(connected.config.dataDir)[0]?.state).toBe('succeeded');
  });

  it('asks for none of another sandbox', async () => {
    const connected = await handedOver({ sandbox: true });
    const { url } = await openGallery(connected.config, { clock });
    const page = await listenTo(url);
    finishAll(connected.sandbox);
    await clock.sleep(20_000);
    expect(page.of('change')).toEqual([]);
    expect(page.of('problem')).toEqual([]);
  });

  it('collects the same job as another gallery at once, and each keeps its secret', async () => {
    const connected = await handedOver();
    const [one, two] = [
      await openGallery(connected.config, { clock }),
      await openGallery(connected.config, { clock }),
    ];
    const pages = [await listenTo(one.url), await listenTo(two.url)];
    finishAll(connected.sandbox);
    for (const page of pages)
      await expect.poll(() => last(page.of('change'))?.jobs[0]?.status).toBe('succeeded');
    expect(readRecords(connected.config.dataDir)).toHaveLength(1);
    const swapped = one.url.replace(new URL(one.url).host, new URL(two.url).host);
    expect((await fetch(swapped)).status).toBe(404);
  });

  it.each([
    ['without a key', undefined, /^No RunComfy key is set up here, so jobs/],
    [
      'with a key that RunComfy refuses',
      { value: 'wrong-key-0123456', from: 'RUNCOMFY_API_KEY' },
      /^RunComfy does not accept your key/,
    ],
  ] as const)('says so %s, also to a page that comes later', async (_, key, words) => {
    const { config } = await handedOver();
    const { url } = await problems(config, key);
    const page = await listenTo(url);
    await expect.poll(() => last(page.of('problem'))?.text).toMatch(words);
    expect(page.text()).not.toContain(KEY);
    expect(page.of('problem')[0]?.text).not.toMatch(/\[\w+\]|no_key|key_refused|wrong-key/);
    const later = await listenTo(url);
    await expect.poll(() => later.of('problem')).toHaveLength(1);
  });

  it('says that RunComfy cannot be reached, until it can', async () => {
    const connected = await handedOver();
    connected.sandbox.inject({ on: 'status', what: 'before', times: 12 });
    const { url } = await openGallery(connected.config, { clock });
    const page = await listenTo(url);
    await expect.poll(() => last(page.of('problem'))?.text).toMatch(/^RunComfy cannot be reached, so jobs/);
    await expect.poll(() => last(page.of('problem'))?.text).toBe('');
  });
});
