import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { LOCAL_TENANT } from '../account.ts';
import { parseJson } from '../json.ts';
import { type KeyReference, SCOPES, type Scope, type Tenant } from './tenant.ts';

/** The tenant of an OAuth server that stands for all that are not named. */
const EVERYBODY = '*';

// Names become log fields, labels of metrics and parts of session ids.
const NAME = /^[A-Za-z0-9][\w.@|:+-]{0,63}$/;
/** Whether a text can be the name of a tenant. */
export const isTenantName = (text: string): boolean => NAME.test(text) && text !== LOCAL_TENANT;

/** A bearer token, of which only the hash is known. */
export interface Token {
  readonly tenant: Tenant;
  readonly scopes: ReadonlySet<Scope>;
  /** In ms since 1970. */
  readonly expires: number;
}

/** Who may call. */
export interface Directory {
  /** All tenants that are named, and `*`. */
  readonly tenants: ReadonlyMap<string, Tenant>;
  /** By SHA-256, in lower case hexadecimal digits. */
  readonly tokens: ReadonlyMap<string, Token>;
  /** The tenant of a name; undefined for one that may not call. */
  named(name: string): Tenant | undefined;
}

const text = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });
const number = (unit: string, min: number, max: number) => {
  const error = `takes a number of ${unit} from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error }).optional();
};
const list = <Item extends z.ZodType>(item: Item, what: string) => {
  const error = `takes a list of ${what}, at least one`;
  return z.array(item, { error }).min(1, { error });
};

const KEY_HINT = 'takes {"env": "NAME"} or {"file": "/path"}: the key itself never stands here';
const EXPIRES = 'takes a date such as 2027-01-31, or one with a time and its zone';
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

const TOKEN = z.strictObject({
  name: text(/^[\w .@-]{1,64}$/, 'takes a name of at most 64 letters, digits, blanks and _.@-'),
  sha256: text(/^[0-9a-f]{64}$/i, 'takes the 64 hexadecimal digits of a SHA-256'),
  scopes: list(z.enum(SCOPES, { error: `takes ${SCOPES.join(' or ')}` }), 'scopes'),
  expires: z
    .string({ error: EXPIRES })
    .refine((date) => DATE.test(date) && Number.isFinite(Date.parse(date)), { error: EXPIRES })
    .optional(),
});

const TENANT = z.strictObject({
  runcomfy_key: z
    .strictObject(
      {
        env: text(/^[A-Za-z_]\w*$/, 'takes the name of a variable').optional(),
        file: z
          .string({ error: 'takes a path' })
          .refine(isAbsolute, { error: 'takes an absolute path' })
          .optional(),
      },
      { error: (issue) => (issue.code === 'invalid_type' ? KEY_HINT : undefined) },
    )
    .refine(({ env, file }) => (env === undefined) !== (file === undefined), { error: KEY_HINT })
    .optional(),
  tokens: z.array(TOKEN, { error: 'takes a list' }).optional(),
  models: list(
    text(/^[\w.~*/-]+$/, 'takes a model id, or a pattern such as google/*/edit'),
    'models',
  ).optional(),
  max_jobs_per_hour: number('jobs', 0, 1_000_000),
  max_active_jobs: number('jobs', 1, 1_000_000),
  budget_usd: number('US dollars', 0, 1_000_000),
  confirm_above_usd: number('US dollars', 0, 1_000_000),
  reads_per_second: number('reads', 0.1, 100),
  keep_images_gb: number('GB', 0, 100_000),
});

const FILE = z.strictObject({
  tenants: z.record(z.string(), TENANT, { error: 'takes an object of tenants by name' }),
});

/** Reads a tenants' file, or names everything that is wrong with it; quotes no value. Pure. */
export function parseTenants(
  json: string,
  { mode, needsKeys }: { mode: 'tokens' | 'oauth'; needsKeys: boolean },
): Directory | { problems: string[] } {
  const parsed = parseJson(json);
  if (parsed === undefined) return { problems: ['it is not valid JSON'] };
  const checked = FILE.safeParse(parsed);
  if (!checked.success) return { problems: checked.error.issues.flatMap(problemsOf) };
  const problems: string[] = [];
  const tenants = new Map<string, Tenant>();
  const tokens = new Map<string, Token>();
  const places = new Map<string, string>();
  for (const [id, entry] of Object.entries(checked.data.tenants)) {
    const at = pathOf(['tenants', id]);
    const problem = (where: string, what: string) => problems.push(`${at}${where}: ${what}`);
    if (id === EVERYBODY ? mode !== 'oauth' : !isTenantName(id)) problem('', nameProblem(id));
    if (needsKeys && !entry.runcomfy_key) problem('.runcomfy_key', `is missing: ${KEY_HINT}`);
    if (mode === 'oauth' && entry.tokens) problem('.tokens', 'belongs to --auth tokens:FILE');
    const tenant = tenantOf(id, entry);
    tenants.set(id, tenant);
    for (const [index, { sha256, scopes, expires }] of (entry.tokens ?? []).entries()) {
      const hash = sha256.toLowerCase();
      const earlier = places.get(hash);
      if (earlier !== undefined) problem(`.tokens[${index}].sha256`, `is the same as that of ${earlier}`);
      places.set(hash, `${at}.tokens[${index}]`);
      const until = expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
      tokens.set(hash, { tenant, scopes: new Set(scopes), expires: until });
    }
  }
  if (problems.length > 0) return { problems };
  const everybody = tenants.get(EVERYBODY);
  return {
    tenants,
    tokens,
    named(name) {
      if (!isTenantName(name)) return undefined;
      return tenants.get(name) ?? (everybody && { ...everybody, id: name });
    },
  };
}

function tenantOf(id: string, entry: z.output<typeof TENANT>): Tenant {
  const { runcomfy_key: key, keep_images_gb: gigabytes } = entry;
  const settings = {
    models: entry.models,
    maxJobsPerHour: entry.max_jobs_per_hour,
    maxActiveJobs: entry.max_active_jobs,
    budgetUsd: entry.budget_usd,
    confirmAboveUsd: entry.confirm_above_usd,
    readsPerSecond: entry.reads_per_second,
    keepImagesBytes: gigabytes === undefined ? undefined : gigabytes * 1e9,
  };
  // What the file does not name stays as the server has it.
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { id, key: key as KeyReference | undefined, settings: given };
}

function nameProblem(id: string): string {
  if (id === EVERYBODY) return 'stands for all others with --auth oauth only';
  if (id === LOCAL_TENANT) return 'is the name of the user of a server without --auth';
  return 'a tenant has a name of at most 64 letters, digits and _.@|:+-, the first a letter or digit';
}

// Long names of fields may be a secret in the wrong place.
const shown = (name: string) => (/^[\w.@|:+*-]{1,32}$/.test(name) ? name : '(a name that is not shown)');

const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${shown(String(part))}`,
    )
    .join('');

function problemsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${pathOf([...issue.path, key])}: unknown field`);
  const at = pathOf(issue.path);
  return [at === '' ? 'it takes an object with tenants' : `${at}: ${issue.message}`];
}
