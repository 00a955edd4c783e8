import { REQUEST_ID } from '../runcomfy/replies.ts';

const HANDLE = /^job:([^#]*)(?:#(\d{1,3}))?$/;

/** What names an output of a job: its place counts from 1, its index from 0. */
export const formatHandle = (requestId: string, index: number): string => `job:${requestId}#${index + 1}`;

/** The short form for the first output of a job. */
export const firstHandle = (requestId: string): string => `job:${requestId}`;

/** Reads a handle; without a place it names the first output. Undefined for any other text. */
export function parseHandle(text: string): { requestId: string; index: number } | undefined {
  const [, requestId = '', place = '1'] = HANDLE.exec(text) ?? [];
  const index = Number(place) - 1;
  return REQUEST_ID.test(requestId) && index >= 0 ? { requestId, index } : undefined;
}

const BATCH = /^batch:([0-9a-f]{24})$/;

/** What names a batch of jobs. */
export const formatBatch = (id: string): string => `batch:${id}`;

/** The id in the name of a batch; undefined for any other text. */
export const parseBatch = (text: string): string | undefined => BATCH.exec(text)?.[1];
