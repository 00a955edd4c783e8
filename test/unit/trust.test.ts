import { describe, expect, it } from 'vitest';
import { urlProblem } from '../../src/images/references/references.ts';
import { isTrustedOutput, loopbackOrigin } from '../../src/images/trust.ts';

const PRIVATE = [
  ...['0.0.0.0', '10.1.2.3', '127.0.0.1', '0x7f.1', '2130706433', '169.254.169.254', '192.168.1.1'],
  ...['172.16.0.1', '172.20.0.1', '172.31.255.255', '100.64.0.1', '100.99.0.1', '100.127.255.255'],
];
const PUBLIC = [
  '1.1.1.1',
  '11.0.0.1',
  '100.63.0.1',
  '100.128.0.1',
  '172.15.0.1',
  '172.32.0.1',
  '192.169.0.1',
];
const SANDBOX = 'http://127.0.0.1:4000';

describe('an output URL', () => {
  it.each([
    'https://playgrounds-storage-public.runcomfy.net/a/b.png',
    'https://x.runcomfy.com/a',
    'https://runcomfy.net/a',
    'https://runcomfy.com:443/a',
    `${SANDBOX}/outputs/1/image.png`,
  ])('is trusted: %s', (url) => expect(isTrustedOutput(url, SANDBOX)).toBe(true));

  it.each([
    'http://x.runcomfy.net/a',
    'https://x.runcomfy.net:8443/a',
    'https://me@x.runcomfy.net/a',
    'https://runcomfy.net.evil.example/a',
    'https://evilruncomfy.net/a',
    'http://127.0.0.1:4001/a',
    'http://169.254.169.254/latest',
    'nonsense',
  ])('is not: %s', (url) => expect(isTrustedOutput(url, SANDBOX)).toBe(false));

  it('of this machine counts only where the base URL is on it', () => {
    expect(loopbackOrigin('https://model-api.runcomfy.net')).toBeUndefined();
    expect(loopbackOrigin(`${SANDBOX}/v1`)).toBe(SANDBOX);
    expect(isTrustedOutput(`${SANDBOX}/a`, undefined)).toBe(false);
  });
});

describe('a reference image', () => {
  it.each([
    ['https://example.com/a.png', undefined],
    [`${SANDBOX}/outputs/1/image.png`, undefined],
    ['http://example.com/a.png', 'scheme http'],
    ['file:///a.png', 'scheme file'],
    ['data:image/png;base64,AAAA', 'scheme data'],
    ['a.png', 'neither a URL nor a path'],
    ['https://localhost/a.png', 'only this network'],
    ['https://[::1]/a.png', 'only this network'],
    ['https://[fd00::1]/a.png', 'only this network'],
    ['https://nas.local/a.png', 'only this network'],
    ['https://me:pw@example.com/a.png', 'user name'],
  ])('%s', (url, problem) => {
    const found = urlProblem(url, SANDBOX);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });

  it.each(PRIVATE)('may not be on the private address %s', (host) =>
    expect(urlProblem(`https://${host}/a.png`, SANDBOX)).toContain('only this network'),
  );
  it.each(PUBLIC)('may be on the public address %s', (host) =>
    expect(urlProblem(`https://${host}/a.png`, SANDBOX)).toBeUndefined(),
  );
});
