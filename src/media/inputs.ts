import { isPrivateHost } from './trust.ts';

/**
 * What is wrong with a URL as a reference image, or undefined when it can go out: RunComfy fetches it without
 * a login, so it must be public https [doc]. A picture of a local sandbox is fine for that sandbox.
 */
export function referenceProblem(text: string, loopbackOrigin: string | undefined): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.origin === loopbackOrigin && !url.username) return undefined;
  if (url.protocol !== 'https:') return `has the scheme ${url.protocol.slice(0, -1)}, not https`;
  if (url.username || url.password) return 'holds a user name or password';
  if (isPrivateHost(url.hostname)) return `is on a host that only this network can reach (${url.hostname})`;
  return undefined;
}
