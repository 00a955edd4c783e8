import type { Config } from '../config/config.ts';
import { accountOf } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { AccountProgram } from '../program.ts';
import { createAccountProgram } from '../program.ts';
import { createKeyring } from '../runcomfy/key.ts';
import { createRedactor } from '../runcomfy/sanitize.ts';
import type { Runtime } from '../runtime.ts';
import type { Tenant } from '../tenants/tenant.ts';

/** The programs of the tenants, each made at its first request. */
export function createTenantPrograms(config: Config, runtime: Runtime, log: Log) {
  const programs = new Map<string, { tenant: Tenant; program: AccountProgram }>();

  function make(tenant: Tenant): AccountProgram {
    const keyring = createKeyring(config);
    const redact = createRedactor(keyring.seen);
    const account = { ...accountOf(config), tenant: tenant.id };
    const { keepImagesBytes: _, ...settings } = { ...config, ...tenant.settings };
    return createAccountProgram({ ...settings, keepImagesBytes: 0, autoSave: false } as Config, {
      account,
      keyring,
      redact,
      log,
      runtime,
    });
  }

  return {
    /** A tenant's program; a new one where its settings have changed. */
    of(tenant: Tenant): AccountProgram {
      const known = programs.get(tenant.id);
      if (known?.tenant === tenant) return known.program;
      const program = make(tenant);
      programs.set(tenant.id, { tenant, program });
      return program;
    },
    all: (): AccountProgram[] => [...programs.values()].map(({ program }) => program),
  };
}
