import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAIN, plainEnv } from '../support/process.ts';
import { freshDataDir } from '../support/program.ts';
import { TOOL_COUNT } from '../support/tools.ts';

const DAY = 86_400_000;
const freshCache = () => mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'code-'));
const filesIn = (cache: string) =>
  readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => /\./.test(name));

/** Starts the server, lists its tools, and gives the client. */
async function list(cache: string, args: readonly string[] = []): Promise<Client> {
  const client = new Client({ name: 'test-host', version: '1.0.0' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...args, MAIN, '--data-dir', freshDataDir()],
    env: plainEnv({ XDG_CACHE_HOME: cache }),
  });
  onTestFinished(() => client.close());
  await client.connect(transport);
  expect((await client.listTools()).tools).toHaveLength(TOOL_COUNT);
  return client;
}

/** A folder that holds the code of one start, and its file. */
async function written(): Promise<{ cache: string; file: string }> {
  const cache = freshCache();
  const client = await list(cache);
  await expect.poll(() => filesIn(cache).filter((name) => name.endsWith('.bin'))).toHaveLength(1);
  await client.close();
  return { cache, file: join(cache, filesIn(cache)[0] ?? '') };
}

// env-paths knows XDG_CACHE_HOME on Linux only.
describe.runIf(process.platform === 'linux')('the code that V8 compiled', () => {
  it('is kept after the tools were listed, for its user alone, and used as it is at the next start', async () => {
    const { cache, file } = await written();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const old = new Date(Date.now() - DAY);
    utimesSync(file, old, old);
    const client = await list(cache);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await client.close();
    expect(statSync(file).mtimeMs).toBeLessThan(Date.now() - DAY / 2);
  });

  it('is not written by a start that lists nothing', async () => {
    const cache = freshCache();
    const client = new Client({ name: 'test-host', version: '1.0.0' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [MAIN],
        env: plainEnv({ XDG_CACHE_HOME: cache }),
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await client.close();
    expect(filesIn(cache)).toEqual([]);
  });

  it.each([
    [
      'lost a sector',
      (file: string, bytes: Buffer) => {
        const middle = bytes.length >> 1;
        writeFileSync(file, bytes.fill(0, middle, middle + 512));
      },
    ],
    ['is cut short', (file: string, bytes: Buffer) => writeFileSync(file, bytes.subarray(0, 1000))],
    ['is empty', (file: string) => writeFileSync(file, '')],
    ['may be written by others', (file: string) => chmodSync(file, 0o666)],
  ])('is passed over and written anew where it %s', async (_, spoil) => {
    const { cache, file } = await written();
    const whole = readFileSync(file);
    spoil(file, Buffer.from(whole));
    const old = new Date(Date.now() - DAY);
    utimesSync(file, old, old);
    await list(cache);
    await expect.poll(() => statSync(file).mtimeMs).toBeGreaterThan(old.getTime());
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is passed over where V8 runs with other flags', async () => {
    const { cache } = await written();
    await list(cache, ['--no-opt']);
  });

  it('is missed by nobody where it cannot be written', async () => {
    const file = join(freshCache(), 'a-file');
    writeFileSync(file, '');
    const client = await list(file);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await client.listTools()).tools).toHaveLength(TOOL_COUNT);
  });

  it('goes after a month, when newer code is written', async () => {
    const { cache, file } = await written();
    const old = new Date(Date.now() - 31 * DAY);
    const other = join(file, '../0123456789abcdef-1.0-x64.bin');
    writeFileSync(other, '');
    utimesSync(other, old, old);
    writeFileSync(file, '');
    await list(cache);
    await expect.poll(() => filesIn(cache)).toHaveLength(1);
  });
});
