import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallToolResult, Client } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { SingleBar } from 'cli-progress';
import type { Config } from '../config/config.ts';
import { NAME, VERSION } from '../version.ts';
import { say } from './terminal.ts';

// In the working folder, where a newcomer looks.
const OUTPUT_DIR = 'runcomfy-images';
const TOOL = 'gpt_image_1_5_text_to_image';
const PICTURE = {
  prompt: 'A lighthouse on a cliff at sunset, teal sea, warm light in the windows',
  image_size: '1536x1024',
  quality: 'low',
};
const UNWANTED = { ...PICTURE, prompt: 'A picture that is cancelled before it is made' };
// At the beginning of a progress message.
const REQUEST_ID = /^([\w-]+), /;
// In seconds. RunComfy reports no percentage, so the bar nears its end without reaching it.
const HALF_LIFE = 6;
const REDRAW_INTERVAL = 100;

/** Plays a host: starts the server, makes a picture through a real client, cancels a job. Resolves with the exit code. */
export async function demo(config: Config): Promise<number> {
  if (config.live && !config.key) {
    say('--live uses the real, paid service and needs a key: set RUNCOMFY_API_KEY.', 'red');
    return 1;
  }
  const scratch = config.live ? undefined : await mkdtemp(join(tmpdir(), `${NAME}-demo-`));
  const client = await connect(config, scratch);
  try {
    await listTools(client);
    await makePicture(client);
    if (config.live)
      say('\nThe cancellation is left out with --live: one that comes too late is paid for.', 'dim');
    else await cancelJob(client);
    say(`\nTo use it in your own client: ${NAME} doctor --snippets prints what to paste.`, 'bold');
    return 0;
  } catch (error) {
    say(`\nThe demo stopped: ${(error as Error).message}`, 'red');
    return 1;
  } finally {
    await client.close();
    if (scratch) await rm(scratch, { recursive: true, force: true });
  }
}

async function connect(config: Config, dataDir: string | undefined): Promise<Client> {
  const args = [
    join(import.meta.dirname, 'main.js'),
    ...(dataDir ? ['--sandbox', '--data-dir', dataDir] : ['--base-url', config.baseUrl]),
    '--output-dir',
    config.autoSave ? config.outputDir : OUTPUT_DIR,
  ];
  say(`Starting the server as a host would: ${NAME} ${args.slice(1, 2).join('')}`, 'bold');
  const key = config.live && config.key ? { RUNCOMFY_API_KEY: config.key.value } : {};
  const transport = new StdioClientTransport({
    command: process.execPath,
    args,
    env: { ...getDefaultEnvironment(), ...key },
  });
  const client = new Client({ name: 'runcomfy-image-demo', version: VERSION });
  await client.connect(transport);
  return client;
}

async function listTools(client: Client): Promise<void> {
  const { tools } = await client.listTools();
  say(`\nIt offers ${tools.length} tools:`, 'bold');
  for (const { name, title } of tools) say(`  ${name.padEnd(37)} ${title ?? ''}`);
}

async function makePicture(client: Client): Promise<void> {
  say(`\nCalling ${TOOL}: "${PICTURE.prompt}"`, 'bold');
  const bar = createBar();
  const update = (message: string) => bar.update(message.replace(REQUEST_ID, ''));
  const result = await call(client, TOOL, PICTURE, update).finally(bar.stop);
  say(textOf(result));
  const { images = [], request_id } = result.structuredContent as { images?: unknown[]; request_id?: string };
  if (images.length === 0) throw new Error(`there is no picture yet; ask for ${request_id} later`);
  for (const block of result.content.filter(({ type }) => type === 'image')) {
    const bytes = Buffer.byteLength((block as { data: string }).data, 'base64');
    say(`Shown to the model as a preview of ${Math.round(bytes / 1000)} kB`, 'green');
  }
}

async function cancelJob(client: Client): Promise<void> {
  say('\nSubmitting a second job and cancelling it while it is queued:', 'bold');
  let onProgress: (message: string) => void = () => {};
  const accepted = new Promise<string>((resolve) => {
    onProgress = resolve;
  });
  const second = call(client, TOOL, UNWANTED, onProgress);
  const message = await Promise.race([accepted, second.then(textOf)]);
  say(textOf(await call(client, 'cancel_image_job', { request_id: REQUEST_ID.exec(message)?.[1] })));
  say(`The call that had submitted it answers: ${textOf(await second)}`);
}

/** Calls a tool. Throws with the tool's own words if it fails. */
async function call(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  onProgress?: (message: string) => void,
): Promise<CallToolResult> {
  const result = await client.callTool(
    { name, arguments: args },
    { onprogress: ({ message = '' }) => onProgress?.(message), resetTimeoutOnProgress: true },
  );
  if (result.isError) throw new Error(textOf(result));
  return result;
}

const textOf = (result: CallToolResult): string =>
  result.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');

/** A progress bar for a job of unknown length; without a terminal, one line per message. */
function createBar(): { update(message: string): void; stop(): void } {
  if (!process.stdout.isTTY)
    return { update: (message) => void process.stdout.write(`  ${message}\n`), stop() {} };
  const bar = new SingleBar({
    format: '  [{bar}] {message}',
    barsize: 32,
    hideCursor: true,
    clearOnComplete: true,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
  });
  const began = Date.now();
  bar.start(1, 0, { message: 'submitting' });
  const redraw = () => bar.update(1 - 0.5 ** ((Date.now() - began) / 1000 / HALF_LIFE));
  const timer = setInterval(redraw, REDRAW_INTERVAL);
  return {
    update: (message) => bar.update({ message }),
    stop() {
      clearInterval(timer);
      bar.stop();
    },
  };
}
