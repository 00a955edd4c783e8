import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { tap } from '../support/calls.ts';
import { type Connected, connect, freshDataDir, KEY, textOf } from '../support/program.ts';
import { SHOWS_VIEWS, VIEW } from '../support/view.ts';

const IMAGE = 'gpt_image_2_text_to_image';

const call = ({ client }: Connected, name: string, args: Record<string, unknown> = {}) =>
  client.callTool({ name, arguments: args }, { onprogress: () => {} });
const reply = (body: unknown) => ({ status: 200, body });

/** The text of every file below a folder. */
function filesBelow(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath, entry.name), 'utf8')}`)
    .join('\n');
}

/** Has every tool answer about what a service says that puts a text wherever it can. */
async function hearEverything(connected: Connected, said: string): Promise<void> {
  const { sandbox, client } = connected;
  const field = {
    type: said,
    title: said,
    description: said,
    enum: [said, 'b'],
    default: said,
    format: said,
  };
  const entry = (model_id: string) => ({
    model_id,
    display_name: said,
    description: said,
    categories: [said],
    kind: said,
    base_price_usd: 1,
    price_unit: said,
    pricing_note: said,
    required_inputs: [said],
    [said]: said,
    input_schema: {
      required: [said],
      properties: {
        prompt: {
          ...field,
          validations: [{ validation_rule: said, validation_error: said, validation_value: said }],
        },
        open: { type: 'object', properties: { inner: field, [said]: field } },
        [said]: field,
      },
    },
  });
  const models = [entry('a/b'), entry('a/c'), entry(said)];
  sandbox.inject({ on: 'models', what: reply({ models, total: 3 }) });
  await call(connected, 'find_image_models');
  await call(connected, 'find_image_models', { query: said.slice(0, 200) });
  sandbox.inject({ on: 'model', what: reply(entry('a/b')) });
  await call(connected, 'find_image_models', { model: 'a/b' });
  await call(connected, 'run_image_model', { model: 'a/b', input: { prompt: 7, other: 1 } });
  sandbox.inject({ on: 'submit', what: { status: 422, body: { detail: [{ loc: ['prompt'], msg: said }] } } });
  sandbox.inject({ on: 'model', what: reply({ ...entry('openai/gpt-image-2/text-to-image') }) });
  await call(connected, IMAGE, { prompt: 'a' });
  for (const on of ['balance', 'models', 'model', 'status', 'submit'] as const)
    sandbox.inject({ on, what: { status: 403, body: { error_message: said, message: said } } });
  await call(connected, 'get_balance');
  await call(connected, 'run_image_model', { model: 'a/d', input: {} });
  await call(connected, 'get_image_job', { request_id: 'r1' });
  await call(connected, IMAGE, { prompt: 'refused' });
  for (const on of ['balance', 'submit'] as const)
    sandbox.inject({ on, what: { status: 403, body: `<html><p>${said}</p></html>` } });
  await call(connected, 'get_balance');
  await call(connected, IMAGE, { prompt: 'a page' });
  const url = `https://x.runcomfy.net/${said}`;
  const output = { images: [url, `${url}.png`, 'https://x.runcomfy.net/plain.png'], [said]: `${url}2` };
  const result = { status: 'succeeded', model_id: said, output, created_at: said, error: null };
  sandbox.inject({ on: 'status', times: 2, what: reply({ status: 'completed', queue_position: said }) });
  sandbox.inject({ on: 'result', what: reply(result) });
  await call(connected, 'get_image_job', { request_id: 'r2' });
  sandbox.inject({ on: 'result', what: reply({ ...result, status: 'failed', error: { message: said } }) });
  await call(connected, 'get_image_job', { request_id: 'r3' });
  sandbox.engine.planNext({ output, queueMs: 0 });
  await call(connected, IMAGE, { prompt: 'a' });
  sandbox.inject({ on: 'cancel', what: reply({ outcome: said, status: said }) });
  await call(connected, 'cancel_image_job', { request_id: 'r4' });
  await call(connected, 'peek_image_job', { request_id: 'r5' });
  await call(connected, 'list_image_jobs');
  await client.listTools();
  await client.readResource({ uri: VIEW });
  await client.callTool({ name: said, arguments: {} }).catch(() => {});
}

describe('the key, where the service says it everywhere', () => {
  it.each([
    ['by itself', (key: string) => key],
    ['as a token', () => `Bearer ${'q'.repeat(20)}`],
    ['where a quote is cut', (key: string) => 'x'.repeat(236) + key],
    ['where a description is cut', (key: string) => 'x'.repeat(996) + key],
    ['where a long text is cut', (key: string) => `${' '.repeat(16_384 - 5)}${key}`],
    ['in JSON', (key: string) => JSON.stringify(JSON.stringify({ key }))],
  ])('is told to nobody and kept nowhere: %s', async (_, say) => {
    const key = 'k9+secret/key=0123456789';
    const said = say(key);
    const connected = await connect({
      key: { value: key, from: 'RUNCOMFY_API_KEY' },
      sandboxOptions: { key },
      clientCapabilities: SHOWS_VIEWS,
      autoSave: true,
    });
    const wire = tap(connected.client);
    await hearEverything(connected, said);
    const { config, log } = connected;
    const told = [...wire, ...log, filesBelow(config.dataDir)].join('\n');
    // Not even a part of it, as a cut could leave.
    for (const part of ['k9+', 'secret', 'key=0', 'qqqq'])
      expect(told.slice(Math.max(0, told.indexOf(part) - 200)).slice(0, 400), part).not.toContain(part);
    expect(wire.length).toBeGreaterThan(20);
  });

  it.each([
    ['in words', KEY],
    ['where the words are cut', 'x'.repeat(2_000 - KEY.length / 2) + KEY],
    ['in an object', { why: { token: KEY } }],
  ])('is in no record of a job that failed with it %s', async (_, error) => {
    const connected = await connect();
    const result = { status: 'failed', error, output: { image: `https://x.runcomfy.net/${KEY}.png` } };
    connected.sandbox.inject({ on: 'status', what: reply({ status: 'completed' }) });
    connected.sandbox.inject({ on: 'result', what: reply(result) });
    expect(textOf(await call(connected, IMAGE, { prompt: 'a' }))).toMatch(/\[job_failed\]$/);
    const [job] = readRecords(connected.config.dataDir);
    expect(job?.error).toMatch(/\[key\]|x{1990}/);
    // Not even a part of it, as a cut could leave.
    expect(JSON.stringify(job)).not.toContain(KEY.slice(0, 5));
  });

  it('is in no progress either', async () => {
    const connected = await connect();
    const wire = tap(connected.client);
    connected.sandbox.inject({ on: 'status', times: 2, what: reply({ status: 'in_progress' }) });
    connected.sandbox.inject({ on: 'status', what: reply({ status: 'completed' }) });
    connected.sandbox.inject({ on: 'result', what: reply({ status: 'cancelled' }) });
    await call(connected, 'get_image_job', { request_id: `job-${KEY}` });
    expect(wire.filter((message) => message.includes('notifications/progress')).join()).toContain(
      'job-[key]',
    );
    expect(wire.join()).not.toContain(KEY);
  });

  it('is not in the tools of pinned models, nor in the view that knows them', async () => {
    const dataDir = freshDataDir();
    const first = await connect({ dataDir });
    const entry = {
      model_id: 'a/b',
      display_name: `Say ${KEY}`,
      description: KEY,
      input_schema: { properties: { prompt: { type: 'string', enum: [KEY], description: KEY } } },
    };
    first.sandbox.inject({ on: 'models', what: reply({ models: [entry], total: 1 }) });
    await call(first, 'find_image_models');
    const { baseUrl } = first.config;
    const second = await connect({ dataDir, baseUrl, models: ['a/b'], clientCapabilities: SHOWS_VIEWS });
    const wire = tap(second.client);
    const { tools } = await second.client.listTools();
    await second.client.readResource({ uri: VIEW });
    expect(tools[0]?.title).toBe('Say [key]');
    expect(wire.join() + filesBelow(dataDir)).not.toContain(KEY);
  });
});

describe('a text from outside', () => {
  // Line breaks of every kind, marks of direction, terminal codes, half a character, quotes.
  const ODD = 'a\nb\r\u2028\u2029\u0085c\u202e\u2066\u200bd\u0000\u001b[2J\u0007\ud800"e"\u009b`';
  const CONTROLS = /[\p{Cf}\p{Cs}\u2028\u2029]|(?!\n)\p{Cc}/u;

  it('stands in answers as one short line of data, wherever it is said', async () => {
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS });
    const wire = tap(connected.client);
    await hearEverything(connected, ODD);
    let texts = 0;
    const check = (value: unknown): void => {
      if (typeof value === 'string') {
        texts += 1;
        expect(value).not.toMatch(CONTROLS);
      } else if (value && typeof value === 'object') {
        Object.keys(value).forEach(check);
        Object.values(value).forEach(check);
      }
    };
    const answers = wire.map((message) => JSON.parse(message)).filter(({ result }) => result?.content);
    for (const { result } of answers) {
      check(result);
      // A line that outside text began would pass for our own words.
      for (const { text } of result.content)
        for (const line of String(text ?? '').split('\n')) expect(line).not.toMatch(/^(b|c|d)\b/);
    }
    expect(texts).toBeGreaterThan(100);
  });

  it('that is a URL with odd characters is the URL that every fetch of it asks for', async () => {
    const connected = await connect();
    const at = 'https://x.runcomfy.net/';
    const output = {
      images: [
        `${at}a"b'c<d>\`e.png?q="\u202e`,
        `${at}\u0007\u0000.png`,
        `${at}%3Dsigned%2F.png?X-Sig=a%2Bb%3D`,
        `${at}日本.png`,
        `${at}two words.png`,
        `${at}a\nb.png`,
        `javascript:alert(1)`,
      ],
    };
    connected.sandbox.engine.planNext({ output });
    const result = await call(connected, IMAGE, { prompt: 'a' });
    const { images } = result.structuredContent as { images: { url: string }[] };
    expect(images.map(({ url }) => url)).toEqual([
      `${at}a%22b%27c%3Cd%3E%60e.png?q=%22%E2%80%AE`,
      `${at}%07%00.png`,
      `${at}%3Dsigned%2F.png?X-Sig=a%2Bb%3D`,
      `${at}%E6%97%A5%E6%9C%AC.png`,
    ]);
    for (const { url } of images) expect(textOf(result)).toContain(url);
  });
});
