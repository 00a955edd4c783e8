import type { Job, Original } from '../../jobs/job.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import { type Library, nameOf, thumbnailOf } from './library.ts';
import { readUses } from './uses.ts';

export type Forget = ReturnType<typeof createForget>;

/**
 * Makes what removes at once the files that a deleted job had, unless another record names them. Never rejects: what could
 * not be removed goes when the library is tidied.
 */
export function createForget({
  library,
  store,
  log,
}: {
  library: Pick<Library, 'list' | 'remove'>;
  store: Pick<JobStore, 'newest'>;
  log: Log;
}) {
  async function remove(names: ReadonlySet<string>): Promise<void> {
    // Listed before the records are read: what another job puts again after that stays.
    const listed = (await library.list()).filter(({ name }) => name !== undefined && names.has(name));
    if (listed.length === 0) return;
    let isComplete = true;
    const onIgnored = () => {
      isComplete = false;
    };
    const uses = await readUses(store.newest({ onIgnored }));
    // Another version of this program may keep what only its own records name.
    if (!isComplete) throw new Error('some records are from a newer version of this server');
    for (const picture of listed) if (!uses.has(picture.name as string)) await library.remove(picture);
  }

  return async (originals: Job['originals'] = []): Promise<void> => {
    const had = originals.filter((one): one is Original => one !== null);
    const names = new Set(had.flatMap((one) => [nameOf(one), ...thumbnailOf(one)]));
    await remove(names).catch((error) =>
      log.warn(`pictures of a deleted job are not removed yet: ${error.message}`),
    );
  };
}
