import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Account, LOCAL_TENANT } from '../account.ts';
import type { Config } from '../config/config.ts';
import { accountOf, libraryRoot } from '../config/config.ts';
import { type Log, withFields } from '../log.ts';
import type { AccountProgram } from '../program.ts';
import { createAccountProgram } from '../program.ts';
import { createKeyring } from '../runcomfy/key.ts';
import { createRedactor } from '../runcomfy/sanitize.ts';
import type { Runtime } from '../runtime.ts';
import { createTenantKey, type Variables } from '../tenants/key.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { Surface } from '../tools/support/surface.ts';
import { tenantWords } from './tenant-words.ts';

// Of 190 kB each. One that is not used for long may go: what it knows, it reads again from its records.
export const MAX_PROGRAMS = 200;

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
  const accountsDirs = [config.dataDir, libraryRoot(config)].map((root) => join(root, 'accounts'));
  /** The one that was used last stands last. */
  const programs = new Map<string, { tenant: Tenant; program: AccountProgram; uses: number }>();

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
      // Where the server keeps its records and pictures is none of a tenant's business.
      redact: (text) =>
        accountsDirs.reduce((left, dir) => left.replaceAll(dir, 'accounts'), tenantWords(redact(text))),
      log: withFields(log, { tenant: tenant.id }),
      runtime,
    });
  }

  /**
   * A tenant's program as it is used from now on; a new one where its settings have changed. Calls of the one before it go
   * on. One that is in use stays: a second would not know how often the first asks RunComfy.
   */
  function enter(tenant: Tenant) {
    const known = programs.get(tenant.id);
    const used = isDeepStrictEqual(known?.tenant, tenant) && known;
    const entry = used || { tenant, program: make(tenant), uses: 0 };
    programs.delete(tenant.id);
    programs.set(tenant.id, entry);
    for (const [id, { uses }] of programs) {
      if (programs.size <= MAX_PROGRAMS) break;
      if (uses === 0 && id !== tenant.id) programs.delete(id);
    }
    return entry;
  }

  return {
    /** A tenant's program, for a request. */
    of(tenant: Tenant, response: Pick<ServerResponse, 'closed' | 'once'>): AccountProgram {
      const entry = enter(tenant);
      if (!response.closed) {
        entry.uses += 1;
        response.once('close', () => {
          entry.uses -= 1;
        });
      }
      return entry.program;
    },
    /** A tenant's program, for some work behind the requests. */
    async during<Result>(
      tenant: Tenant,
      work: (program: AccountProgram) => Promise<Result>,
    ): Promise<Result> {
      const entry = enter(tenant);
      entry.uses += 1;
      return work(entry.program).finally(() => {
        entry.uses -= 1;
      });
    },
    /** The tenants whose programs are there. */
    names: (): string[] => [...programs.keys()],
  };
}
