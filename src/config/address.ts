import { isIPv4 } from 'node:net';

/** Where a server listens. */
export interface Address {
  /** A name or an IP address, lower case and without brackets. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
}

/** Reads `HOST:PORT`, `[IPv6]:PORT` or a port on this machine; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, name, digits] =
    /^(?:(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):)?(\d{1,5})$/i.exec(text.trim()) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { host: (bracketed ?? name ?? '127.0.0.1').toLowerCase(), port };
}

/** Whether only this machine reaches what listens there. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** A host as it stands in a URL: an IPv6 address in brackets. */
export const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/**
 * The one spelling of a host name or an address without a port: lower case, no dot at its end, IPv6 in brackets.
 * Undefined for anything else, such as `me@localhost`, which a URL parser would take for `localhost`.
 */
export function parseHostName(text: string): string | undefined {
  const name = text.toLowerCase();
  const url = `http://${name}`;
  if (/^\[[0-9a-f:.]+\]$/.test(name)) return URL.canParse(url) ? new URL(url).hostname : undefined;
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/.test(name) ? name.replace(/\.$/, '') : undefined;
}
