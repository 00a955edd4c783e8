/** RunComfy serves outputs on these domains and their subdomains. */
const OUTPUT_DOMAINS = ['runcomfy.net', 'runcomfy.com'];

/**
 * Whether an output URL may be linked and fetched: https on a RunComfy host, on the usual port and without user info,
 * or the origin of an API on this machine (sandbox, tests). Others are only shown as text.
 */
export function isTrustedOutput(text: string, loopbackOrigin: string | undefined): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username || url.password) return false;
  if (loopbackOrigin !== undefined && url.origin === loopbackOrigin) return true;
  const known = OUTPUT_DOMAINS.some(
    (domain) => url.hostname === domain || url.hostname.endsWith(`.${domain}`),
  );
  return known && url.protocol === 'https:' && url.port === '';
}

/** The origins of trusted outputs, as a page's content security policy names them. */
export function outputOrigins(loopbackOrigin: string | undefined): string[] {
  const known = OUTPUT_DOMAINS.flatMap((domain) => [`https://${domain}`, `https://*.${domain}`]);
  return loopbackOrigin === undefined ? known : [...known, loopbackOrigin];
}

/** The origin of a base URL on this machine, or undefined. */
export function loopbackOrigin(baseUrl: string): string | undefined {
  const url = new URL(baseUrl);
  return isPrivateHost(url.hostname) ? url.origin : undefined;
}

// 0/8, 10/8, 127/8, 169.254/16, 192.168/16, 172.16/12 and 100.64/10.
const PRIVATE_IPV4 =
  /^(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;

/**
 * Whether a host name, as `URL` writes it, is that of this machine or a private network. `URL` normalizes every form
 * of an address, so `node:net`, which takes 5 ms to load, is not needed.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '').toLowerCase();
  if (/^[\d.]+$/.test(host)) return PRIVATE_IPV4.test(host);
  if (host.startsWith('[')) return /^\[(::1?\]|f[cd]|fe[89ab]|::ffff:)/.test(host);
  return !host.includes('.') || /\.(local|localhost|internal|lan|home|corp|test|invalid)$/.test(host);
}
