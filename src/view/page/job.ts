/** A picture of a job, as the server tells of it. */
export interface Picture {
  /** The original. */
  url: string;
  /** False where its host is not RunComfy's: told, never loaded. */
  trusted?: boolean;
  width?: number;
  height?: number;
  /** What to show instead of the original, and what to fall back on. */
  thumbnail?: string;
  fallback?: string;
}

/** A job as a page shows it; everything in it may come from outside. */
export interface Shown {
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
  /** Width by height that the pictures will have, where the input tells. */
  shape?: number;
}

const ACTIVE = ['submitting', 'in_queue', 'in_progress'];
export const isActive = ({ status }: Shown): boolean => ACTIVE.includes(status);

const STATES: Record<string, string> = {
  submitting: 'Submitted',
  in_queue: 'In the queue',
  in_progress: 'In progress',
  succeeded: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  unknown: 'Unknown: it may exist and be charged',
};

/** A job's state in words, with its position in the queue. */
export function stateWords({ status, queue_position }: Shown): string {
  const state = STATES[status] ?? status;
  return queue_position === undefined ? state : `${state}, position ${queue_position}`;
}

/** A time span in words; `seconds` may be a fraction. */
export function spanWords(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Width by height out of a call's arguments: `16:9`, `1536x1024`. */
export function shapeOf(input: Record<string, unknown>): number | undefined {
  const { aspect_ratio, image_size, size } = input;
  const [, width, height] =
    /^([1-9]\d*)[:x]([1-9]\d*)$/.exec(String(aspect_ratio ?? image_size ?? size)) ?? [];
  return width ? Number(width) / Number(height) : undefined;
}

/** Whether a text is a URL that a page may link or load. */
export const isWebUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
