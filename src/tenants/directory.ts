import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { codeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { readTenantKey, type Variables } from './key.ts';
import { type Directory, parseTenants } from './tenants-file.ts';

/** The hash by which a bearer token is known. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A tenants' file that cannot be used. */
export class TenantsFileError extends Error {
  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be used: ${problems.join('; ')}`);
  }
}

export interface DirectoryOptions {
  file: string;
  mode: 'tokens' | 'oauth';
  /** False where all keys are the sandbox's. */
  needsKeys: boolean;
  log: Log;
  variables: Variables;
}

export type OpenDirectory = Awaited<ReturnType<typeof openDirectory>>;

/** Opens a tenants' file. Throws TenantsFileError. */
export async function openDirectory(options: DirectoryOptions) {
  const { log } = options;
  let current = await load(options);
  let loading: Promise<void> = Promise.resolve();

  async function replace(): Promise<void> {
    try {
      current = await load(options);
      log.warn(`read the tenants anew: ${current.tenants.size} tenants, ${current.tokens.size} tokens`);
    } catch (error) {
      log.error(`the tenants stay as they were: ${(error as Error).message}`);
    }
  }

  return {
    /** Who may call now. */
    current: (): Directory => current,
    /** Reads the file anew; one that cannot be used changes nothing. One reading after the other: the newest counts. */
    reload(): Promise<void> {
      loading = loading.then(replace);
      return loading;
    },
  };
}

async function load({ file, mode, needsKeys, log, variables }: DirectoryOptions): Promise<Directory> {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new TenantsFileError(file, [`it cannot be read (${codeOf(error)})`]);
  });
  const parsed = parseTenants(text, { mode, needsKeys });
  if ('problems' in parsed) throw new TenantsFileError(file, parsed.problems);
  const problems = await keysAsTokens(parsed, variables);
  if (problems.length > 0) throw new TenantsFileError(file, problems);
  // Hashes may be read; whoever can write can let themselves in. Windows has no such bits.
  const { mode: bits } = await stat(file);
  if (process.platform !== 'win32' && (bits & 0o022) !== 0)
    log.warn(`${file} can be changed by other users of this machine: chmod go-w it`);
  return parsed;
}

/** A key of RunComfy must never travel as a bearer token of ours. */
async function keysAsTokens({ tenants, tokens }: Directory, variables: Variables): Promise<string[]> {
  const problems = [...tenants.values()].map(async ({ id, key }) => {
    const found = key && (await readTenantKey(key, variables));
    const isToken = found && 'key' in found && tokens.has(hashOf(found.key));
    return isToken ? [`tenants.${id}.runcomfy_key: is a bearer token too; make one with token new`] : [];
  });
  return (await Promise.all(problems)).flat();
}
