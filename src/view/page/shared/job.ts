import type { JobState } from '../../../jobs/job.ts';

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

export const isActive = ({ status }: { status: string }): boolean => ACTIVE.includes(status);

/** A job's state in words, with its position in the queue. */
export function stateWords({
  status,
  queue_position,
}: {
  status: string;
  queue_position?: number | undefined;
}): string {
  const state = STATES[status as JobState] ?? status;
  return queue_position === undefined ? state : `${state}, position ${queue_position}`;
}
