/** Where a server listens. */
export interface Address {
  /** A name or an IP address, without brackets. */
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
  return { host: bracketed ?? name ?? '127.0.0.1', port };
}

/** Whether only this machine reaches what listens there. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
