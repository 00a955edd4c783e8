import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { JobOutput } from '../../images/library/job-output.ts';
import { loopbackOrigin } from '../../images/trust.ts';
import { isDeleted, type Job, OPEN_STATES, withFavourite } from '../../jobs/job.ts';
import type { StoredJob } from '../../jobs/store.ts';
import type { Program } from '../../program.ts';
import type { GalleryDetails, GalleryEvents, GalleryJob } from '../../view/gallery-api.ts';
import { createCollect } from './collecting.ts';
import { createOriginals } from './files/originals.ts';
import { createPictures } from './files/pictures.ts';
import { LIMITS } from './http/limits.ts';
import { detailsOf } from './jobs/details.ts';
import { rowOf } from './jobs/rows.ts';

export type Collection = ReturnType<typeof createCollection>;

/** The recorded jobs, for the page. Methods throw ToolError, ProblemError, or the signal's reason. */
export function createCollection(program: Program, config: Config, clock: Clock, limits = LIMITS) {
  const { store, jobs, originals } = program;
  /** The revisions of which pages have been told, by job. */
  let told = new Map<string, number>();
  /** What pages have learned of from the list since. */
  let listed = new Set<string>();
  let hasOpen = false;
  const ownOf = ({ job }: Pick<JobOutput, 'job'>) => ownOrigin(job, config);
  const asRow = (stored: StoredJob): GalleryJob => rowOf(stored, ownOf(stored));

  async function read(): Promise<StoredJob[]> {
    const found: StoredJob[] = [];
    for await (const stored of store.newest({ skipUnreadable: true })) found.push(stored);
    return found;
  }

  /** The jobs that have changed since this was called, and the ids of those that are gone. */
  async function look() {
    const known = new Set([...told.keys(), ...listed]);
    listed = new Set();
    const all = await read();
    const now = new Map(all.map(({ id, revision }) => [id, revision]));
    const changed = all.filter(({ id, revision }) => told.get(id) !== revision);
    told = now;
    hasOpen = all.some(({ job }) => OPEN_STATES.includes(job.state));
    return { changed, gone: [...known].filter((id) => !now.has(id)) };
  }

  return {
    /** Absent where jobs cannot be asked for: each sandbox has its own port. */
    collect: config.sandbox ? undefined : createCollect(program, clock, () => hasOpen),
    picture: createPictures(originals, ownOf, limits),
    original: createOriginals(originals, ownOf),
    /** A job as it is recorded now; undefined if there is none. */
    async job(id: string): Promise<StoredJob | undefined> {
      const stored = await store.update(id, (job) => job);
      return stored && !isDeleted(stored.job) ? stored : undefined;
    },
    /** All jobs, newest first. */
    async list(): Promise<GalleryJob[]> {
      const all = await read();
      for (const { id } of all) if (!told.has(id)) listed.add(id);
      return all.map(asRow);
    },
    /** Remembers what there is now, for the changes from then on. */
    remember: async (): Promise<void> => void (await look()),
    /** What has changed since this was asked, or since then. */
    async changes(): Promise<GalleryEvents['change']> {
      const { changed, gone } = await look();
      return { jobs: changed.map(asRow), gone };
    },
    details: (stored: StoredJob): Promise<GalleryDetails> => detailsOf(stored, ownOf(stored), program),
    async setFavourite(id: string, isFavourite: boolean): Promise<void> {
      await store.update(id, (job) => withFavourite(job, isFavourite));
    },
    /** Deletes a job that has ended; false if it stays. */
    delete: ({ id }: StoredJob): Promise<boolean> => jobs.delete(id),
  };
}

/** The origin that an output of a job may have besides RunComfy's: each server's sandbox has its own port. */
function ownOrigin(job: Job, config: Config): string | undefined {
  const url = (config.sandbox && job.urls?.[0]) || config.baseUrl;
  return URL.canParse(url) ? loopbackOrigin(url) : undefined;
}
