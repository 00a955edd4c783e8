import type { Clock } from '../clock.ts';
import type { AuthConfig } from '../config/service.ts';
import {
  type Authentication,
  createTokenAuthentication,
  NO_AUTHENTICATION,
} from '../tenants/authenticate.ts';
import { type DirectoryOptions, openDirectory } from '../tenants/directory.ts';
import { createOAuthAuthentication } from '../tenants/oauth/authentication.ts';

/** Opens who may call, as it was configured. Throws TenantsFileError. */
export async function openAuthentication(
  auth: AuthConfig,
  options: Pick<DirectoryOptions, 'needsKeys' | 'log' | 'variables'> & {
    clock: Clock;
    /** Whether a token is a key of RunComfy. */
    isKey: (token: string) => boolean;
  },
): Promise<Authentication> {
  if (auth.mode === 'none') return NO_AUTHENTICATION;
  const directory = await openDirectory({ ...options, file: auth.file, mode: auth.mode });
  if (auth.mode === 'tokens') return createTokenAuthentication({ ...options, directory });
  return createOAuthAuthentication({ ...options, ...auth, directory });
}
