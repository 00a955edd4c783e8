import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { hashOf } from '../tenants/directory.ts';
import { SCOPES } from '../tenants/tenant.ts';
import { isTenantName } from '../tenants/tenants-file.ts';
import { NAME } from '../version.ts';

/** By this, programs that look for leaked secrets know a token. */
export const TOKEN_PREFIX = 'rcimg_';
// 256 bits: of so much chance nobody guesses anything, and a hash without salt gives nothing away.
const BYTES = 32;

/**
 * Prints a new bearer token, which is kept nowhere, and the entry by which a tenants' file knows it. The token alone goes
 * to standard output, so that a script can take it. Resolves with the exit code.
 */
export async function newToken({ argument: tenant = '' }: Pick<Config, 'argument'>): Promise<number> {
  if (!isTenantName(tenant)) {
    process.stderr.write(`${NAME}: ${JSON.stringify(tenant.slice(0, 80))} is no name of a tenant\n`);
    return 2;
  }
  const token = TOKEN_PREFIX + randomBytes(BYTES).toString('hex');
  const entry = { name: 'token', sha256: hashOf(token), scopes: SCOPES };
  process.stdout.write(`${token}\n`);
  process.stderr.write(`This is the only time that the token is shown. Add to "tokens" of tenants.${tenant}, give it a name, take out the scopes that it does not need, and send SIGHUP to the server:
${JSON.stringify(entry)}
`);
  return 0;
}
