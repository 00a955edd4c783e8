import type { JobState } from '../../jobs/job.ts';

/** A picture of a job, as the server describes it. */
export interface Picture {
  url: string;
  /** What it is instead, if it is no image. */
  kind?: keyof typeof KINDS;
  /** False if its host is not RunComfy's: then its URL is shown, never loaded. */
  trusted?: boolean;
  width?: number;
  height?: number;
  /** What to show instead of the original, and if that fails. */
  thumbnail?: string;
  fallback?: string;
}

/** A job as a page shows it; any text in it may come from outside. */
export interface ShownJob {
  status: string;
  model?: string;
  prompt?: string;
  pictures: Picture[];
  request_id?: string;
  queue_position?: number;
  submitted_at?: string;
  elapsed_seconds?: number;
  cost_usd?: number;
  /** What went wrong, and other remarks, in plain words. */
  error?: string;
  note?: string;
  /** The aspect ratio that the pictures will have, if the input says. */
  aspect?: number;
}

/** What an output that is no image is called. */
export const KINDS = { video: 'Video', audio: 'Audio', '3d': '3D model' } as const;

const STATES: Record<JobState, string> = {
  reserved: 'Not submitted yet',
  submitting: 'Submitted',
  in_queue: 'In the queue',
  in_progress: 'In progress',
  succeeded: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  unknown: 'Unknown: it may exist and be charged',
};
const ACTIVE: readonly string[] = ['reserved', 'submitting', 'in_queue', 'in_progress'] satisfies JobState[];

export const isActive = ({ status }: ShownJob): boolean => ACTIVE.includes(status);

/** A job's state in words, with its position in the queue. */
export function stateWords({ status, queue_position }: Pick<ShownJob, 'status' | 'queue_position'>): string {
  const state = STATES[status as JobState] ?? status;
  return queue_position === undefined ? state : `${state}, position ${queue_position}`;
}

/** The aspect ratio that the arguments of a call ask for: `16:9`, `1536x1024`. */
export function aspectOf({ aspect_ratio, image_size, size }: Record<string, unknown>): number | undefined {
  const asked = String(aspect_ratio ?? image_size ?? size);
  const [, width, height] = /^([1-9]\d*)[:x]([1-9]\d*)$/.exec(asked) ?? [];
  return width ? Number(width) / Number(height) : undefined;
}
