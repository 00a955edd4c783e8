import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain } from '../support/images.ts';
import { connect, freshDataDir, textOf } from '../support/program.ts';
import { connectWithRoots } from '../support/roots.ts';

/** A home folder with two projects that hold a picture each. */
async function home() {
  const base = freshDataDir();
  const picture = await plain(64, 48).png().toBuffer();
  const [one, two] = ['one', 'two'].map((name) => join(base, name)) as [string, string];
  for (const folder of [join(one, '.git'), two]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cat.png'), picture);
  }
  for (const folder of [base, one]) writeFileSync(join(folder, 'cat.png'), picture);
  writeFileSync(join(one, '.cat.png'), picture);
  return { homeDir: base, one, two };
}

const edit = (path: string) => ({
  name: 'gpt_image_1_5_image_to_image',
  arguments: { prompt: 'a fox', quality: 'low', image_urls: [path] },
});
type Client = Awaited<ReturnType<typeof connect>>['client'];
const answer = async (client: Client, path: string) => textOf(await client.callTool(edit(path)));
const SUCCEEDED = /^1 image by/;
const OUTSIDE = /is outside of the allowed folders/;

describe('the roots of a client', () => {
  it('are asked for when first needed, once', async () => {
    const { homeDir, one } = await home();
    const { client, asked } = await connectWithRoots([one], { homeDir });
    await client.listTools();
    await client.callTool({ name: 'list_image_jobs', arguments: {} });
    await client.callTool(edit('https://example.com/a.png'));
    expect(asked()).toBe(0);
    expect(await answer(client, join(one, 'cat.png'))).toMatch(SUCCEEDED);
    expect(await answer(client, 'cat.png')).toMatch(SUCCEEDED);
    expect(await answer(client, '~/one/cat.png')).toMatch(SUCCEEDED);
    expect(asked()).toBe(1);
  });

  it('are not asked for a file in a folder of the user', async () => {
    const { homeDir, one, two } = await home();
    const { client, asked } = await connectWithRoots([one], { homeDir, inputDirs: [two] });
    for (const path of [join(two, 'cat.png'), 'cat.png', '~/two/cat.png'])
      expect(await answer(client, path)).toMatch(SUCCEEDED);
    expect(asked()).toBe(0);
  });

  it('are asked for once by calls at the same time', async () => {
    const { homeDir, one } = await home();
    const { client, asked } = await connectWithRoots([one], { homeDir });
    await Promise.all([answer(client, 'cat.png'), answer(client, 'none.png'), answer(client, '../a.png')]);
    expect(asked()).toBe(1);
  });

  it('change when the client says so, and not before', async () => {
    const { homeDir, one, two } = await home();
    const { client, setRoots } = await connectWithRoots([one], { homeDir });
    expect(await answer(client, join(one, 'cat.png'))).toMatch(SUCCEEDED);
    await setRoots([two], { silent: true });
    expect(await answer(client, join(two, 'cat.png'))).toMatch(OUTSIDE);
    await setRoots([two]);
    expect(await answer(client, join(two, 'cat.png'))).toMatch(SUCCEEDED);
    expect(await answer(client, join(one, 'cat.png'))).toMatch(OUTSIDE);
  });

  it.each<[what: string, root: (at: Awaited<ReturnType<typeof home>>) => string]>([
    ['the root of the disk', () => '/'],
    ['the home folder', ({ homeDir }) => homeDir],
    ['a folder above it', ({ homeDir }) => join(homeDir, '..')],
    ['a hidden folder', ({ one }) => join(one, '.git')],
    ['of another scheme', ({ one }) => `vscode-remote://ssh${one}`],
    ['on another machine', ({ one }) => `file://server${one}`],
    [
      'a link to the home folder',
      ({ homeDir, two }) => {
        symlinkSync(homeDir, join(two, 'link'));
        return join(two, 'link');
      },
    ],
    [
      'a link to another folder',
      ({ one, two }) => {
        symlinkSync(one, join(two, 'link'));
        return join(two, 'link');
      },
    ],
  ])('are none if they are %s, beside one that is', async (_, root) => {
    const at = await home();
    const named = root(at);
    const { client, sandbox } = await connectWithRoots([named, at.two], { homeDir: at.homeDir });
    const path = named.includes('link') ? join(named, 'cat.png') : join(at.one, 'cat.png');
    expect(await answer(client, path)).toMatch(/is outside of|is a link that leads out/);
    expect(await answer(client, join(at.one, '.git/cat.png'))).toMatch(OUTSIDE);
    expect(sandbox.requests).toEqual([]);
    expect(await answer(client, join(at.two, 'cat.png'))).toMatch(SUCCEEDED);
  });

  it('hold no hidden file or folder', async () => {
    const { homeDir, one } = await home();
    const { client, sandbox } = await connectWithRoots([one], { homeDir });
    symlinkSync('.git', join(one, 'door'));
    for (const path of [join(one, '.cat.png'), join(one, '.git/cat.png'), '~/one/.cat.png'])
      expect(await answer(client, path)).toMatch(/is hidden/);
    for (const path of ['.cat.png', '.git/cat.png'])
      expect(await answer(client, path)).toMatch(/does not exist in any of/);
    expect(await answer(client, 'door/cat.png')).toMatch(/is a link that leads out/);
    expect(sandbox.requests).toEqual([]);
  });

  it('do not lead elsewhere when a link takes their place', async () => {
    const { homeDir, one, two } = await home();
    const { client } = await connectWithRoots([one], { homeDir });
    expect(await answer(client, join(one, 'cat.png'))).toMatch(SUCCEEDED);
    renameSync(one, `${one}-away`);
    symlinkSync(two, one);
    expect(await answer(client, join(one, 'cat.png'))).toMatch(OUTSIDE);
  });

  it('are none where the client hangs, which costs one call 2 s, until it answers', async () => {
    const { homeDir, one } = await home();
    const { client, clock, log, asked } = await connectWithRoots([one], { homeDir });
    let go: (roots: { roots: { uri: string }[] }) => void = () => {};
    let calls = 0;
    client.setRequestHandler('roots/list', () => {
      calls += 1;
      return new Promise((resolve) => {
        go = resolve;
      });
    });
    const began = clock.now();
    expect(await answer(client, 'cat.png')).toMatch(/does not exist in any of/);
    const waited = clock.now() - began;
    expect(waited).toBeGreaterThanOrEqual(2_000);
    expect(waited).toBeLessThan(3_000);
    expect(await answer(client, 'cat.png')).toMatch(/does not exist in any of/);
    expect(clock.now() - began - waited).toBeLessThan(1_000);
    expect(log.join('')).toContain("info: the client's roots are not known: no answer within 2 s");
    go({ roots: [{ uri: `file://${one}` }] });
    expect(await answer(client, 'cat.png')).toMatch(SUCCEEDED);
    expect([calls, asked()]).toEqual([1, 0]);
  });

  it('do not come from an answer that a change has overtaken', async () => {
    const { homeDir, one, two } = await home();
    const { client } = await connectWithRoots([], { homeDir });
    const answers: ((roots: { roots: { uri: string }[] }) => void)[] = [];
    client.setRequestHandler('roots/list', () => new Promise((resolve) => void answers.push(resolve)));
    expect(await answer(client, join(one, 'cat.png'))).toMatch(OUTSIDE);
    await client.sendRootsListChanged();
    client.setRequestHandler('roots/list', () => ({ roots: [{ uri: `file://${two}` }] }));
    expect(await answer(client, join(two, 'cat.png'))).toMatch(SUCCEEDED);
    answers[0]?.({ roots: [{ uri: `file://${one}` }] });
    expect(await answer(client, join(one, 'cat.png'))).toMatch(OUTSIDE);
    expect(await answer(client, join(two, 'cat.png'))).toMatch(SUCCEEDED);
  });

  it.each<[what: string, answer: () => unknown]>([
    ['an error', () => Promise.reject(new Error('no roots today'))],
    ['nothing', () => ({})],
    ['roots that are no list', () => ({ roots: 'file:///etc' })],
    ['roots without a URI', () => ({ roots: [{ name: 'x' }] })],
    ['URIs that are no texts', () => ({ roots: [{ uri: 7 }] })],
  ])('are none where the client answers %s', async (_, given) => {
    const { homeDir, one } = await home();
    const { client, log } = await connectWithRoots([one], { homeDir });
    // The SDK of the client would not let garbage out.
    const handlers = (client as unknown as { _requestHandlers: Map<string, () => unknown> })._requestHandlers;
    handlers.set('roots/list', async () => given());
    expect(await answer(client, join(one, 'cat.png'))).toMatch(OUTSIDE);
    expect(log.join('')).toContain("info: the client's roots are not known: ");
  });

  it('are not asked of a client that declares none', async () => {
    const { homeDir, one } = await home();
    const { client, log } = await connect({ homeDir });
    expect(await answer(client, join(one, 'cat.png'))).toMatch(OUTSIDE);
    expect(log.join('')).not.toContain('roots');
  });
});
