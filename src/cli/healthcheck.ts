import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { type Address, inUrl } from '../config/address.ts';
import { type Config, parseConfig } from '../config/config.ts';

// In ms. A health check of the image fails after 5 s.
const MAX_WAIT = 3_000;
const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Asks the server over HTTP whether it lives, at the address of its own settings or of the process that the container
 * runs, whose arguments are in `commandLine`. Resolves with 0 if it does, and where nothing is served over HTTP.
 */
export async function healthcheck(
  config: Pick<Config, 'service'>,
  commandLine = '/proc/1/cmdline',
  maxWait = MAX_WAIT,
): Promise<number> {
  const service = config.service ?? (await serviceOf(commandLine));
  if (!service) {
    process.stdout.write('nothing is served over HTTP\n');
    return 0;
  }
  const url = `${originOf(service.listen)}/healthz`;
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(maxWait) });
    process.stdout.write(`${url} answers ${status}\n`);
    return status === 200 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${url} does not answer: ${(error as Error).message}\n`);
    return 1;
  }
}

/** What a process serves, by its command line; an init of the container may stand before it. */
async function serviceOf(commandLine: string): Promise<Config['service']> {
  const words = (await readFile(commandLine, 'utf8').catch(() => '')).split('\0').slice(0, -1);
  const ours = words.findIndex((word) => /(?:^|\/)(?:main\.js|runcomfy-image-mcp)$/.test(word));
  if (ours === -1) return undefined;
  const platform = { dataDir: '/', homeDir: homedir(), workingDir: process.cwd };
  const parsed = parseConfig(words.slice(ours + 1), process.env, platform);
  return parsed.kind === 'config' ? parsed.config.service : undefined;
}

const originOf = ({ host, port }: Address): string => `http://${inUrl(EVERYWHERE[host] ?? host)}:${port}`;
