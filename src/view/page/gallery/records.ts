import type { GalleryDetails, GalleryEvents, GalleryJob, Problem } from '../../gallery-api.ts';

const ENDED = 'The gallery has ended. Start it again for a new address.';
const SILENT = 'The gallery is not answering right now. This page keeps trying.';
// In ms: browsers try again by themselves, unless it was answered.
const RETRY = 3_000;
// In ms: a process that was stopped keeps its connections. More than twice the time from beat to beat.
const SILENT_FOR = 40_000;

/** Asks the gallery's server. Throws what to tell the user. */
async function ask(path: string, method = 'GET'): Promise<Response> {
  const response = await fetch(path, { method }).catch(() => undefined);
  if (!response) throw new Error(ENDED);
  if (response.ok) return response;
  throw new Error((await problemIn(response)).error);
}

async function problemIn(response: Response): Promise<Problem> {
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  return { ...problem, error: problem.error ?? 'The gallery failed.' };
}

/** All recorded jobs, newest first. */
export const fetchJobs = async (): Promise<GalleryJob[]> => (await ask('jobs')).json();

export const fetchDetails = async (id: string): Promise<GalleryDetails> => (await ask(`jobs/${id}`)).json();

export const setFavourite = (id: string, isFavourite: boolean): Promise<unknown> =>
  ask(`jobs/${id}/favourite`, isFavourite ? 'PUT' : 'DELETE');

/** Deletes a job, its prompt and its pictures. */
export const deleteJob = (id: string): Promise<unknown> => ask(`jobs/${id}`, 'DELETE');

/** Where a picture is, small; what fails there is a Problem. */
export const pictureUrl = (id: string, index: number): string => `pictures/${id}/${index}`;

/** Why a small picture cannot be had; undefined if it can. */
export async function fetchProblem(id: string, index: number): Promise<Problem | undefined> {
  const response = await fetch(pictureUrl(id, index)).catch(() => undefined);
  if (!response) return { error: ENDED, reason: 'network' };
  if (!response.ok) return problemIn(response);
  await response.body?.cancel();
  return undefined;
}

/** Where an output is, as it was made. */
export const originalUrl = (id: string, index: number): string => `originals/${id}/${index}`;

export interface Listener {
  /** All there is, at first and whenever the gallery is back. */
  onJobs(jobs: GalleryJob[]): void;
  onChange(change: GalleryEvents['change']): void;
  onProblem(problem: GalleryEvents['problem']): void;
  onLost(why: string): void;
}

/** Listens to what there is and what changes, for as long as the page is open. */
export function listen(on: Listener): void {
  const events = new EventSource('events');
  /** What came while all was being fetched, which may be older. */
  let early: GalleryEvents['change'][] | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  hearAnything();

  events.onopen = async () => {
    hearAnything();
    // Whatever was wrong is told anew if it still is.
    on.onProblem({ text: '' });
    const mine: GalleryEvents['change'][] = [];
    early = mine;
    try {
      const jobs = await fetchJobs();
      if (early !== mine) return;
      early = undefined;
      on.onJobs(jobs);
      for (const change of mine) on.onChange(change);
    } catch (error) {
      if (early !== mine) return;
      on.onLost((error as Error).message);
      again();
    }
  };
  events.onerror = () => {
    early = undefined;
    on.onLost(ENDED);
    if (events.readyState === EventSource.CLOSED) again();
  };
  hear('change', (change) => (early ? early.push(change) : on.onChange(change)));
  hear('problem', on.onProblem);
  hear('beat', () => {});

  function hearAnything(): void {
    clearTimeout(silence);
    silence = setTimeout(() => {
      on.onLost(SILENT);
      again();
    }, SILENT_FOR);
  }
  function again(): void {
    clearTimeout(silence);
    early = undefined;
    events.close();
    setTimeout(() => listen(on), RETRY);
  }
  function hear<Name extends keyof GalleryEvents>(name: Name, take: (data: GalleryEvents[Name]) => void) {
    events.addEventListener(name, ({ data }) => {
      hearAnything();
      take(JSON.parse(data));
    });
  }
}
