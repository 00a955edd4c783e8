/** Hosts on which RunComfy is known to serve outputs: these and those below them. */
const OUTPUT_DOMAINS = ['runcomfy.net', 'runcomfy.com'];

/**
 * Whether an output URL may be linked or fetched: https on the usual port of a RunComfy host, without user
 * info; or the origin of a loopback base URL (sandbox, tests). Others are told as text only.
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

/** The origins on which trusted outputs stand, as a page's content security policy names them. */
export function outputOrigins(loopbackOrigin: string | undefined): string[] {
  const known = OUTPUT_DOMAINS.flatMap((domain) => [`https://${domain}`, `https://*.${domain}`]);
  return loopbackOrigin === undefined ? known : [...known, loopbackOrigin];
}

/** The origin of a base URL on this machine, or undefined for one elsewhere. */
export function loopbackOrigin(baseUrl: string): string | undefined {
  const url = new URL(baseUrl);
  return isPrivateHost(url.hostname) ? url.origin : undefined;
}

/**
 * Whether a host name, as `URL` writes it, can only be reached from inside a machine or a private network.
 * `URL` has already brought every form of an address into one, so `node:net`, which costs 5 ms, is not asked.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '').toLowerCase();
  if (/^[\d.]+$/.test(host)) {
    const [a = 0, b = 0] = host.split('.').map(Number);
    return (
      a === 0 ||
      a === 10 ||
      a === 127 ||
      (a === 169 && b === 254) ||
      (a === 172 && b >= 16 && b <= 31) ||
      (a === 192 && b === 168) ||
      (a === 100 && b >= 64 && b <= 127)
    );
  }
  if (host.startsWith('[')) return /^\[(::1?\]|f[cd]|fe[89ab]|::ffff:)/.test(host);
  return !host.includes('.') || /\.(local|localhost|internal|lan|home|corp|test|invalid)$/.test(host);
}
