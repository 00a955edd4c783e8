import type { JobState } from '../../jobs/job.ts';
import type { Estimate } from '../../jobs/spending/estimates.ts';
import type { MediaKind } from '../../runcomfy/outputs.ts';

/** What `peek_image_job` tells the view of a job, besides what every result says of one. Nothing of it goes to a model. */
export interface PeekedJob {
  /**
   * The tool that makes such pictures, and the arguments with which that would make this one again. Without arguments
   * where the input is not known: of a job that another program submitted.
   */
  tool: string;
  arguments: Record<string, unknown>;
  /** The model's name for people; empty where nothing tells the model. */
  title: string;
  /** The tool takes a seed, so that another one makes another picture. */
  seeded?: true | undefined;
  /** How long it has been running, and how long such jobs run as a rule; absent where that is not known. */
  running_seconds?: number | undefined;
  expected_seconds?: number | undefined;
  /** What such a job costs; absent if that is unknown. In USD. */
  estimate?: Estimate | undefined;
  /** RunComfy's words about a failure: a failed job is no error here. */
  error?: string | undefined;
  /** RunComfy refused the prompt or a picture, as it found it unsafe. */
  refused?: true | undefined;
}

/** What every result says of a job, as the view gets it. */
export interface PeekedState {
  /** Absent until RunComfy has taken the job. */
  request_id?: string | undefined;
  model: string;
  status: JobState | 'not_submitted' | 'deleted';
  queue_position?: number | undefined;
  /** ISO 8601. */
  submitted_at?: string | undefined;
  finished_at?: string | undefined;
  elapsed_seconds?: number | undefined;
  /** In USD. */
  cost_usd?: number | undefined;
  images: PeekedOutput[];
}

export interface PeekedOutput {
  handle: string;
  url: string;
  /** What it is, unless an image. */
  kind?: Exclude<MediaKind, 'image'> | undefined;
  /** False if it is not on a RunComfy host. */
  trusted?: false | undefined;
  /** What is known of it since it was fetched; sizes in pixels. */
  type?: string | undefined;
  bytes?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
  transparent?: true | undefined;
}

/** What it tells of a batch: a job for each of its members, by their places. */
export interface PeekedBatch {
  /** `batch:…` */
  batch: string;
  /** Whether anything more is expected of it. */
  status: 'in_progress' | 'ended';
  /** One that is `not_submitted` or `deleted` is `unknown` as a model, and has no title and no arguments. */
  jobs: (PeekedJob & PeekedState)[];
}

/** In the `_meta` of a failed call's result, for hosts that show pages: its `CallFailure`. */
export const FAILURE = 'runcomfy-image-mcp/failure';
