import type { JobState } from '../jobs/job.ts';
import type { Estimate } from '../jobs/spending/estimates.ts';

// What the gallery's page and its server tell each other. All paths are below the secret one:
//   GET  jobs                        all jobs, newest first: GalleryJob[]
//   GET  jobs/ID                     one of them in full: GalleryDetails
//   GET  events                      server-sent events: GalleryEvents by name, each as one line of JSON
//   GET  pictures/ID/INDEX           a picture, small
//   GET  originals/ID/INDEX          an output as it was made, or a Range of it; ?download has it saved
//   PUT, DELETE jobs/ID/favourite    204
//   DELETE jobs/ID                   204
// What fails is a Problem.

/** A recorded job, as it stands in the list. */
export interface GalleryJob {
  id: string;
  /** Rises with every change. */
  revision: number;
  status: JobState;
  model: string;
  /** Cut to some 2,000 characters. */
  prompt?: string | undefined;
  request_id?: string | undefined;
  /** Times in ISO 8601. */
  submitted_at?: string | undefined;
  started_at?: string | undefined;
  finished_at?: string | undefined;
  queue_position?: number | undefined;
  /** In USD. */
  cost_usd?: number | undefined;
  /** RunComfy's words about a failure. */
  error?: string | undefined;
  favourite?: true | undefined;
  /** Of which batch it is, which of its `size` jobs, counted from 0. */
  batch?: { id: string; index: number; size: number } | undefined;
  /** Width / height that its input asks for. */
  aspect?: number | undefined;
  outputs: GalleryOutput[];
}

export interface GalleryOutput {
  kind: 'image' | 'video' | 'audio' | '3d';
  /** In pixels, where they are known. */
  width?: number | undefined;
  height?: number | undefined;
  /** False if it is not on a RunComfy host: then it is never loaded. */
  trusted?: false | undefined;
}

/** A job with all that is known of it. */
export interface GalleryDetails extends GalleryJob {
  /** Its input but for the prompt and the references. */
  settings: Record<string, unknown>;
  /**
   * Its whole input as an agent gives it to have the same made again, with files by their paths. What is too long to be
   * copied is left out, and named in `cut`.
   */
  input: Record<string, unknown>;
  cut: string[];
  /** What an edit began from. */
  references: GalleryReference[];
  /** What it is estimated to cost, as its cost was not reported; absent if that is unknown. In USD. */
  estimate?: Estimate | undefined;
  outputs: (GalleryOutput & GalleryFile)[];
}

/** Where an output is. */
export interface GalleryFile {
  url: string;
  /** `job:…`, by which agents name it. */
  handle: string;
  /** MIME type and bytes, where they are known. */
  type?: string | undefined;
  bytes?: number | undefined;
  /** Whether this machine keeps it. */
  kept: boolean;
  /** Paths of copies that are still there. */
  saved: string[];
}

export interface GalleryReference {
  /** The field of the input; `a.b` for one inside another. */
  field: string;
  /** `job:…`, a URL, or a file's path. */
  text: string;
  /** The file's name. */
  name?: string | undefined;
  /** Which picture of which job on record it is. */
  job?: { id: string; index: number } | undefined;
}

/** What went wrong, in words for people. */
export interface Problem {
  error: string;
  /**
   * Why a picture cannot be shown. Its link has `expired` and it was never kept, or it was kept once and is `not kept` any
   * more; after `network` it may work later.
   */
  reason?: 'not kept' | 'expired' | 'network' | 'not trusted' | 'other';
}

export interface GalleryEvents {
  /** Jobs that are new or have changed, newest first, and the ids of those that are gone. */
  change: { jobs: GalleryJob[]; gone: string[] };
  /** What keeps the list from being up to date, for people; empty once nothing does. Told to each page that connects. */
  problem: { text: string };
  /** Every 15 seconds, so that a page can tell a server that stands still from one that has nothing to tell. */
  beat: Record<string, never>;
}
