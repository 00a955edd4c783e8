import { hkdfSync, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

/** What is signed; a signature for one purpose is worth nothing for another. */
type Purpose = 'session' | 'link';

export interface SigningKeys {
  /** The keys for a purpose, 32 bytes each: the first signs, any of them verifies. */
  for(purpose: Purpose): Buffer[];
}

/** Why a file of keys cannot be used; quotes nothing of it. */
export class KeyFileProblem extends Error {}

const MIN_BYTES = 32;
const MAX_KEYS = 8;
// In bytes.
const MAX_FILE = 16 << 10;
const HEX = /^(?:[0-9a-f]{2})+$/i;
const BASE64 = /^[\w+/-]+={0,2}$/;

/**
 * The keys of a file, one a line in hex or base64, the newest first; without a file one that nobody else knows. Throws
 * KeyFileProblem.
 */
export async function readSigningKeys(file: string | undefined): Promise<SigningKeys> {
  const secrets = file === undefined ? [randomBytes(MIN_BYTES)] : await readSecrets(file);
  return {
    for: (purpose) =>
      secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', purpose, MIN_BYTES))),
  };
}

async function readSecrets(file: string): Promise<Buffer[]> {
  const problem = (why: string) => new KeyFileProblem(`--session-key-file ${file} ${why}`);
  const text = await readOwnersFile(file).catch((error) => {
    throw problem(error.code === undefined ? error.message : `cannot be read: ${error.code}`);
  });
  const lines = text.split('\n').flatMap((line) => line.trim() || []);
  if (lines.length === 0) throw problem('holds no key: openssl rand -base64 32 makes one');
  if (lines.length > MAX_KEYS) throw problem(`holds more than ${MAX_KEYS} keys`);
  return lines.map((line, index) => {
    const secret = decode(line);
    if (secret === undefined) throw problem(`holds something else than hex or base64 in key ${index + 1}`);
    if (secret.length < MIN_BYTES) throw problem(`has fewer than ${MIN_BYTES} bytes in key ${index + 1}`);
    return secret;
  });
}

/** The text of a small file that nobody but its owner and group can read. */
async function readOwnersFile(file: string): Promise<string> {
  const { mode, size } = await stat(file);
  // Kubernetes mounts secrets readable for a group. Windows has no such modes.
  if (process.platform !== 'win32' && (mode & 0o007) !== 0)
    throw new Error('can be read by other users: chmod 600 it');
  if (size > MAX_FILE) throw new Error('is no file of keys: it is too large');
  return readFile(file, 'utf8');
}

function decode(line: string): Buffer | undefined {
  if (HEX.test(line)) return Buffer.from(line, 'hex');
  return BASE64.test(line) ? Buffer.from(line, 'base64') : undefined;
}
