import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Account, LOCAL_TENANT } from '../account.ts';
import type { Config } from '../config/config.ts';
import type { LinkTo } from '../images/library/picture-link.ts';
import type { Surface } from '../tools/support/surface.ts';

/** What the agents of a tenant are offered: of the server's disk only what the operator named. */
export function remoteSurface(
  { outputDir, autoSave, inputDirs }: Pick<Config, 'outputDir' | 'autoSave' | 'inputDirs'>,
  { tenant }: Account,
  linkTo: LinkTo | undefined,
): Surface {
  const own = tenant === LOCAL_TENANT ? outputDir : join(outputDir, tenantFolder(tenant));
  // Else nobody named the folder.
  const saveIn = autoSave ? own : undefined;
  const readFrom = [...inputDirs, ...(saveIn === undefined ? [] : [saveIn])];
  return { isLocal: false, readFrom: readFrom.length > 0 ? readFrom : undefined, saveIn, linkTo };
}

/** The name of a tenant's folder: safe on every platform, also where case does not count, and no other tenant's. */
export function tenantFolder(tenant: string): string {
  const readable = tenant.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const digest = createHash('sha256').update(tenant).digest('hex').slice(0, 32);
  return `${readable.slice(0, 40)}-${digest}`.replace(/^-+/, '');
}
