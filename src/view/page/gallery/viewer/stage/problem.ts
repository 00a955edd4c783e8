import type { GalleryOutput, Problem } from '../../../../gallery-api.ts';

const TITLES: Record<NonNullable<Problem['reason']>, string> = {
  'not kept': 'This one was not kept',
  expired: 'Its link has expired',
  network: 'It could not be loaded',
  'not trusted': 'Not shown',
  other: '',
};

/** Why what is at a URL of the gallery cannot be shown. Throws the signal's reason. */
export async function problemAt(url: string, signal: AbortSignal): Promise<Problem> {
  const response = await fetch(url, { signal }).catch(() => undefined);
  signal.throwIfAborted();
  if (!response)
    return { error: 'The gallery has ended. Start it again for a new address.', reason: 'network' };
  if (!response.ok) {
    const problem: Partial<Problem> = await response.json().catch(() => ({}));
    return { error: 'The gallery does not say why.', ...problem };
  }
  // It may be a long video.
  await response.body?.cancel();
  return { error: 'This browser cannot make anything of the file. You can still download it.' };
}

export const titleOfProblem = ({ reason = 'other' }: Problem, kind: GalleryOutput['kind']): string =>
  TITLES[reason] || (kind === 'image' ? 'It cannot be shown' : 'It cannot be played');

/** Whether another try would find the same. */
export const isForGood = ({ reason = 'other' }: Problem): boolean =>
  reason !== 'network' && reason !== 'other';
