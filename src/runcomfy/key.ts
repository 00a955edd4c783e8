import { readFile } from 'node:fs/promises';
import { type Config, KEY_VARIABLES } from '../config/config.ts';
import { ignoredTexts, readKey } from '../config/placeholders.ts';
import { codeOf, ToolError } from '../errors.ts';
import { objectOf, parseJson } from '../json.ts';
import { NAME } from '../version.ts';

/** The key to send and where it was found; or, as clauses of a sentence, what was found instead of one. */
interface KeySearch {
  readonly key?: { readonly value: string; readonly from: string };
  readonly obstacles: readonly string[];
}

export type Keyring = ReturnType<typeof createKeyring>;

/**
 * Finds the key to send: the environment's, else the one that `install` stored, else the one that RunComfy's own command
 * line keeps in its token file.
 * Remembers every key that it found so that none is ever shown.
 */
export function createKeyring({
  key,
  ignored,
  keyFile,
  tokenFile,
}: Pick<Config, 'key' | 'ignored' | 'keyFile' | 'tokenFile'>) {
  if (key) {
    return {
      search: async (): Promise<KeySearch> => ({ key, obstacles: [] }),
      require: async () => key.value,
      seen: () => [key.value],
    };
  }
  const seen = new Set<string>();
  const inEnvironment = ignoredTexts(
    ignored.filter(({ from }) => KEY_VARIABLES.some((name) => name === from)),
  );

  async function search(): Promise<KeySearch> {
    const obstacles = [...inEnvironment];
    // Read at every call, so that a login is found without a restart.
    for (const [path, what, read] of [
      [keyFile, 'key file', keyIn],
      [tokenFile, 'token file', tokenIn],
    ] as const) {
      const found = await readSecret(path, read);
      if (found === undefined) continue;
      if ('problem' in found) obstacles.push(`the ${what} ${path} ${found.problem}`);
      else {
        seen.add(found.key);
        return { key: { value: found.key, from: path }, obstacles: [] };
      }
    }
    return { obstacles };
  }

  return {
    search,
    /** The key to send. Throws `no_key`. */
    async require(): Promise<string> {
      const found = await search();
      if (found.key) return found.key.value;
      throw noKey(found.obstacles, inEnvironment.length > 0);
    },
    /** All keys found so far, for redaction. */
    seen: () => [...seen],
  };
}

type Found = { key: string } | { problem: string };

/** The key in a file, or what is wrong with it; undefined if there is no such file. */
async function readSecret(path: string, read: (text: string) => Found): Promise<Found | undefined> {
  try {
    return read(await readFile(path, 'utf8'));
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { problem: `cannot be read (${code})` };
  }
}

function keyIn(text: string): Found {
  const read = readKey(text);
  return 'key' in read ? read : { problem: 'holds no key' };
}

/** What RunComfy's command line writes. */
function tokenIn(text: string): Found {
  const json = parseJson(text);
  if (json === undefined) return { problem: 'is not JSON' };
  const { access_token: token } = objectOf(json);
  if (typeof token !== 'string' || token === '') return { problem: 'has no access_token' };
  const read = readKey(token);
  return 'key' in read ? read : { problem: 'holds an access_token that is not a key' };
}

function noKey(obstacles: readonly string[], isInEnvironment: boolean): ToolError {
  const found = obstacles.length > 0 ? `: ${obstacles.join('; ')}` : '';
  const next = isInEnvironment
    ? "Ask the user to write a key from the Profile page of runcomfy.com in its place in the client's configuration, then to restart this server."
    : `Ask the user to create one on the Profile page of runcomfy.com and to run "${NAME} install" in a terminal, which stores it, or to set RUNCOMFY_API_KEY in the env block of this server in the client's configuration (most clients do not pass on the shell's variables) and restart it.`;
  return new ToolError('no_key', `No RunComfy API key is set${found}.`, {
    next: `${next} Started with --sandbox it needs no key and draws test pictures.`,
  });
}
