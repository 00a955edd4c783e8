import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ignored } from '../../src/config/placeholders.ts';
import { createKeyring } from '../../src/runcomfy/key.ts';
import { freshDataDir } from '../support/program.ts';

const from = 'RUNCOMFY_API_KEY';

/** What comes of a token file with this content; undefined for none, a folder where it should be for `null`. */
async function withToken(content: string | undefined | null, ignored: Ignored[] = []) {
  const tokenFile = join(freshDataDir(), 'token.json');
  mkdirSync(content === null ? tokenFile : dirname(tokenFile), { recursive: true });
  if (typeof content === 'string') writeFileSync(tokenFile, content);
  const keyring = createKeyring({ key: undefined, ignored, keyFile: '/nonexistent/key', tokenFile });
  const found = await keyring.search();
  const error = await keyring.require().catch((refusal) => refusal);
  return { found, error, keyring, tokenFile, said: found.obstacles.join().replace(tokenFile, 'FILE') };
}

it('is the one that is configured, whatever the token file holds', async () => {
  const { tokenFile } = await withToken('{"access_token":"abc"}');
  const key = { value: 'own-key', from };
  const keyring = createKeyring({ key, ignored: [], keyFile: '/nonexistent/key', tokenFile });
  expect(await keyring.search()).toEqual({ key, obstacles: [] });
  expect(await keyring.require()).toBe('own-key');
  expect(keyring.seen()).toEqual(['own-key']);
});

describe("the vendor's token file", () => {
  it('gives its key, which is remembered, so that it is never shown', async () => {
    const { found, error, keyring, tokenFile } = await withToken(
      '{"access_token":"Bearer abc","expires_at":null}',
    );
    expect(found).toEqual({ key: { value: 'abc', from: tokenFile }, obstacles: [] });
    expect(error).toBe('abc');
    expect(keyring.seen()).toEqual(['abc']);
  });

  it('is not mentioned where there is none', async () => {
    const { said, error } = await withToken(undefined);
    expect([said, error.code, error.message]).toEqual(['', 'no_key', 'No RunComfy API key is set.']);
    const nowhere = createKeyring({
      key: undefined,
      ignored: [],
      keyFile: '/dev/null/key',
      tokenFile: '/dev/null/token.json',
    });
    expect(await nowhere.search()).toEqual({ obstacles: [] });
  });

  it.each([
    ['a folder', null, 'cannot be read (EISDIR)'],
    ['empty', '', 'is not JSON'],
    ['no JSON', '{"access_token": "secret', 'is not JSON'],
    ['null', 'null', 'has no access_token'],
    ['a list', '["secret"]', 'has no access_token'],
    ['without a token', '{"refresh_token":"secret"}', 'has no access_token'],
    ['with null for a token', '{"access_token":null}', 'has no access_token'],
    ['with an empty token', '{"access_token":""}', 'has no access_token'],
    [
      'with a token of several lines',
      '{"access_token":"secret\\nsecret"}',
      'holds an access_token that is not a key',
    ],
    [
      'with a placeholder',
      '{"access_token":"<your secret token>"}',
      'holds an access_token that is not a key',
    ],
  ])('that is %s says why it cannot be used, and nothing of what it holds', async (_, content, why) => {
    const { found, said, error } = await withToken(content);
    expect(found.key).toBeUndefined();
    expect(said).toBe(`the token file FILE ${why}`);
    expect(error.message).toContain(why);
    expect(error.message + error.next).not.toContain('secret');
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read says so', async () => {
    const { tokenFile } = await withToken('{"access_token":"abc"}');
    chmodSync(tokenFile, 0);
    const keyring = createKeyring({ key: undefined, ignored: [], keyFile: '/nonexistent/key', tokenFile });
    expect((await keyring.search()).obstacles).toEqual([
      `the token file ${tokenFile} cannot be read (EACCES)`,
    ]);
  });
});

describe('a key that is none', () => {
  it('in the environment does not hide the token file', async () => {
    const { found, tokenFile } = await withToken('{"access_token":"abc"}', [{ from, why: 'placeholder' }]);
    expect(found).toEqual({ key: { value: 'abc', from: tokenFile }, obstacles: [] });
  });

  it('is told in the error with all that stands in the way, but what is no key at all is not', async () => {
    const { error } = await withToken('{}', [
      { from, why: 'unexpanded' },
      { from: '--budget', why: 'unexpanded' },
    ]);
    expect(error.message).toMatch(
      /^No RunComfy API key is set: RUNCOMFY_API_KEY holds a literal \$\{…\} that the client did not expand; the token file .* has no access_token\.$/,
    );
    expect(error.next).toContain("in the client's configuration");
    expect(error.next).not.toContain('env block');
  });
});

describe('the key file', () => {
  it('comes before the token file and behind the environment, and is read at every call', async () => {
    const { tokenFile } = await withToken('{"access_token":"abc"}');
    const keyFile = join(dirname(tokenFile), 'key');
    const keyring = createKeyring({ key: undefined, ignored: [], keyFile, tokenFile });
    expect(await keyring.require()).toBe('abc');
    writeFileSync(keyFile, 'stored-key\n');
    expect(await keyring.search()).toEqual({ key: { value: 'stored-key', from: keyFile }, obstacles: [] });
    expect(keyring.seen()).toEqual(['abc', 'stored-key']);
    writeFileSync(keyFile, 'two words');
    expect(await keyring.require()).toBe('abc');
  });
});
