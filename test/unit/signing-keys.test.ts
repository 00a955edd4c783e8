import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSigningKeys } from '../../src/service/signing-keys.ts';

const SECRET = randomBytes(32);
const OTHER = randomBytes(48);

function fileOf(text: string, mode = 0o600): string {
  const file = join(mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'keys-')), 'keys');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

describe('the keys that sign', () => {
  it('are 32 bytes, other ones for each purpose, and the same in every process that reads the file', async () => {
    const file = fileOf(`${SECRET.toString('base64')}\n`);
    const [one, other] = await Promise.all([readSigningKeys(file), readSigningKeys(file)]);
    expect(one.for('session')).toEqual(other.for('session'));
    expect(one.for('session')[0]).toHaveLength(32);
    expect(one.for('session')).not.toEqual(one.for('link'));
    expect(one.for('session')).not.toEqual([SECRET]);
  });

  it('stand one a line, the newest first, in hex or either base64, whatever the line ends', async () => {
    const lines = [SECRET.toString('hex'), OTHER.toString('base64'), OTHER.toString('base64url')];
    const [first, second, third] = (await readSigningKeys(fileOf(`\n ${lines.join(' \r\n\n')}`))).for('link');
    expect(second).toEqual(third);
    expect((await readSigningKeys(fileOf(lines[0] as string))).for('link')).toEqual([first]);
  });

  it('are new ones each time without a file', async () => {
    const [one, other] = await Promise.all([readSigningKeys(undefined), readSigningKeys(undefined)]);
    expect(one.for('session')).not.toEqual(other.for('session'));
  });

  const short = randomBytes(31).toString('hex');
  it.each([
    ['is absent', () => '/nonexistent/keys', /cannot be read: ENOENT$/],
    ['is a folder', () => tmpdir(), /can be read by other users|cannot be read: EISDIR/],
    ['is empty', () => fileOf('\n \n'), /holds no key/],
    ['has a key that is too short', () => fileOf(`${SECRET.toString('hex')}\n${short}\n`), /key 2$/],
    ['holds a passphrase', () => fileOf('correct horse battery staple correct horse battery\n'), /key 1$/],
    ['is for other users too', () => fileOf(SECRET.toString('hex'), 0o644), /chmod 600/],
    ['is something else', () => fileOf('a'.repeat(100_000)), /too large/],
    ['has too many keys', () => fileOf(`${SECRET.toString('hex')}\n`.repeat(9)), /more than 8/],
  ])('are refused with the name of the file that %s, and nothing of what it holds', async (_, make, why) => {
    const file = make();
    const { message } = await readSigningKeys(file).then(
      () => new Error('taken'),
      (error) => error,
    );
    expect(message).toMatch(why);
    expect(message).toContain(`--session-key-file ${file} `);
    for (const secret of [SECRET.toString('hex'), short, 'horse']) expect(message).not.toContain(secret);
  });
});
