import { REQUEST_ID } from '../runcomfy/replies.ts';

/** How agents name an output of a job: `job:<request id>#<number>`, counted from 1. */
export const formatHandle = (requestId: string, index: number): string => `job:${requestId}#${index + 1}`;

/** What a handle names; `#1` where the number is left out. Undefined if the text is no handle. */
export function parseHandle(text: string): { requestId: string; index: number } | undefined {
  if (!text.startsWith('job:') || text.length > MAX_LENGTH) return undefined;
  const [requestId = '', number = '1', ...more] = text.slice('job:'.length).split('#');
  if (more.length > 0 || !REQUEST_ID.test(requestId) || !/^[1-9]\d{0,2}$/.test(number)) return undefined;
  return { requestId, index: Number(number) - 1 };
}

// In characters: longer than any request id with what is around it.
const MAX_LENGTH = 200;
