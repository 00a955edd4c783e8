import { readFile } from 'node:fs/promises';
import { readKey } from '../config/placeholders.ts';
import { codeOf, ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { KeyReference } from './tenant.ts';

/** The variables of a process. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Says what to do about a refused key to who does not hold it. */
export const OPERATOR_REPLACES_KEY =
  'Ask the operator of this server to replace it: no job is lost meanwhile.';

/** The RunComfy key of a tenant, read anew each time, so that one that was replaced counts at once. */
export function createTenantKey(tenant: string, reference: KeyReference, log: Log, variables: Variables) {
  let told: string | undefined;

  return {
    /** The key to send. Throws `no_key`; what exactly is wrong with this machine stands in the log alone. */
    async require(): Promise<string> {
      const found = await readTenantKey(reference, variables);
      const problem = 'problem' in found ? found.problem : undefined;
      // Every poll asks for it.
      if (problem !== undefined && problem !== told) log.error(`tenant ${tenant}: ${problem}`);
      told = problem;
      if ('key' in found) return found.key;
      throw new ToolError('no_key', 'This server has no RunComfy API key for you at present.', {
        next: 'Ask the operator of this server to set it.',
      });
    },
    refusedAdvice: OPERATOR_REPLACES_KEY,
  };
}

/** The key at a place, or why there is none. */
export async function readTenantKey(
  reference: KeyReference,
  variables: Variables,
): Promise<{ key: string } | { problem: string }> {
  const isFile = 'file' in reference;
  const place = isFile ? `the key file ${reference.file}` : `the variable ${reference.env}`;
  let text: string | undefined;
  try {
    text = isFile ? await readFile(reference.file, 'utf8') : variables[reference.env];
  } catch (error) {
    return { problem: `${place} cannot be read (${codeOf(error)})` };
  }
  if (text === undefined) return { problem: `${place} is not set` };
  const read = readKey(text);
  return 'key' in read ? read : { problem: `${place} holds no key` };
}
