import type { ShownJob } from './job.ts';

/** A recorded job as the gallery's server lists it. */
export interface RecordedJob extends ShownJob {
  id: string;
  /** Whether RunComfy may have news of it. */
  open: boolean;
}

let lastText = '';

/** All recorded jobs, newest first; undefined if nothing changed. Throws what to tell the user. */
export async function fetchJobs(): Promise<RecordedJob[] | undefined> {
  const response = await fetch('jobs').catch(() => undefined);
  if (!response) throw new Error('The gallery was ended. Start it again for a new address.');
  if (!response.ok) throw new Error((await response.json()).error);
  const text = await response.text();
  if (text === lastText) return undefined;
  lastText = text;
  return JSON.parse(text);
}

/** Polls a job at RunComfy and records what it says. Throws what to tell the user. */
export async function collectJob({ id }: RecordedJob): Promise<RecordedJob> {
  const response = await fetch(`jobs/${id}/collect`, { method: 'POST' }).catch(() => undefined);
  const body = await response?.json().catch(() => undefined);
  if (!response?.ok) throw new Error(body?.error ?? 'The gallery does not answer.');
  return body;
}
