import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Account, LOCAL_TENANT } from '../account.ts';
import type { Config } from '../config/config.ts';
import { accountOf } from '../config/config.ts';
import { type Log, withFields } from '../log.ts';
import type { AccountProgram } from '../program.ts';
import { createAccountProgram } from '../program.ts';
import { createKeyring } from '../runcomfy/key.ts';
import { createRedactor } from '../runcomfy/sanitize.ts';
import type { Runtime } from '../runtime.ts';
import { createTenantKey, type Variables } from '../tenants/key.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { Surface } from '../tools/support/surface.ts';

// A program that is not used for long may go: what it knows, it reads again from its records.
const MAX_PROGRAMS = 200;

export interface TenantProgramsOptions {
  config: Config;
  runtime: Runtime;
  log: Log;
  /** What the agents of an account are offered. */
  surfaceOf: (account: Account) => Surface;
  /** Where every key that is used is added, as the log of the process must show none. */
  keys: Set<string>;
  variables: Variables;
}

/** The programs of the tenants, each made at its first request. */
export function createTenantPrograms(options: TenantProgramsOptions) {
  const { config, runtime, log, surfaceOf, keys, variables } = options;
  const accountsDir = join(config.dataDir, 'accounts');
  /** The one that was used last stands last. */
  const programs = new Map<string, { tenant: Tenant; program: AccountProgram }>();

  function keyringOf({ id, key }: Tenant) {
    // No key of a tenant is sent to a sandbox, and the operator's own for nobody else.
    if (config.sandbox || id === LOCAL_TENANT) return createKeyring(config);
    if (!key) throw new Error(`tenant ${id} has no key`);
    return createTenantKey(id, key, log, variables);
  }

  function make(tenant: Tenant): AccountProgram {
    const keyring = keyringOf(tenant);
    const own = new Set<string>();
    const account = { ...accountOf(config), tenant: tenant.id };
    const redact = createRedactor(() => [...own]);
    const { readsPerSecond, ...settings } = { readsPerSecond: undefined, ...tenant.settings };
    return createAccountProgram({ ...config, ...settings } as Config, {
      account,
      surface: surfaceOf(account),
      keyring: {
        ...keyring,
        async require() {
          const key = await keyring.require();
          own.add(key);
          keys.add(key);
          return key;
        },
      },
      readsPerSecond,
      // Where the server keeps its records is none of a tenant's business.
      redact: (text) => redact(text).replaceAll(accountsDir, 'accounts'),
      log: withFields(log, { tenant: tenant.id }),
      runtime,
    });
  }

  return {
    /** A tenant's program; a new one where its settings have changed. Calls of the one before it go on. */
    of(tenant: Tenant): AccountProgram {
      const known = programs.get(tenant.id);
      const isSame = isDeepStrictEqual(known?.tenant, tenant);
      const program = known && isSame ? known.program : make(tenant);
      programs.delete(tenant.id);
      programs.set(tenant.id, { tenant, program });
      const [oldest] = programs.keys();
      if (programs.size > MAX_PROGRAMS) programs.delete(oldest as string);
      return program;
    },
    all: (): AccountProgram[] => [...programs.values()].map(({ program }) => program),
  };
}
