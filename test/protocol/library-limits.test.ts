import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountOf, type Config } from '../../src/config/config.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { readRecords } from '../support/books.ts';
import { noise } from '../support/images.ts';
import { connect, eventually } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';

const TOOL = 'gpt_image_2_text_to_image';
const DAY = 86_400_000;

const dirOf = (config: Config) => join(accountDir(config.dataDir, accountOf(config)), 'library');
const filesIn = (config: Config) => (existsSync(dirOf(config)) ? readdirSync(dirOf(config)) : []);
const originalsIn = (config: Config) =>
  readRecords(config.dataDir).flatMap(({ originals = [] }) => originals.flatMap((one) => one ?? []));
const filesOf = (config: Config) =>
  originalsIn(config).flatMap(({ sha256, thumbnail }) => [`${sha256}.png`, `${thumbnail}.jpg`]);

/** A server on an upstream that shows another picture each time it is asked. */
async function withPictures(given: Parameters<typeof connect>[0] = {}) {
  const upstream = await startUpstream(['/a.png'], {
    '/a.png': async (_, response) => void response.writeHead(200).end(await noise(200, 200).png().toBuffer()),
  });
  const connected = await connect({
    ...{ baseUrl: upstream.origin, preview: 'small', keepImagesBytes: 1e9 },
    ...given,
  });
  return {
    ...connected,
    call: (prompt: string) => connected.client.callTool({ name: TOOL, arguments: { prompt } }),
  };
}

describe('the library', () => {
  it.each([1e9, 0])('lets go what belongs to pruned records, with a limit of %d bytes', async (limit) => {
    const one = await withPictures();
    await one.call('a fox');
    await eventually(() => filesIn(one.config)).toHaveLength(2);
    const first = filesIn(one.config);
    const two = await withPictures({
      dataDir: one.config.dataDir,
      baseUrl: one.config.baseUrl,
      keepImagesBytes: limit,
    });
    two.jumpClock(91 * DAY);
    await two.call('an owl');
    await eventually(() => filesIn(one.config).filter((name) => first.includes(name))).toEqual([]);
    await eventually(() => filesIn(one.config)).toHaveLength(limit && 2);
    expect(filesIn(one.config).sort()).toEqual(filesOf(one.config).sort());
  });

  it('that is off now removes no picture whose record is there', async () => {
    const { call, config } = await withPictures();
    await call('a fox');
    await eventually(() => originalsIn(config)).toHaveLength(1);
    const { dataDir, baseUrl } = config;
    const off = await withPictures({ dataDir, baseUrl, keepImagesBytes: 0 });
    const leftover = join(dirOf(config), `${'0'.repeat(64)}.png`);
    writeFileSync(leftover, '');
    off.jumpClock(DAY / 12);
    await off.call('an owl');
    await eventually(() => existsSync(leftover)).toBe(false);
    expect(filesIn(config).sort()).toEqual(filesOf(config).sort());
  });

  it('stays within its limit, and the newest stay', async () => {
    // An original has some 120 kB.
    const { call, config } = await withPictures({ keepImagesBytes: 600_000 });
    for (let index = 0; index < 9; index++) {
      await call(`fox ${index}`);
      await eventually(() => originalsIn(config)).toHaveLength(index + 1);
    }
    const kept = () => originalsIn(config).map(({ sha256 }) => filesIn(config).includes(`${sha256}.png`));
    await eventually(() => kept().filter(Boolean).length).toBeLessThan(5);
    const [newest, ...others] = kept();
    expect([newest, others.at(-1)]).toEqual([true, false]);
    expect(filesIn(config).filter((name) => name.endsWith('.jpg'))).toHaveLength(9);
  });

  it('is within its limit after each answer, not only after the next', async () => {
    const { call, config } = await withPictures({ keepImagesBytes: 200_000 });
    await call('a fox');
    await eventually(() => originalsIn(config)).toHaveLength(1);
    await call('an owl');
    const originals = () => filesIn(config).filter((name) => name.endsWith('.png'));
    await eventually(() => originalsIn(config)).toHaveLength(2);
    await eventually(originals).toEqual([`${originalsIn(config)[0]?.sha256}.png`]);
  });

  it('goes on once what was in its way is gone', async () => {
    const { call, config, log } = await withPictures();
    mkdirSync(dirname(dirOf(config)), { recursive: true });
    writeFileSync(dirOf(config), '');
    await call('a fox');
    await eventually(() => log.join('')).toContain(
      'is not kept: The image is not available, as nothing can be',
    );
    rmSync(dirOf(config));
    await call('an owl');
    await eventually(() => filesIn(config)).toHaveLength(2);
  });
});
