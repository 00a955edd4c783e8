import { describe, expect, it } from 'vitest';
import { urlProblem } from '../../src/images/references.ts';
import { isTrustedOutput, loopbackOrigin } from '../../src/images/trust.ts';

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
    ['a.png', 'neither a URL nor an absolute path'],
    ['https://localhost/a.png', 'only this network'],
    ['https://10.1.2.3/a.png', 'only this network'],
    ['https://172.20.0.1/a.png', 'only this network'],
    ['https://[::1]/a.png', 'only this network'],
    ['https://[fd00::1]/a.png', 'only this network'],
    ['https://nas.local/a.png', 'only this network'],
    ['https://me:pw@example.com/a.png', 'user name'],
  ])('%s', (url, problem) => {
    const found = urlProblem(url, SANDBOX);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });
});
