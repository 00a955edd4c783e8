import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { createManifest } from '../../scripts/mcpb/manifest.ts';
import { createZip } from '../../scripts/mcpb/zip.ts';
import { parseConfig } from '../../src/config/config.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const FILES = new Map([
  ['server/b.js', bytes('b')],
  ['manifest.json', bytes('{}')],
  ['server/@x/a.js', bytes('a'.repeat(1_000))],
]);

describe('the zip', () => {
  it('is the same whatever the order of the files and the time zone', () => {
    const zip = createZip(FILES);
    expect(Object.keys(unzipSync(zip))).toEqual(['manifest.json', 'server/@x/a.js', 'server/b.js']);
    expect(Buffer.from(zip).equals(createZip(new Map([...FILES].reverse())))).toBe(true);
    const zone = process.env.TZ;
    for (const TZ of ['Pacific/Kiritimati', 'America/Los_Angeles']) {
      process.env.TZ = TZ;
      expect(Buffer.from(zip).equals(createZip(FILES)), TZ).toBe(true);
    }
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('holds one time and one mode', () => {
    const zip = Buffer.from(createZip(FILES));
    const entry = Buffer.from('PK\x01\x02');
    const found = [];
    for (let at = zip.indexOf(entry); at !== -1; at = zip.indexOf(entry, at + 1))
      found.push([zip.readUInt32LE(at + 12), zip.readUInt32LE(at + 38) >>> 16]);
    // Noon of 1980-01-01 as DOS writes it.
    expect(found).toEqual(Array(3).fill([0x0021_6000, 0o100644]));
  });

  it.each([
    ['server/A.js', 'server/a.js'],
    ['Server/b.js', 'server/a.js'],
  ])('is refused for %s beside %s', (one, other) => {
    const files = new Map([one, other].map((name) => [name, bytes('')]));
    expect(() => createZip(files)).toThrow('differ in case only');
  });

  it.each(['a\\b', '/a', '../a', 'a/../b', 'a/', 'a:b', 'a ', 'a.', 'é'])('is refused for "%s"', (name) => {
    expect(() => createZip(new Map([[name, bytes('')]]))).toThrow('is no portable name');
  });
});

describe('the manifest', () => {
  const manifest = createManifest(
    {
      ...packageJson,
      version: '1.2.3',
      description: 'Makes pictures',
      author: 'Somebody',
      homepage: 'https://example.com/',
      repository: { url: 'git+https://github.com/some/repository.git' },
      bugs: { url: 'https://github.com/some/repository/issues' },
    },
    [{ name: 'get_balance', title: 'Get the balance' }],
  );
  const { env } = manifest.server.mcp_config;

  it('says what it said', () => {
    expect(manifest).toMatchSnapshot();
  });

  it('links to what the README says of privacy', () => {
    const [link = ''] = manifest.privacy_policies;
    expect(link).toBe('https://github.com/some/repository#where-your-pictures-and-prompts-are');
    const headings = readFileSync('README.md', 'utf8').match(/(?<=^## ).*/gm) ?? [];
    const anchors = headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    expect(anchors).toContain(new URL(link).hash.slice(1));
  });

  it('hands every option to a setting, and what it leaves literal counts as not set', () => {
    expect(Object.values(env)).toEqual(
      Object.keys(manifest.user_config).map((name) => `\${user_config.${name}}`),
    );
    const platform = { dataDir: '/data', homeDir: '/home/me', workingDir: () => '/here' };
    const config = (variables: Record<string, string>) => {
      const parsed = parseConfig([], variables, platform);
      return parsed.kind === 'config' ? parsed.config : parsed;
    };
    const from = Object.keys(env);
    const unset = config(env);
    expect(unset).toEqual({ ...config({}), ignored: expect.anything() });
    expect(unset).toMatchObject({
      ignored: expect.arrayContaining(from.map((name) => ({ from: name, why: 'unexpanded' }))),
    });
    const values = ['a-key', '/out put', '/in', '1.5', 'true', 'google/*'];
    expect(config(Object.fromEntries(from.map((name, index) => [name, values[index] ?? ''])))).toMatchObject({
      outputDir: '/out put',
      autoSave: true,
      inputDirs: ['/in'],
      budgetUsd: 1.5,
      sandbox: true,
      models: ['google/*'],
      ignored: [],
    });
    expect(config({ [from[0] ?? '']: 'a-key' })).toMatchObject({ key: { value: 'a-key' } });
  });

  it('requires no option, hides the key, and lets the user pick single folders without a default', () => {
    const options = Object.values(manifest.user_config);
    expect(options.filter(({ required }) => required)).toEqual([]);
    expect(manifest.user_config.api_key).toMatchObject({ sensitive: true });
    const folders = options.filter(({ type }) => type === 'directory');
    expect(folders).toHaveLength(2);
    for (const folder of folders) {
      expect(folder).not.toHaveProperty('default');
      expect(folder).not.toHaveProperty('multiple');
    }
  });
});

it('the icon is a PNG of 512 x 512', () => {
  const icon = readFileSync('docs/icon.png');
  expect(icon.subarray(1, 4).toString()).toBe('PNG');
  expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([512, 512]);
});
