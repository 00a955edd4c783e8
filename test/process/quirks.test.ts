import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { start } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';
import { TOOL_COUNT } from '../support/tools.ts';

const IMAGE = 'gpt_image_2_text_to_image';
const EDIT = 'gpt_image_1_5_image_to_image';
const FOX = { name: IMAGE, arguments: { prompt: 'a fox' } };
const LIST = { name: 'list_image_jobs', arguments: {} };
const HOURS = 3_600_000;

interface Message {
  jsonrpc: string;
  id?: number | string | null;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

/** A server whose calls hand over at once, spoken to in bytes; every line on its standard output has to be a message. */
async function speak() {
  const sandbox = await startSandbox({ key: KEY });
  onTestFinished(() => sandbox.close());
  const dataDir = freshDataDir();
  const args = ['--base-url', sandbox.origin, '--data-dir', dataDir, '--wait', '0'];
  const { child, ended } = start(args, { RUNCOMFY_API_KEY: KEY });
  // A server that has given up the connection does not read to the end.
  child.stdin.on('error', () => {});
  const received: Message[] = [];
  const waiting = new Map<number | string, (message: Message) => void>();
  const gone = ended.then(({ stderr }) => {
    throw new Error(`the server ended: ${stderr}`);
  });
  gone.catch(() => {});
  const notes: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Message;
    received.push(message);
    waiting.get(message.id ?? '')?.(message);
  });
  child.stderr.on('data', (text) => notes.push(String(text)));

  const write = (bytes: string | Uint8Array) => void child.stdin.write(bytes);
  const send = (message: object) => write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const until = (id: number | string) =>
    new Promise<Message>((resolve) => {
      const found = received.find((message) => message.id === id);
      if (found) resolve(found);
      else waiting.set(id, resolve);
    });
  const request = (id: number | string, method: string, params?: object) => {
    send({ id, method, ...(params && { params }) });
    return Promise.race([until(id), gone]);
  };
  const initialize = async (id: number | string = 'init', protocolVersion = '2025-06-18') => {
    const clientInfo = { name: 'raw', version: '1' };
    const answer = await request(id, 'initialize', { protocolVersion, capabilities: {}, clientInfo });
    send({ method: 'notifications/initialized' });
    return answer;
  };
  const call = async (id: number | string, params: object) => {
    const { result, error } = await request(id, 'tools/call', params);
    const [{ text = '' } = {}] = (result?.content ?? []) as { text?: string }[];
    const data = (result?.structuredContent ?? {}) as Record<string, unknown>;
    return { text, data, isError: result?.isError === true, error };
  };
  const log = () => notes.join('');
  return { child, ended, sandbox, dataDir, received, write, send, request, initialize, call, log };
}

type Server = Awaited<ReturnType<typeof speak>>;

/** Makes one paid call, which has to go as always. */
async function paysOnce({ call, sandbox, dataDir }: Server, id = 'paid') {
  sandbox.engine.planNext({ queueMs: HOURS });
  const { data } = await call(id, FOX);
  expect(data).toMatchObject({ status: 'in_queue', request_id: sandbox.engine.jobs.at(-1)?.id });
  expect(sandbox.engine.jobs).toHaveLength(1);
  checkBooks(sandbox, dataDir, 1);
}

describe('a line that is too long', () => {
  const LONG = 11 << 20;

  it('ends the connection and the process, and standard error says why', async () => {
    const server = await speak();
    await server.initialize();
    const params = { name: IMAGE, arguments: { prompt: 'x'.repeat(LONG) } };
    server.send({ id: 1, method: 'tools/call', params });
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
    expect(server.log()).toMatch(/error: a message of more than 10 MB arrived/);
    expect(server.sandbox.requests).toEqual([]);
  });

  it('does not lose a job that is under way', async () => {
    const server = await speak();
    await server.initialize();
    await paysOnce(server);
    server.write('x'.repeat(LONG));
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(readRecords(server.dataDir)).toMatchObject([{ state: 'in_queue' }]);
    checkBooks(server.sandbox, server.dataDir, 1);
  });

  it('of nearly 10 MB is read like any other', async () => {
    const server = await speak();
    await server.initialize();
    const image_urls = [`https://example.com/${'x'.repeat(9 << 20)}`];
    const { text } = await server.call(1, { name: EDIT, arguments: { prompt: 'a', image_urls } });
    expect(text).toMatch(/image_urls\[0\] is longer than 8192 characters.*\[invalid_input\]$/);
    await paysOnce(server);
  });
});

/** Lines that are no message, or none that anything can be done with. */
const JUNK: [what: string, line: string | Uint8Array][] = [
  ['an empty line', ''],
  ['words', 'Debugger attached.'],
  ['half a message', '{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {'],
  ['bytes that are no UTF-8', Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28)],
  ['null', 'null'],
  ['a number', '42'],
  [
    'another version of JSON-RPC',
    `{"jsonrpc":"1.0","id":7,"method":"tools/call","params":${JSON.stringify(FOX)}}`,
  ],
  ['no version', `{"id":7,"method":"tools/call","params":${JSON.stringify(FOX)}}`],
  ['a method that is no text', '{"jsonrpc":"2.0","id":7,"method":5}'],
  ['an answer to nothing', '{"jsonrpc":"2.0","id":7,"result":{}}'],
  ['an error to nothing', '{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"no"}}'],
  ['an unknown notification', '{"jsonrpc":"2.0","method":"notifications/sunrise"}'],
  [
    'a paid call as a notification',
    `{"jsonrpc":"2.0","method":"tools/call","params":${JSON.stringify(FOX)}}`,
  ],
  ['an empty array', '[]'],
  [
    'an array of paid calls',
    JSON.stringify([1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: FOX }))),
  ],
];

describe('lines that are no message do nothing and harm nothing', () => {
  /** Writes every line, each with a good message behind it where there is a session. */
  async function spill({ write, request, received }: Server, behind?: 'ping') {
    for (const [what, line] of JUNK) {
      const before = received.length;
      write(line);
      write('\n');
      if (behind) expect((await request(what, behind)).result, what).toEqual({});
      const others = received.slice(before).filter(({ id }) => id !== what);
      for (const { error } of others) expect(error, what).toBeDefined();
    }
  }

  it('before the session', async () => {
    const server = await speak();
    await spill(server);
    expect((await server.initialize()).result).toMatchObject({ protocolVersion: '2025-06-18' });
    expect(server.sandbox.requests).toEqual([]);
    await paysOnce(server);
  });

  it('between good messages', async () => {
    const server = await speak();
    await server.initialize();
    await spill(server, 'ping');
    expect(server.sandbox.requests).toEqual([]);
    await paysOnce(server);
  });
});

describe('messages in odd pieces', () => {
  const ping = (id: string) => JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });

  it('are put together again', async () => {
    const server = await speak();
    await server.initialize();
    server.write(`${ping('a')}\r\n${ping('b')}\n\n  ${ping('c')}  \n`);
    const message = {
      jsonrpc: '2.0',
      id: 'd',
      method: 'tools/call',
      params: { ...FOX, arguments: { prompt: 'é 狐' } },
    };
    for (const byte of Buffer.from(`${JSON.stringify(message)}\n`)) server.write(Uint8Array.of(byte));
    for (const id of ['a', 'b', 'c']) expect((await server.request(`${id}2`, 'ping')).result).toEqual({});
    await expect.poll(() => new Set(server.received.map(({ id }) => id))).toContain('d');
    expect(server.received.map(({ id }) => id)).toEqual(expect.arrayContaining(['a', 'b', 'c', 'd']));
    expect(server.sandbox.engine.jobs).toMatchObject([{ input: { prompt: 'é 狐' } }]);
  });
});

describe('initialize', () => {
  it.each(['1999-01-01', '2099-12-31', 'latest', ''])(
    'with the protocol version "%s" is offered one that is spoken',
    async (version) => {
      const server = await speak();
      const { result } = await server.initialize('init', version);
      expect(result?.protocolVersion).toMatch(/^202[456]-\d\d-\d\d$/);
      expect((await server.call(1, LIST)).data).toEqual({ jobs: [] });
    },
  );

  it('twice is answered twice, and the session goes on', async () => {
    const server = await speak();
    await server.initialize('one');
    await server.initialize('two', '2025-11-25');
    expect((await server.request('list', 'tools/list')).result?.tools).toHaveLength(TOOL_COUNT);
    await paysOnce(server);
  });

  it('may come after a call', async () => {
    const server = await speak();
    await server.call('early', LIST);
    expect((await server.initialize()).result).toBeDefined();
    await paysOnce(server);
  });

  it('may not come at all: a paid call is made and recorded as always', async () => {
    await paysOnce(await speak());
  });
});

describe('notifications/cancelled', () => {
  /** Cancels a request as opencode does behind every call. */
  const cancel = ({ send }: Server, requestId: unknown) =>
    send({ method: 'notifications/cancelled', params: { requestId, reason: 'The operation was aborted.' } });

  it('for requests that are unknown, answered or still to come does nothing', async () => {
    const server = await speak();
    await server.initialize();
    for (const requestId of ['init', 'nobody', 4711, 'paid', null, undefined]) cancel(server, requestId);
    await paysOnce(server);
    cancel(server, 'paid');
    const request_id = server.sandbox.engine.jobs[0]?.id;
    const { data } = await server.call('look', { name: 'get_image_job', arguments: { request_id } });
    expect(data).toMatchObject({ status: 'in_queue' });
    cancel(server, 'look');
    expect((await server.call('list', LIST)).data).toMatchObject({ jobs: [{ request_id }] });
    expect(server.sandbox.requests.some(({ route }) => route === 'cancel')).toBe(false);
    expect(readRecords(server.dataDir)).toMatchObject([{ state: 'in_queue' }]);
  });

  it('does not touch a later request that has the same id', async () => {
    const server = await speak();
    await server.initialize();
    await server.call('same', LIST);
    cancel(server, 'same');
    server.received.length = 0;
    await paysOnce(server, 'same');
  });
});

describe('arguments', () => {
  const url = 'https://example.com/a.png';

  it.each([
    [
      'an array as a JSON string',
      EDIT,
      { prompt: 'a', image_urls: `["${url}"]` },
      { prompt: 'a', image_urls: [url] },
    ],
    ['wait_for_previous', IMAGE, { prompt: 'a', wait_for_previous: true }, { prompt: 'a' }],
    [
      'both',
      EDIT,
      { prompt: 'a', image_urls: `["${url}"]`, wait_for_previous: false },
      { prompt: 'a', image_urls: [url] },
    ],
  ])('with %s are understood', async (_, name, given, sent) => {
    const server = await speak();
    await server.initialize();
    expect((await server.call(1, { name, arguments: given })).isError).toBe(false);
    expect(server.sandbox.engine.jobs).toMatchObject([{ input: sent }]);
    checkBooks(server.sandbox, server.dataDir, 1);
  });

  it.each([
    ['a model', IMAGE, /prompt is required.*\[invalid_input\]$/],
    ['get_image_job', 'get_image_job', /request_id is required.*\[invalid_input\]$/],
    ['cancel_image_job', 'cancel_image_job', /no .*job/i],
    ['list_image_jobs', 'list_image_jobs', /job/],
  ])('that are absent are none for %s', async (_, name, says) => {
    const server = await speak();
    await server.initialize();
    expect((await server.call(1, { name })).text).toMatch(says);
    expect(server.sandbox.requests).toEqual([]);
  });

  it('that are no object are refused, and nothing is submitted', async () => {
    const server = await speak();
    await server.initialize();
    for (const given of [null, ['a fox'], '{"prompt":"a fox"}', 7]) {
      const what = JSON.stringify(given);
      const { error, isError } = await server.call(what, { name: IMAGE, arguments: given });
      expect(error !== undefined || isError, what).toBe(true);
    }
    expect(server.sandbox.requests).toEqual([]);
    await paysOnce(server);
  });
});
