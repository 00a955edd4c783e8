import type { GalleryJob } from '../../../../gallery-api.ts';
import { setFavourite } from '../../records.ts';

export interface FavouriteOptions {
  onChange(): void;
  onFailed(why: string): void;
}

/** Which jobs are liked. What was chosen here counts until the list tells of it. */
export function createFavourites({ onChange, onFailed }: FavouriteOptions) {
  const chosen = new Map<string, boolean>();
  const sending = new Map<string, Promise<unknown>>();
  const has = ({ id, favourite }: GalleryJob): boolean => chosen.get(id) ?? favourite === true;

  return {
    has,
    async toggle(job: GalleryJob): Promise<void> {
      const { id } = job;
      const wanted = !has(job);
      chosen.set(id, wanted);
      onChange();
      // The last choice arrives last.
      const sent = (sending.get(id) ?? Promise.resolve())
        .catch(() => {})
        .then(() => setFavourite(id, wanted));
      sending.set(id, sent);
      try {
        await sent;
      } catch (error) {
        if (sending.get(id) === sent) chosen.delete(id);
        onFailed((error as Error).message);
        onChange();
      } finally {
        if (sending.get(id) === sent) sending.delete(id);
      }
    },
    /** The list knows a job anew. */
    settle(id: string): void {
      if (!sending.has(id)) chosen.delete(id);
    },
  };
}
