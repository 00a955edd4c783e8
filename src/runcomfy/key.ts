import { readFile } from 'node:fs/promises';
import { type Config, KEY_VARIABLES } from '../config/config.ts';
import { ignoredTexts, readKey } from '../config/placeholders.ts';
import { ToolError } from '../errors.ts';
import { objectOf, parseJson } from '../json.ts';

/** The key to send and where it was found; or, as clauses of a sentence, what was found instead of one. */
interface KeySearch {
  readonly key?: { readonly value: string; readonly from: string };
  readonly obstacles: readonly string[];
}

/**
 * Finds the key to send: the environment's, else the one that RunComfy's own command line keeps in its token file.
 * Remembers every key that it found so that none is ever shown.
 */
export function createKeyring({ key, ignored, tokenFile }: Pick<Config, 'key' | 'ignored' | 'tokenFile'>) {
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
    // Read at every call, so that a login is found without a restart.
    const token = await readTokenFile(tokenFile);
    if (token === undefined) return { obstacles: inEnvironment };
    if ('problem' in token)
      return { obstacles: [...inEnvironment, `the token file ${tokenFile} ${token.problem}`] };
    seen.add(token.key);
    return { key: { value: token.key, from: tokenFile }, obstacles: [] };
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

/** The token in RunComfy's file, or what is wrong with it; undefined if there is no such file. */
async function readTokenFile(path: string): Promise<{ key: string } | { problem: string } | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { problem: `cannot be read (${code})` };
  }
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
    : "Ask the user to create one on the Profile page of runcomfy.com and to set RUNCOMFY_API_KEY in the env block of this server in the client's configuration (most clients do not pass on the shell's variables), then restart it.";
  return new ToolError('no_key', `No RunComfy API key is set${found}.`, {
    next: `${next} Started with --sandbox it needs no key and draws test pictures.`,
  });
}
