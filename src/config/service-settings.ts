import type { Setting } from './settings.ts';

/** Where the server listens when `--http` says nothing else. */
export const DEFAULT_ADDRESS = '127.0.0.1:3333';
/** How many jobs of a tenant may be under way at once unless the operator says otherwise. */
export const DEFAULT_ACTIVE_JOBS = 100;

/** The settings of the server over HTTP, as rows of the table of settings. */
export const SERVICE_SETTINGS: Readonly<Record<string, Setting>> = {
  http: {
    variable: 'RUNCOMFY_HTTP',
    value: '[HOST:PORT]',
    separator: ',',
    help: `serve MCP over HTTP instead of standard input and output (default address: ${DEFAULT_ADDRESS})`,
  },
  auth: {
    variable: 'RUNCOMFY_AUTH',
    value: 'MODE',
    help: 'who may call: tokens:FILE or oauth (default: everybody on this machine)',
  },
  tenants: {
    variable: 'RUNCOMFY_TENANTS',
    value: 'FILE',
    help: 'with --auth oauth: the tenants, with their keys and limits',
  },
  issuer: {
    variable: 'RUNCOMFY_ISSUER',
    value: 'URL',
    help: 'with --auth oauth: the authorization server whose access tokens are taken',
  },
  resource: {
    variable: 'RUNCOMFY_RESOURCE',
    value: 'URL',
    help: 'with --auth oauth: the URL of the MCP endpoint, for which access tokens have to be issued',
  },
  'tenant-claim': {
    variable: 'RUNCOMFY_TENANT_CLAIM',
    value: 'NAME',
    help: 'with --auth oauth: the claim of an access token that names the tenant (default: sub)',
  },
  'allowed-host': {
    variable: 'RUNCOMFY_ALLOWED_HOST',
    value: 'NAME',
    separator: ',',
    help: 'host names by which the server may be called (default: those of this machine)',
  },
  'allowed-origin': {
    variable: 'RUNCOMFY_ALLOWED_ORIGIN',
    value: 'ORIGIN',
    separator: ',',
    help: 'origins of web pages that may call the server (default: none)',
  },
  'public-url': {
    variable: 'RUNCOMFY_PUBLIC_URL',
    value: 'URL',
    help: 'the origin under which clients reach the server, for links to kept pictures (default: from --resource, else the address)',
  },
  'session-key-file': {
    variable: 'RUNCOMFY_SESSION_KEY_FILE',
    value: 'FILE',
    help: 'the key that signs sessions and links, the same for all replicas; a second line holds the one before it (default: a new one at each start)',
  },
  'max-active-jobs': {
    variable: 'RUNCOMFY_MAX_ACTIVE_JOBS',
    value: 'N',
    help: `refuse to submit while a tenant has this many jobs queued or running (default: ${DEFAULT_ACTIVE_JOBS} with --auth, else no limit)`,
  },
  store: {
    variable: 'RUNCOMFY_STORE',
    value: 'URL',
    help: 'record jobs in this Postgres database, which several replicas share: postgres://… (default: files of the data folder, for one process)',
  },
  library: {
    variable: 'RUNCOMFY_LIBRARY',
    value: 'DIR|store',
    help: 'with --store: where kept pictures lie for all replicas, a folder that they share, or store for that database (default: the data folder)',
  },
  metrics: {
    variable: 'RUNCOMFY_METRICS',
    value: 'HOST:PORT',
    help: 'serve metrics for Prometheus at this address (default: none)',
  },
};
