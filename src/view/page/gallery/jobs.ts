import type { GalleryEvents, GalleryJob } from '../../gallery-api.ts';

/** The jobs that the page knows, newest first. */
export function createJobs() {
  let byId = new Map<string, GalleryJob>();
  let sorted: GalleryJob[] | undefined;
  return {
    /** All of them, as the server lists them now. */
    reset(jobs: readonly GalleryJob[]): void {
      byId = new Map(jobs.map((job) => [job.id, job]));
      sorted = undefined;
    },
    apply({ jobs, gone }: GalleryEvents['change']): void {
      for (const id of gone) byId.delete(id);
      for (const job of jobs) if (!((byId.get(job.id)?.revision ?? 0) > job.revision)) byId.set(job.id, job);
      sorted = undefined;
    },
    get: (id: string): GalleryJob | undefined => byId.get(id),
    all(): readonly GalleryJob[] {
      // An id begins with the time of its submit.
      sorted ??= [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
      return sorted;
    },
  };
}
