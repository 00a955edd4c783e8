import { isAbsolute } from 'node:path';
import { isLoopback, parseAddress } from './address.ts';
import { readAllowedHosts, readAllowedOrigins } from './allowed.ts';
import type { Lookup } from './lookup.ts';
import { DEFAULT_ADDRESS, SERVICE_SETTINGS } from './service-settings.ts';
import type { Setting } from './settings.ts';
import { LOOPBACK } from './validate.ts';

/** Who may call the server over HTTP. */
export type AuthConfig =
  | { mode: 'none' }
  | { mode: 'tokens'; file: string }
  | { mode: 'oauth'; issuer: string; resource: string; tenantClaim: string; file: string };

/** Where replicas keep pictures: below a folder, or in the database of their records. */
export type LibraryPlace = { in: 'folder'; dir: string } | { in: 'store' };

export type ServiceConfig = NonNullable<ReturnType<typeof readService>>;

const YES = ['', '1', 'true', 'yes', 'on'];
const NO = ['0', 'false', 'no', 'off'];

/** The settings of the server over HTTP; undefined without `--http`. Adds every problem. */
export function readService(
  { setting, hasFlag, ignored }: Lookup,
  folder: (path: string | undefined) => string | undefined,
  problems: string[],
) {
  const last = (flag: string) => setting(flag).at(-1)?.value;
  const asked = last('http') ?? (hasFlag('http') ? '' : undefined);
  if (asked === undefined || NO.includes(asked.toLowerCase())) {
    for (const flag of Object.keys(SERVICE_SETTINGS))
      if (flag !== 'http' && hasFlag(flag)) problems.push(`--${flag} belongs to --http`);
    return undefined;
  }
  function address(flag: string, text: string) {
    const parsed = parseAddress(text);
    if (!parsed) problems.push(`--${flag} is "${text}"; it takes HOST:PORT, [IPv6]:PORT or a port`);
    return parsed ?? { host: '127.0.0.1', port: 0 };
  }
  const addresses = setting('http');
  if (addresses.length > 1)
    problems.push(`--http takes one address, not ${addresses.map(({ value }) => value).join(' and ')}`);
  const listen = address('http', YES.includes(asked.toLowerCase()) ? DEFAULT_ADDRESS : asked);
  const asksMetrics = last('metrics');
  const metrics = asksMetrics === undefined ? undefined : address('metrics', asksMetrics);
  if (metrics?.port === listen.port && listen.port !== 0)
    problems.push(`--metrics ${asksMetrics} has the port of --http: metrics belong on one of their own`);
  const auth = readAuth();
  const allowedHosts = readAllowedHosts(setting('allowed-host'), problems);
  if (!isLoopback(listen.host) && (auth.mode === 'none' || allowedHosts.length === 0)) {
    const missing = [auth.mode === 'none' && '--auth', allowedHosts.length === 0 && '--allowed-host'];
    problems.push(
      `--http ${listen.host} can be reached from other machines: it needs ${missing.filter(Boolean).join(' and ')}`,
    );
  }

  function url(flag: string): string {
    const text = last(flag);
    const parsed = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
    if (text === undefined) problems.push(`--auth oauth needs --${flag}`);
    else if (!parsed || !/^https?:$/.test(parsed.protocol))
      problems.push(`--${flag} is not a URL: "${text}"`);
    else if (parsed.protocol === 'http:' && !LOOPBACK.includes(parsed.hostname))
      problems.push(`--${flag} must be https (http only on loopback)`);
    return text ?? '';
  }

  function readAuth(): AuthConfig {
    const text = last('auth');
    if (text !== 'oauth')
      for (const flag of ['issuer', 'resource', 'tenants', 'tenant-claim'])
        if (hasFlag(flag)) problems.push(`--${flag} belongs to --auth oauth`);
    if (text === undefined) {
      // Whoever wrote it did not mean to let everybody in.
      const { variable } = SERVICE_SETTINGS.auth as Setting;
      const given = hasFlag('auth') ? '--auth' : ignored.find(({ from }) => from === variable)?.from;
      if (given) problems.push(`${given} has no value that can be used; it takes tokens:FILE or oauth`);
      return { mode: 'none' };
    }
    if (text.startsWith('tokens:')) {
      const file = folder(text.slice('tokens:'.length).trim() || undefined);
      if (file !== undefined) return { mode: 'tokens', file };
    }
    if (text !== 'oauth') problems.push(`--auth is "${text}"; it takes tokens:FILE or oauth`);
    else {
      const file = folder(last('tenants'));
      if (file === undefined) problems.push('--auth oauth needs --tenants');
      const tenantClaim = last('tenant-claim') ?? 'sub';
      return {
        mode: 'oauth',
        issuer: url('issuer'),
        resource: url('resource'),
        tenantClaim,
        file: file ?? '',
      };
    }
    return { mode: 'none' };
  }

  function readPublicUrl(): string | undefined {
    const text = last('public-url');
    if (text === undefined)
      return auth.mode === 'oauth' && URL.canParse(auth.resource) ? new URL(auth.resource).origin : undefined;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash;
    if (isPlain) return url.origin + url.pathname.replace(/\/+$/, '');
    problems.push(`--public-url is "${text}"; it takes a URL such as https://pictures.example.com`);
    return undefined;
  }

  /** The address of a database. It may hold a password, which no message shows. */
  function readStore(): string | undefined {
    const text = last('store');
    // Whoever wrote it did not mean files that no other replica sees.
    const { variable } = SERVICE_SETTINGS.store as Setting;
    const isGiven = hasFlag('store') || ignored.some(({ from }) => from === variable);
    if (text === undefined && !isGiven) return undefined;
    if (text !== undefined && /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)) return text;
    problems.push('--store takes the address of a Postgres database, such as postgres://user@host/database');
    return undefined;
  }

  function readLibrary(): LibraryPlace | undefined {
    const text = last('library');
    const { variable } = SERVICE_SETTINGS.library as Setting;
    if (text === undefined && !hasFlag('library') && !ignored.some(({ from }) => from === variable))
      return undefined;
    // Pictures that no record names are removed: with records of their own, replicas would remove each other's.
    if (last('store') === undefined)
      problems.push('--library needs --store: replicas share pictures with their records');
    if (text === 'store') return { in: 'store' };
    if (text !== undefined && isAbsolute(text)) return { in: 'folder', dir: text };
    problems.push('--library takes the whole path of a folder that all replicas share, or store');
    return undefined;
  }

  return {
    listen,
    auth,
    /** Where jobs are recorded; undefined for files of the data folder. */
    store: readStore(),
    /** Where pictures are kept; undefined for the data folder. */
    library: readLibrary(),
    /** Host names in their one spelling; empty for those of this machine. */
    allowedHosts,
    /** As browsers send them. */
    allowedOrigins: readAllowedOrigins(setting('allowed-origin'), problems),
    /** The origin that links begin with; undefined for the address at which it listens. */
    publicUrl: readPublicUrl(),
    sessionKeyFile: folder(last('session-key-file')),
    metrics,
  };
}
