import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tenantFolder } from '../../src/service/surface.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { eventually, freshDataDir } from '../support/program.ts';
import { serve } from '../support/service.ts';
import { callOf, newToken, post, tenantsFile } from '../support/tenants.ts';
import { randomId, serveTwo } from '../support/two-tenants.ts';

const EDIT = 'gpt_image_1_5_image_to_image';
const HOURS = 3_600_000;
const BATCH = { jobs: [{ model: CALL.name, input: CALL.arguments, count: 2 }] };
const disk = () => ({ autoSave: true, outputDir: freshDataDir() });

interface Image {
  handle: string;
  path: string;
  copy_url: string;
}

/** Everything that takes the id of a job, or of a batch. */
const ATTACKS: readonly (readonly [
  what: string,
  name: string,
  args: (id: string) => Record<string, unknown>,
])[] = [
  ['get_image_job', 'get_image_job', (id) => ({ request_id: id })],
  ['get_image_job with previews', 'get_image_job', (id) => ({ request_id: id, preview: true })],
  ['cancel_image_job', 'cancel_image_job', (id) => ({ request_id: id })],
  ['peek_image_job', 'peek_image_job', (id) => ({ request_id: id })],
  ['an image field', EDIT, (id) => ({ prompt: 'x', image_urls: [handle(id)] })],
  [
    'an image field of any model',
    'run_image_model',
    (id) => ({ model: 'bria/rmbg-2/background-removal', input: { image_url: handle(id) } }),
  ],
  [
    'an image field in a batch',
    'make_images',
    (id) => ({ jobs: [{ model: EDIT, input: { prompt: 'x', image_urls: [handle(id)] } }] }),
  ],
  ['save_images', 'save_images', (id) => ({ images: [handle(id)] })],
  ['list_image_jobs', 'list_image_jobs', (id) => ({ query: id })],
];
const handle = (id: string) => (id.startsWith('batch:') ? id : `job:${id}#1`);

describe.each([
  ['one RunComfy key', true],
  ['a key each', false],
] as const)('two tenants with %s', (_, hasOneKey) => {
  it.each(['queued', 'done'] as const)(
    'get nothing by each other’s ids, not even that there is such a job (%s)',
    async (state) => {
      const { red, blue, sandbox } = await serveTwo({
        hasOneKey,
        ...disk(),
        waitSeconds: state === 'queued' ? 0 : 600,
      });
      if (state === 'queued') for (let job = 0; job < 3; job++) sandbox.engine.planNext({ queueMs: HOURS });
      const { request_id } = (await red.ask(CALL.name, CALL.arguments)).data as { request_id: string };
      const { batch } = (await red.ask('make_images', BATCH)).data as { batch: string };
      const before = sandbox.requests.filter(({ route }) => route !== 'model').length;
      for (const id of [request_id, batch])
        for (const [what, name, args] of ATTACKS) {
          const other = randomId(id);
          const told = JSON.stringify(await blue.ask(name, args(id)));
          const asOfNone = JSON.stringify(await blue.ask(name, args(other)));
          expect(told.replaceAll(id, 'ID'), what).toBe(asOfNone.replaceAll(other, 'ID'));
          expect(told, what).toMatch(/\[(unknown_request|invalid_input|not_saved)\]|No such jobs/);
        }
      expect(sandbox.requests.filter(({ route }) => route !== 'model').length, 'RunComfy is not asked').toBe(
        before,
      );
      for (const [tool, args] of [
        [CALL.name, CALL.arguments],
        ['make_images', BATCH],
      ] as const)
        expect(JSON.stringify(await blue.ask('peek_image_job', { tool, arguments: args })), tool).toContain(
          '[unknown_request]',
        );
      expect((await red.ask('get_image_job', { request_id })).data).toMatchObject({ request_id });
      expect((await red.ask('cancel_image_job', { request_id: batch })).data).toMatchObject({ batch });
    },
  );

  it('share no job for the same call, batch or retry', async () => {
    const { red, blue, sandbox } = await serveTwo({ hasOneKey, waitSeconds: 0 });
    for (let job = 0; job < 6; job++) sandbox.engine.planNext({ queueMs: HOURS });
    const ids = new Set<unknown>();
    for (const { ask } of [red, blue]) {
      const { data } = await ask(CALL.name, CALL.arguments);
      ids.add(data.request_id);
      expect(data).not.toHaveProperty('resumed');
      const batch = await ask('make_images', BATCH);
      ids.add(batch.data.batch);
      expect(batch.data).not.toHaveProperty('resumed');
    }
    expect(ids.size).toBe(4);
    expect(sandbox.engine.jobs).toHaveLength(6);
    const again = await red.ask(CALL.name, CALL.arguments);
    expect(again.data).toMatchObject({ resumed: true });
    expect(ids).toContain(again.data.request_id);
  });

  it('have jobs, costs, prices, words to complete and active jobs of their own', async () => {
    const { red, blue, sandbox } = await serveTwo({ hasOneKey, waitSeconds: 0 });
    sandbox.engine.planNext({ queueMs: 0, runMs: 0, costUsd: 0.77 });
    const { request_id } = (await red.ask(CALL.name, { prompt: 'a secret fox' })).data as {
      request_id: string;
    };
    finishAll(sandbox);
    expect((await red.ask('get_image_job', { request_id })).text).toContain('$0.77');
    sandbox.engine.planNext({ queueMs: HOURS });
    await red.ask(CALL.name, { prompt: 'another secret' });
    const asked = [
      await blue.ask('list_image_jobs'),
      await blue.ask('cancel_image_job'),
      await blue.ask('find_image_models', { model: 'openai/gpt-image-2/text-to-image' }),
      await blue.client.complete({
        ref: { type: 'ref/prompt', name: 'make-pictures' },
        argument: { name: 'picture', value: 'secret' },
      }),
    ];
    expect(JSON.stringify(asked)).not.toMatch(/secret|0\.77|in_queue/);
    expect(asked[3]).toMatchObject({ completion: { values: [] } });
    sandbox.engine.planNext({ queueMs: HOURS });
    // Of what red's job cost, blue's estimate knows nothing.
    expect((await blue.ask(CALL.name, { prompt: 'mine' })).text).not.toContain('0.77');
    expect(JSON.stringify(await red.ask('list_image_jobs'))).toMatch(/a secret fox.*0\.77/);
  });
});

describe('two tenants', () => {
  it('use their own keys alone, at RunComfy and for each request', async () => {
    const { red, blue, sandbox } = await serveTwo({ hasOneKey: false });
    const made = await Promise.all(
      [red, blue].flatMap(({ ask, key }) =>
        ['a', 'b', 'c'].map(async (prompt) => ({
          key,
          ...(await ask(CALL.name, { prompt: `${key} ${prompt}` })),
        })),
      ),
    );
    await Promise.all([red, blue].map(({ ask }) => ask('get_balance')));
    for (const { key, data } of made) {
      const of = sandbox.requests.filter(
        ({ path, body }) =>
          path.includes(String(data.request_id)) || JSON.stringify(body ?? '').includes(key),
      );
      expect(of.length).toBeGreaterThan(2);
      for (const { authorization } of of) expect(authorization).toBe(`Bearer ${key}`);
    }
    const balances = sandbox.requests.flatMap(({ route, authorization }) =>
      route === 'balance' ? [authorization] : [],
    );
    expect(balances.sort()).toEqual([`Bearer ${blue.key}`, `Bearer ${red.key}`]);
  });

  it('approve nothing for each other', async () => {
    const { red, blue, sandbox } = await serveTwo({ settings: { confirm_above_usd: 0 } });
    const codeOf = (text: string) => /code "([^"]+)"/.exec(text)?.[1] ?? '';
    const code = codeOf((await red.ask(CALL.name, CALL.arguments)).text);
    expect(code).not.toBe('');
    await blue.ask(CALL.name, CALL.arguments);
    const random = `${code.slice(0, -4)}AAAA`;
    const told = await blue.ask('approve_cost', { code });
    expect(told).toEqual(await blue.ask('approve_cost', { code: random }));
    expect(told.text).toContain('[not_approved]');
    expect((await blue.ask(CALL.name, CALL.arguments)).text).toContain('[not_approved]');
    expect(sandbox.engine.jobs).toEqual([]);
    expect((await red.ask('approve_cost', { code })).text).toMatch(/^Approved once/);
    expect((await red.ask(CALL.name, CALL.arguments)).text).toMatch(/^1 image/);
  });

  it('have limits of their own', async () => {
    const { red, blue } = await serveTwo({ settings: { max_jobs_per_hour: 1 } });
    for (const { ask } of [red, blue]) {
      expect((await ask(CALL.name, CALL.arguments)).text).toMatch(/^1 image/);
      expect((await ask(CALL.name, { prompt: 'more' })).text).toContain('[spend_limit]');
    }
  });

  it('cancel nothing by each other’s session id, nor take the other’s name from it', async () => {
    const { red, blue, url, sandbox } = await serveTwo();
    sandbox.engine.planNext({ queueMs: HOURS });
    const transport = red.client.transport as unknown as { sessionId: string };
    const session = { 'mcp-session-id': transport.sessionId };
    const call = post(url, callOf(CALL.name, CALL.arguments, 7), red.token, session);
    await eventually(() => sandbox.engine.jobs.length).toBe(1);
    const cancel = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 7, reason: 'user' },
    };
    const attempts = [
      session,
      { 'mcp-session-id': (blue.client.transport as unknown as { sessionId: string }).sessionId },
    ];
    for (const headers of attempts) await (await post(url, cancel, blue.token, headers)).text;
    // What another session shows is not shown to whoever has only its id.
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    expect(await (await post(url, list, blue.token, session)).text).not.toContain('peek_image_job');
    expect(await (await post(url, list, red.token, session)).text).toContain('peek_image_job');
    expect(sandbox.requests.filter(({ route }) => route === 'cancel')).toEqual([]);
    finishAll(sandbox);
    expect(await (await call).text).toContain('1 image');
  });

  it('do not wait for what the other has given up', async () => {
    const { red, blue, sandbox } = await serveTwo();
    const posting = promised();
    sandbox.inject({ on: 'submit', times: 2, what: { hold: posting.promise } });
    const givingUp = new AbortController();
    const given = red.client
      .callTool({ name: 'make_images', arguments: BATCH }, { signal: givingUp.signal })
      .catch(() => 'given up');
    await eventually(() => sandbox.engine.jobs.length).toBe(2);
    givingUp.abort('user');
    expect(await given).toBe('given up');
    const [row] = (await red.ask('list_image_jobs')).data.jobs as [{ batch: string }];
    expect((await blue.ask('get_image_job', { request_id: row.batch })).text).toContain('[unknown_request]');
    posting.resolve();
    expect((await red.ask('get_image_job', { request_id: row.batch })).data).toMatchObject({
      batch: row.batch,
    });
  });

  it('save in folders of their own, and read none of the other’s', async () => {
    const { red, blue, config, sandbox } = await serveTwo(disk());
    const folder = (tenant: string) => join(config.outputDir, tenantFolder(tenant));
    const [image] = (await red.ask(CALL.name, CALL.arguments)).data.images as [Image];
    expect(image.path.startsWith(folder('red'))).toBe(true);
    const [own] = (await blue.ask(CALL.name, CALL.arguments)).data.images as [Image];
    expect(own.path.startsWith(folder('blue'))).toBe(true);
    const saved = readdirSync(folder('red'));
    const submits = () => sandbox.requests.filter(({ route }) => route === 'submit').length;
    const before = submits();
    const name = image.path.slice(folder('red').length + 1);
    const ways = (path: string) => [
      join(folder('red'), path),
      `../${tenantFolder('red')}/${path}`,
      `${folder('blue')}/../${tenantFolder('red')}/${path}`,
      `file://${join(folder('red'), path)}`,
      `file://${folder('blue')}/%2e%2e/${tenantFolder('red')}/${path}`,
      join(folder('red').toUpperCase(), path),
    ];
    const none = ways('none.png');
    for (const [index, way] of ways(name).entries()) {
      const { text } = await blue.ask(EDIT, { prompt: 'x', image_urls: [way] });
      expect(text, way).toContain('[invalid_input]');
      // Whether it is there is not told.
      const other = await blue.ask(EDIT, { prompt: 'x', image_urls: [none[index] as string] });
      expect(text.replaceAll(name, 'none.png')).toBe(other.text);
    }
    for (const way of ['..', folder('red'), `../${tenantFolder('red')}`, config.outputDir, config.dataDir])
      expect((await blue.ask('save_images', { images: [own.handle], folder: way })).text, way).toContain(
        '[invalid_input]',
      );
    for (const given of ['../x', `../${tenantFolder('red')}/x`])
      expect((await blue.ask('save_images', { images: [own.handle], names: [given] })).text).toContain(
        '[invalid_input]',
      );
    expect(submits()).toBe(before);
    expect(readdirSync(folder('red'))).toEqual(saved);
    expect(readdirSync(config.outputDir).sort()).toEqual([tenantFolder('blue'), tenantFolder('red')].sort());
  });

  it('may both send what the operator shares, and the start refuses what would share a tenant’s own', async () => {
    const shared = freshDataDir();
    mkdirSync(shared);
    const folders = disk();
    const { token, entry } = newToken();
    const { file } = tenantsFile({ acme: { runcomfy_key: { env: 'TEST_TENANT_KEY' }, tokens: [entry] } });
    expect(token).not.toBe('');
    const libraryDir = freshDataDir();
    const library = { in: 'folder', dir: libraryDir } as const;
    const start = (more: Parameters<typeof serve>[0]) =>
      serve({ ...folders, http: { auth: { mode: 'tokens', file }, library }, ...more });
    const dataDir = join(freshDataDir(), 'data');
    for (const [inputDir, flag] of [
      [folders.outputDir, '--output-dir'],
      [join(folders.outputDir, '..'), '--output-dir'],
      [join(folders.outputDir, tenantFolder('acme')), '--output-dir'],
      [join(dataDir, 'accounts'), '--data-dir'],
      [join(dataDir, '..'), '--data-dir'],
      [join(libraryDir, 'accounts'), '--library'],
    ] as const)
      await expect(start({ dataDir, inputDirs: [inputDir] }), inputDir).rejects.toThrow(`${flag} `);
    await start({ dataDir, inputDirs: [shared] });
  });

  it('keep pictures in libraries of their own, and link to no other’s', async () => {
    const { red, blue, config } = await serveTwo({ settings: { keep_images_gb: 1 } });
    const [mine] = (await red.ask(CALL.name, CALL.arguments)).data.images as [Image];
    await blue.ask(CALL.name, { prompt: 'something else' });
    const accounts = join(config.dataDir, 'accounts');
    const libraries = readdirSync(accounts).map((account) => readdirSync(join(accounts, account, 'library')));
    expect(libraries).toHaveLength(2);
    const [one = [], other = []] = libraries;
    expect(one.filter((name) => other.includes(name))).toEqual([]);
    const { pathname, origin } = new URL(mine.copy_url);
    const [, token = '', extension] = /^\/pictures\/(.*)\.(.*)$/.exec(pathname) ?? [];
    const signed = Buffer.from(token, 'base64url');
    for (const name of [...one, ...other]) {
      const altered = Buffer.from(signed);
      altered.write(name.slice(0, 64), 5, 'hex');
      if (altered.equals(signed)) continue;
      const response = await fetch(`${origin}/pictures/${altered.toString('base64url')}.${extension}`);
      expect([response.status, await response.text()]).toEqual([
        404,
        'This link is not valid, or has ended.\n',
      ]);
    }
    expect((await fetch(mine.copy_url)).status).toBe(200);
  });

  it('get no metrics, which tell of all of them, where they call', async () => {
    const { blue, url } = await serveTwo({ http: { metrics: { host: '127.0.0.1', port: 0 } } });
    const headers = { authorization: `Bearer ${blue.token}` };
    for (const path of ['/metrics', '/mcp/metrics', '/pictures/metrics'])
      expect((await fetch(new URL(path, url), { headers })).status).toBe(404);
  });

  it('are told no path of the server', async () => {
    const { red, config } = await serveTwo({ settings: { keep_images_gb: 1 } });
    mkdirSync(config.dataDir, { recursive: true });
    writeFileSync(join(config.dataDir, 'accounts'), 'no folder');
    const { text } = await red.ask(CALL.name, CALL.arguments);
    expect(text).toContain('[store_unavailable]');
    expect(text).not.toContain(config.dataDir);
  });
});

describe('the folder of a tenant', () => {
  it('is no other’s, wherever case and length do not count, and leads nowhere', () => {
    const long = 'a'.repeat(64);
    const names = [
      'acme',
      'Acme',
      'ACME',
      'a.c.m.e',
      'auth0|1',
      'auth0|2',
      '..',
      'CON',
      `${long}1`,
      `${long}2`,
      'a@b',
      '*',
    ];
    const folders = names.map(tenantFolder);
    expect(new Set(folders.map((name) => name.toLowerCase())).size).toBe(names.length);
    for (const folder of folders) expect(folder).toMatch(/^[a-z0-9][a-z0-9-]{31,72}$/);
  });
});
