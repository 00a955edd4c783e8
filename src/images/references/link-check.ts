import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { startDeadline, systemClock } from '../../clock.ts';
import { NAME, VERSION } from '../../version.ts';

/**
 * The HTTP status that a URL answers with; undefined if nothing was learned: no connection, no answer in time, an address
 * that is not public, a user name in the URL. Rejects only with the signal's reason.
 */
export type CheckLink = (url: string, signal: AbortSignal) => Promise<number | undefined>;

// In ms of real time, from the lookup of the name to the end of the headers.
const TIMEOUT = 3_000;

type Lookup = (hostname: string) => Promise<LookupAddress[]>;

/** Makes what checks links. Only `loopbackOrigin` may be on an address that is not public. */
export function createLinkCheck(options: {
  loopbackOrigin: string | undefined;
  timeoutMs?: number;
  lookup?: Lookup;
}): CheckLink {
  const { loopbackOrigin, timeoutMs = TIMEOUT, lookup = lookupAll } = options;

  return async (text, signal) => {
    const deadline = startDeadline(systemClock, timeoutMs, { signal });
    try {
      const [{ Client }, net] = await Promise.all([import('undici'), import('node:net')]);
      signal.throwIfAborted();
      const url = new URL(text);
      // They are not sent, and without them the status is another one.
      if (url.username || url.password) return undefined;
      const isSandbox = url.origin === loopbackOrigin;
      const isPublic = createAddressCheck(net);
      // net.connect looks up names only.
      const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
      if (!isSandbox && net.isIP(host) !== 0 && !isPublic(host)) return undefined;
      const client = new Client(url.origin, {
        connect: {
          // It destroys the socket, in whatever state that is, and with it the request.
          signal: deadline.signal,
          // Several addresses are only taken from a lookup where a family is selected.
          ...(!isSandbox && { lookup: publicOnly(lookup, isPublic), autoSelectFamily: true }),
        },
      });
      const { statusCode } = await client.request({
        path: url.pathname + url.search,
        method: 'GET',
        headers: { accept: '*/*', range: 'bytes=0-0', 'user-agent': `${NAME}/${VERSION}` },
      });
      return statusCode;
    } catch {
      signal.throwIfAborted();
      return undefined;
    } finally {
      deadline.clear();
    }
  };
}

async function lookupAll(hostname: string): Promise<LookupAddress[]> {
  const { lookup } = await import('node:dns/promises');
  return lookup(hostname, { all: true });
}

/** A lookup for net.connect: what it answers is what is connected to. Fails if any of the addresses is not public. */
function publicOnly(lookup: Lookup, isPublic: (address: string) => boolean): LookupFunction {
  const lookupPublic = async (hostname: string) => {
    const found = await lookup(hostname);
    // Given no address, net.connect throws where nothing catches it.
    if (found.length > 0 && found.every(({ address }) => isPublic(address))) return found;
    throw new Error('not a public address');
  };
  return (hostname, _, done) => {
    lookupPublic(hostname).then(
      (found) => done(null, found),
      (error) => done(error, []),
    );
  };
}

/** `node:net` is given, as only a check needs it. */
function createAddressCheck({ BlockList, isIP }: typeof import('node:net')): (address: string) => boolean {
  const reserved = new BlockList();
  for (const [network, prefix] of RESERVED_IPV4) reserved.addSubnet(network, prefix, 'ipv4');
  for (const [network, prefix] of RESERVED_IPV6) reserved.addSubnet(network, prefix, 'ipv6');
  const unicast = new BlockList();
  unicast.addSubnet(...GLOBAL_UNICAST_IPV6, 'ipv6');
  return (address) =>
    isIP(address) === 4
      ? !reserved.check(address, 'ipv4')
      : unicast.check(address, 'ipv6') && !reserved.check(address, 'ipv6');
}

// The networks that IANA's registries of special-purpose addresses call not globally reachable.
const RESERVED_IPV4: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Cloud metadata among them.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  // Benchmarks, and what proxies with fake IPs answer with.
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, reserved and broadcast.
  ['224.0.0.0', 3],
  // The host of a virtual machine at Azure, on a public address.
  ['168.63.129.16', 32],
];

// All outside of it is refused: loopback, unique local, link-local, multicast, IPv4 mapped or embedded by NAT64.
const GLOBAL_UNICAST_IPV6: [network: string, prefix: number] = ['2000::', 3];
const RESERVED_IPV6: readonly [network: string, prefix: number][] = [
  // Teredo, which embeds IPv4 addresses, among them.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4: an IPv4 address is embedded.
  ['2002::', 16],
  ['3fff::', 20],
];
