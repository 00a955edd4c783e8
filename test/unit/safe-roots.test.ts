import { describe, expect, it } from 'vitest';
import { safeRoots } from '../../src/images/folders/safe-roots.ts';

const HOME = '/home/me';
const roots = (...uris: string[]) => safeRoots(uris, HOME);

describe('the roots of a client', () => {
  it.each([
    ['a project', 'file:///home/me/projects/site', '/home/me/projects/site'],
    ['one outside of the home folder', 'file:///work/site/', '/work/site'],
    ['encoded letters', 'file:///work/caf%C3%A9%20%23%201', '/work/café # 1'],
    ['this machine by its name', 'file://localhost/work/site', '/work/site'],
    ['a way around', 'file:///work/other/../site', '/work/site'],
    ['a dot within a name', 'file:///work/site.com', '/work/site.com'],
    ['what begins as the home folder', 'file:///home/me2', '/home/me2'],
  ])('are used: %s', (_, uri, path) => expect(roots(uri)).toEqual([path]));

  it.each([
    ['the root of the disk', 'file:///'],
    ['the home folder', 'file:///home/me'],
    ['the home folder, by a way around', 'file:///home/me/x/..'],
    ['the home folder, encoded', 'file:///home/m%65/'],
    ['a folder above it', 'file:///home'],
    ['a hidden folder', 'file:///home/me/.ssh'],
    ['a folder in a hidden one', 'file:///home/me/.config/site'],
    ['an encoded dot', 'file:///home/me/%2Essh'],
    ['another machine', 'file://server/share/site'],
    ['another scheme', 'vscode-remote://ssh/work/site'],
    ['the web', 'https://example.com/work'],
    ['a path', '/work/site'],
    ['nothing', ''],
    ['a file URL of nothing', 'file:'],
    ['an encoded slash', 'file:///work%2Fsite'],
    ['a zero byte', 'file:///work/a%00'],
    ['a line break', 'file:///work/a%0Ab'],
    ['what a fragment would cut', 'file:///work/#private'],
    ['what a query would cut', 'file:///work/?private'],
    ['what is no UTF-8', 'file:///work/%ff'],
    ['more than a path can be long', `file:///${'a/'.repeat(20_000)}`],
  ])('are not used: %s', (_, uri) => expect(roots(uri)).toEqual([]));

  it('are 16 at most, each once, beside those that are not used', () => {
    const many = Array.from({ length: 40 }, (_, index) => `file:///work/${index >> 1}`);
    expect(roots('https://example.com', ...many)).toEqual(
      Array.from({ length: 16 }, (_, index) => `/work/${index}`),
    );
  });
});
