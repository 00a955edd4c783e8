import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tap } from '../support/calls.ts';
import { type Connected, connect, textOf } from '../support/program.ts';
import { SHOWS_VIEWS } from '../support/view.ts';

const IMAGE = 'gpt_image_2_text_to_image';
const EDIT = 'google/nano-banana-2/edit';
const DAY = 86_400_000;
const HOURS = 3_600_000;
const MIB = 1 << 20;

const call = ({ client }: Connected, name: string, args: Record<string, unknown> = {}) =>
  client.callTool({ name, arguments: args });
const submits = ({ sandbox }: Connected) => sandbox.requests.filter(({ route }) => route === 'submit');

describe('a service that says nothing', () => {
  const never = { stall: new Promise(() => {}) };
  const WAIT = 50;
  const SILENT =
    /RunComfy did not answer within \d\d s\. Call again in a minute\. (Nothing was charged for this call\. )?\[unreachable\]$/;

  it.each([
    ['get_balance', 'balance', {}],
    ['find_image_models', 'models', { query: 'fox' }],
    ['find_image_models', 'model', { model: EDIT }],
    ['run_image_model', 'model', { model: EDIT, input: { prompt: 'a' } }],
    ['peek_image_job', 'status', { request_id: 'some' }],
  ] as const)('holds %s (%s) no longer than its wait', async (name, on, args) => {
    const connected = await connect({ waitSeconds: WAIT, clientCapabilities: SHOWS_VIEWS });
    connected.sandbox.inject({ on, times: 99, what: never });
    const result = await call(connected, name, args);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(SILENT);
    expect(submits(connected)).toEqual([]);
  });

  it('holds cancel_image_job no longer, which then does not know and may be called again', async () => {
    const connected = await connect({ waitSeconds: 0 });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    const { structuredContent } = await call(connected, IMAGE, { prompt: 'a' });
    const { request_id } = structuredContent as { request_id: string };
    connected.sandbox.inject({ on: 'cancel', what: { hold: new Promise(() => {}) } });
    const result = await call(connected, 'cancel_image_job', { request_id });
    expect(textOf(result)).toMatchInlineSnapshot(
      `"RunComfy did not answer within 30 s: it is not known whether job ID was cancelled. Call cancel_image_job with request_id "ID" again, which is safe: it cancels the job or says that it has ended. [unreachable]"`,
    );
    // It was processed.
    const again = await call(connected, 'cancel_image_job', { request_id });
    expect(again.structuredContent).toMatchObject({ outcome: 'already_ended', status: 'cancelled' });
  });

  it('does not hide what is known from before', async () => {
    const connected = await connect({ waitSeconds: WAIT });
    await call(connected, 'find_image_models');
    connected.jumpClock(3 * DAY);
    for (const on of ['models', 'model'] as const) connected.sandbox.inject({ on, times: 99, what: never });
    const found = await call(connected, 'find_image_models', { query: 'flux' });
    expect(textOf(found)).toContain('3 days old, as reading it again failed: RunComfy did not answer within');
    const ran = await call(connected, 'run_image_model', { model: EDIT, input: { prompt: 'a', n: 2 } });
    expect(textOf(ran)).toContain('unknown field "n"');
  });
});

describe('a catalogue that lies', () => {
  const entry = (model_id: string, more = {}) => ({ model_id, description: 'x', categories: [], ...more });
  const reads = ({ sandbox }: Connected) => sandbox.requests.filter(({ route }) => route === 'models').length;

  it('about its length is read for 20 pages', async () => {
    const connected = await connect();
    for (let page = 0; page < 30; page++) {
      const body = { models: [entry(`a/${page}`)], total: 1e9 };
      connected.sandbox.inject({ on: 'models', what: { status: 200, body } });
    }
    const result = await call(connected, 'find_image_models');
    expect(result.structuredContent).toMatchObject({ total: 20 });
    expect(reads(connected)).toBe(20);
  });

  it('about its length is read no further than a page that brings nothing new', async () => {
    const connected = await connect();
    const body = { models: [entry('a/b'), entry('a/c')], total: 1e9 };
    connected.sandbox.inject({ on: 'models', times: 99, what: { status: 200, body } });
    const result = await call(connected, 'find_image_models');
    expect(result.structuredContent).toMatchObject({ total: 2 });
    expect(reads(connected)).toBe(2);
  });

  it('about which model it tells of is not paid for', async () => {
    const connected = await connect();
    const other = entry('dear/model', { input_schema: { properties: { prompt: { type: 'string' } } } });
    connected.sandbox.inject({ on: 'model', times: 99, what: { status: 200, body: other } });
    const ran = await call(connected, 'run_image_model', { model: EDIT, input: { prompt: 'a' } });
    expect(textOf(ran)).toMatchInlineSnapshot(
      `"The schema of google/nano-banana-2/edit cannot be read, so its input cannot be checked and was not submitted: RunComfy's catalogue answered for google/nano-banana-2/edit with another model, dear/model. If dear/model is what you want, call again with that id. Nothing was charged for this call. [service_error]"`,
    );
    const described = await call(connected, 'find_image_models', { model: EDIT });
    expect(textOf(described)).toMatchInlineSnapshot(
      `"The schema of google/nano-banana-2/edit cannot be read, so its input cannot be checked and was not submitted: RunComfy's catalogue answered for google/nano-banana-2/edit with another model, dear/model. If dear/model is what you want, call again with that id. [service_error]"`,
    );
    expect(submits(connected)).toEqual([]);
  });

  it('is kept and shown in bounds, whatever it holds', async () => {
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS });
    const wire = tap(connected.client);
    const many = Array.from({ length: 100_000 }, (_, index) => `value ${index}`);
    // In the place of this text, as such a value could not be written.
    const deep = 'DEEP';
    const written = (body: object) =>
      JSON.stringify(body).replace('"DEEP"', `${'{"items":'.repeat(9_000)}1${'}'.repeat(9_000)}`);
    const wide = Object.fromEntries(many.map((name, index) => [`f${index}`, { description: name }]));
    const prompt = { type: 'string' };
    const odd = [
      entry('a/long', { description: 'long '.repeat(MIB), display_name: 'x'.repeat(MIB) }),
      entry('a/page', { description: `<html>${'<'.repeat(5 * MIB)}` }),
      entry('a/many', { input_schema: { properties: { prompt, one: { type: 'string', enum: many } } } }),
      entry('a/wide', { input_schema: { properties: wide }, required_inputs: many }),
      entry('a/deep', { input_schema: { properties: { prompt, deep } } }),
      entry('a/rules', { input_schema: { properties: { prompt: { ...prompt, validations: many } } } }),
      entry('a/types', {
        categories: many,
        pricing_note: 'y'.repeat(MIB),
        input_schema: { properties: { prompt: { type: many } } },
      }),
    ];
    const body = written({ models: odd, total: odd.length });
    connected.sandbox.inject({ on: 'models', what: { status: 200, body } });
    const found = await call(connected, 'find_image_models');
    expect(found.structuredContent).toMatchObject({ total: odd.length });
    expect(statSync(join(connected.config.dataDir, 'catalogue.jsonl')).size).toBeLessThan(64 << 10);
    for (const body of odd) {
      connected.sandbox.inject({ on: 'model', what: { status: 200, body } });
      const one = await call(connected, 'find_image_models', { model: body.model_id });
      expect(one.structuredContent, body.model_id).toMatchObject({ models: [{ model: body.model_id }] });
      const ran = await call(connected, 'run_image_model', { model: body.model_id, input: { a: { b: 1 } } });
      expect(textOf(ran), body.model_id).not.toContain('internal_error');
    }
    for (const message of wire) expect(message.length).toBeLessThan(32 << 10);
  });

  it('tells of some choices where there are too many, and lets every value through', async () => {
    const connected = await connect();
    const choices = Array.from({ length: 1_000 }, (_, index) => `voice ${index}`);
    const voice = { type: 'string', description: 'Who speaks.', enum: choices };
    const body = entry(EDIT, { input_schema: { properties: { voice } } });
    connected.sandbox.inject({ on: 'model', what: { status: 200, body } });
    const one = await call(connected, 'find_image_models', { model: EDIT });
    expect(textOf(one)).toContain('One of 1000 values, such as voice 0, voice 1, voice 2. Who speaks.');
    await call(connected, 'run_image_model', { model: EDIT, input: { voice: 'voice 999' } });
    expect(submits(connected)).toMatchObject([{ body: { voice: 'voice 999' } }]);
  });
});

describe('arguments that no schema expects', () => {
  const NAMES = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__'];

  it('are refused where the view looks for the job of a call', async () => {
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS });
    for (const field of NAMES) {
      const args = JSON.parse(`{"prompt":"a","${field}":"1"}`);
      const result = await call(connected, 'peek_image_job', { tool: IMAGE, arguments: args });
      expect(textOf(result)).toContain(`unknown field "${field}"`);
    }
    const deep = JSON.parse(`${'['.repeat(3_000)}1${']'.repeat(3_000)}`);
    const result = await call(connected, 'peek_image_job', { tool: IMAGE, arguments: { prompt: deep } });
    expect(textOf(result)).toContain('nested more than 64 levels deep');
  });

  it('are plain data where a model is open, but for the one name that would be lost', async () => {
    const connected = await connect();
    const open = { model_id: EDIT, description: '', categories: [] };
    connected.sandbox.inject({ on: 'model', what: { status: 200, body: open } });
    const input = { prompt: 'a', image_urls: [], constructor: 'b', toString: { a: 1 } };
    await call(connected, 'run_image_model', { model: EDIT, input });
    expect(submits(connected)).toMatchObject([{ body: input }]);
    const lost = await call(connected, 'run_image_model', {
      model: EDIT,
      input: JSON.parse('{"__proto__":{}}'),
    });
    expect(textOf(lost)).toContain('unknown field "__proto__"');
  });

  it('do not upset a budget', async () => {
    const connected = await connect({ budgetUsd: 1 });
    const model = 'openai/gpt-image-1-5/image-to-image';
    connected.sandbox.inject({ on: 'model', what: { status: 200, body: { model_id: model } } });
    const input = { prompt: 'a', quality: 'constructor', image_urls: ['https://example.com/a.png'] };
    const result = await call(connected, 'run_image_model', { model, input });
    // RunComfy's own word on it.
    expect(textOf(result)).toContain('[input_refused]');
    expect(submits(connected)).toHaveLength(1);
  });
});

describe('an answer', () => {
  it('holds at most 1 MiB, and loses neither the request id nor a URL that fits', async () => {
    const connected = await connect({ preview: 'small' });
    const wire = tap(connected.client);
    const { engine, origin } = connected.sandbox;
    const long = (index: number, length: number) => `${origin}/outputs/1/${index}-${'x'.repeat(length)}.png`;
    const images = Array.from({ length: 20 }, (_, index) => long(index, 4_000));
    engine.planNext({ output: { images: [...images, long(20, 5 * MIB)] } } as never);
    const result = await call(connected, IMAGE, { prompt: 'a' });
    const { request_id, images: shown } = result.structuredContent as {
      request_id: string;
      images: { url: string }[];
    };
    expect(request_id).toBe(engine.jobs[0]?.id);
    expect(textOf(result)).toContain(request_id);
    expect(shown.map(({ url }) => url)).toEqual(images);
    for (const url of images) expect(textOf(result)).toContain(url);
    expect(Math.max(...wire.map((message) => Buffer.byteLength(message)))).toBeLessThanOrEqual(MIB);
  });

  it('that is an error of the protocol is no longer either', async () => {
    const { client } = await connect();
    const wire = tap(client);
    await expect(client.callTool({ name: 'x'.repeat(2 * MIB), arguments: {} })).rejects.toThrow('xxx');
    expect(wire[0]?.length).toBeLessThan(MIB);
  });
});
