import { describe, expect, it } from 'vitest';
import { parseTenants } from '../../src/tenants/tenants-file.ts';

const HASH = 'a'.repeat(64);
const KEY = { runcomfy_key: { env: 'ACME_KEY' } };
const token = { name: 'ci', sha256: HASH, scopes: ['images:read'] };
const TOKENS = { mode: 'tokens', needsKeys: true } as const;
const OAUTH = { mode: 'oauth', needsKeys: true } as const;

const parse = (tenants: unknown, options: Parameters<typeof parseTenants>[1] = TOKENS) =>
  parseTenants(JSON.stringify({ tenants }), options);
const problems = (...given: Parameters<typeof parse>) => {
  const parsed = parse(...given);
  return 'problems' in parsed ? parsed.problems : [];
};
const directory = (...given: Parameters<typeof parse>) => {
  const parsed = parse(...given);
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed;
};

describe('the tenants file', () => {
  it('has tenants with their keys, tokens and limits', () => {
    const { tenants, tokens } = directory({
      acme: {
        ...KEY,
        tokens: [{ ...token, sha256: HASH.toUpperCase(), expires: '2027-01-31' }],
        models: ['google/*/edit'],
        max_jobs_per_hour: 20,
        max_active_jobs: 5,
        budget_usd: 1.5,
        confirm_above_usd: 0,
        reads_per_second: 2,
        keep_images_gb: 3,
      },
      globex: { runcomfy_key: { file: '/run/secrets/globex' } },
    });
    expect(tenants.get('acme')).toEqual({
      id: 'acme',
      key: { env: 'ACME_KEY' },
      settings: {
        models: ['google/*/edit'],
        maxJobsPerHour: 20,
        maxActiveJobs: 5,
        budgetUsd: 1.5,
        confirmAboveUsd: 0,
        readsPerSecond: 2,
        keepImagesBytes: 3e9,
      },
    });
    expect(tenants.get('globex')).toEqual({
      id: 'globex',
      key: { file: '/run/secrets/globex' },
      settings: {},
    });
    expect(tokens.get(HASH)).toEqual({
      tenant: tenants.get('acme'),
      scopes: new Set(['images:read']),
      expires: Date.UTC(2027, 0, 31),
    });
  });

  const SECRET = 'rc-secret-0123456789-0123456789-0123456789';
  it.each<[string, unknown, string[]]>([
    ['what is no object', [], ['tenants: takes an object of tenants by name']],
    [
      'a key itself',
      { acme: { runcomfy_key: SECRET } },
      [
        'tenants.acme.runcomfy_key: takes {"env": "NAME"} or {"file": "/path"}: the key itself never stands here',
      ],
    ],
    [
      'a key in place of its variable',
      { acme: { runcomfy_key: { env: SECRET } } },
      ['tenants.acme.runcomfy_key.env: takes the name of a variable'],
    ],
    [
      'a key in place of its file',
      { acme: { runcomfy_key: { file: SECRET } } },
      ['tenants.acme.runcomfy_key.file: takes an absolute path'],
    ],
    [
      'a key as the name of a field',
      { acme: { ...KEY, [SECRET]: 1 } },
      ['tenants.acme.(a name that is not shown): unknown field'],
    ],
    [
      'a token in place of its hash',
      { acme: { ...KEY, tokens: [{ ...token, sha256: SECRET }] } },
      ['tenants.acme.tokens[0].sha256: takes the 64 hexadecimal digits of a SHA-256'],
    ],
    [
      'two places of a key, or none',
      {
        acme: { runcomfy_key: { env: 'A', file: '/a' } },
        globex: { runcomfy_key: {} },
      },
      [
        'tenants.acme.runcomfy_key: takes {"env": "NAME"} or {"file": "/path"}: the key itself never stands here',
        'tenants.globex.runcomfy_key: takes {"env": "NAME"} or {"file": "/path"}: the key itself never stands here',
      ],
    ],
    [
      'no key',
      { acme: {} },
      [
        'tenants.acme.runcomfy_key: is missing: takes {"env": "NAME"} or {"file": "/path"}: the key itself never stands here',
      ],
    ],
    [
      'unknown fields, each',
      { acme: { ...KEY, budget: 1, tokens: [{ ...token, scope: 'all' }] } },
      ['tenants.acme.tokens[0].scope: unknown field', 'tenants.acme.budget: unknown field'],
    ],
    [
      'other scopes, or none',
      {
        acme: {
          ...KEY,
          tokens: [
            { ...token, scopes: ['all'] },
            { ...token, scopes: [] },
          ],
        },
      },
      [
        'tenants.acme.tokens[0].scopes[0]: takes images:read or images:generate',
        'tenants.acme.tokens[1].scopes: takes a list of scopes, at least one',
      ],
    ],
    [
      'a day that does not exist',
      { acme: { ...KEY, tokens: [{ ...token, expires: '2027-13-31' }] } },
      ['tenants.acme.tokens[0].expires: takes a date such as 2027-01-31, or one with a time and its zone'],
    ],
    [
      'a time without a zone',
      { acme: { ...KEY, tokens: [{ ...token, expires: '2027-01-31T10:00' }] } },
      ['tenants.acme.tokens[0].expires: takes a date such as 2027-01-31, or one with a time and its zone'],
    ],
    [
      'limits that are none',
      { acme: { ...KEY, budget_usd: -1, reads_per_second: 0, models: [] } },
      [
        'tenants.acme.models: takes a list of models, at least one',
        'tenants.acme.budget_usd: takes a number of US dollars from 0 to 1000000',
        'tenants.acme.reads_per_second: takes a number of reads from 0.1 to 100',
      ],
    ],
    [
      'a reserved name',
      { local: KEY },
      ['tenants.local: is the name of the user of a server without --auth'],
    ],
    ['everybody, with tokens', { '*': KEY }, ['tenants.*: stands for all others with --auth oauth only']],
    [
      'a token twice',
      { acme: { ...KEY, tokens: [token, token] } },
      ['tenants.acme.tokens[1].sha256: is the same as that of tenants.acme.tokens[0]'],
    ],
    [
      "another tenant's token",
      {
        acme: { ...KEY, tokens: [token] },
        globex: { ...KEY, tokens: [{ ...token, sha256: HASH.toUpperCase() }] },
      },
      ['tenants.globex.tokens[0].sha256: is the same as that of tenants.acme.tokens[0]'],
    ],
  ])('is refused with %s, by path and without quoting a value', (_, tenants, expected) => {
    expect(problems(tenants)).toEqual(expected);
    expect(problems(tenants).join()).not.toContain(SECRET);
  });

  it.each(['a b', '../x', '-a', 'ä', 'a/b', 'a\n', 'x'.repeat(65), ''])('has no tenant called %j', (name) => {
    expect(problems({ [name]: KEY })).toEqual([expect.stringContaining('a tenant has a name of at most 64')]);
  });

  it.each(['', '[]', '{', '{"tenants": {}, "x": 1}', 'null'])('is not %j', (text) => {
    expect(parseTenants(text, TOKENS)).toHaveProperty('problems');
  });

  it('needs no keys for the sandbox', () => {
    expect(problems({ acme: {} }, { mode: 'tokens', needsKeys: false })).toEqual([]);
  });
});

describe('the tenants file of an OAuth server', () => {
  it('has no tokens', () => {
    expect(problems({ acme: { ...KEY, tokens: [token] } }, OAUTH)).toEqual([
      'tenants.acme.tokens: belongs to --auth tokens:FILE',
    ]);
  });

  it('names who may call', () => {
    const { named } = directory({ acme: KEY }, OAUTH);
    expect(named('acme')?.id).toBe('acme');
    for (const other of ['globex', 'local', '*', '']) expect(named(other)).toBeUndefined();
  });

  it('may let everybody call, each for themselves, except under names that are none', () => {
    const { named } = directory({ acme: KEY, '*': { ...KEY, budget_usd: 1 } }, OAUTH);
    expect(named('acme')).toMatchObject({ id: 'acme', settings: {} });
    expect(named('auth0|5f7c')).toMatchObject({ id: 'auth0|5f7c', settings: { budgetUsd: 1 } });
    for (const other of ['local', '*', '', 'a/b', 'x'.repeat(65)]) expect(named(other)).toBeUndefined();
  });
});
