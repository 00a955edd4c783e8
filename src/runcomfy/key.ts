import { readFile } from 'node:fs/promises';

/** A key and where it was found. */
export interface FoundKey {
  readonly value: string;
  readonly from: string;
}

/** Finds the key to send, and remembers every one that it found so that none is ever shown. */
export interface Keyring {
  find(): Promise<FoundKey | undefined>;
  /** All keys found so far, for redaction. */
  seen(): readonly string[];
}

/**
 * The environment's key, else the one that RunComfy's own command line keeps in its token file.
 * The file is read at every call, so that a login is found without a restart.
 */
export function createKeyring(fromEnvironment: FoundKey | undefined, tokenFile: string): Keyring {
  const seen = new Set<string>(fromEnvironment ? [fromEnvironment.value] : []);
  return {
    async find() {
      if (fromEnvironment) return fromEnvironment;
      const value = await readTokenFile(tokenFile);
      if (value === undefined) return undefined;
      seen.add(value);
      return { value, from: tokenFile };
    },
    seen: () => [...seen],
  };
}

async function readTokenFile(tokenFile: string): Promise<string | undefined> {
  try {
    const token: unknown = JSON.parse(await readFile(tokenFile, 'utf8')).access_token;
    return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) ? token : undefined;
  } catch {
    return undefined; // No such file, or none of the vendor's.
  }
}
