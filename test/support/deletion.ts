import { onTestFinished } from 'vitest';
import { createProgram } from '../../src/program.ts';
import { readRecords } from './books.ts';
import { type Connected, eventually } from './program.ts';

/** What the user has open beside the server, as the gallery is. */
export function beside({ config, clock }: Pick<Connected, 'config' | 'clock'>) {
  const program = createProgram(config, { clock, random: Math.random, writeLog: () => {} });
  onTestFinished(() => program.close());
  const idOf = async (requestId: string) => (await program.store.byRequestId(requestId))?.id ?? '';
  return { ...program, erase: async (requestId: string) => program.jobs.delete(await idOf(requestId)) };
}

export const call = ({ client }: Pick<Connected, 'client'>, name: string, args: object = {}) =>
  client.callTool({ name, arguments: { ...args } });
export const dataOf = ({ structuredContent }: { structuredContent?: unknown }) =>
  structuredContent as {
    request_id: string;
    batch: string;
    images: { n?: number; url: string; handle: string }[];
    jobs: unknown[];
  };
/** Resolves when no call follows any job on record. */
export const released = ({ config }: Pick<Connected, 'config'>) =>
  eventually(() => readRecords(config.dataDir).flatMap(({ lease }) => lease ?? [])).toEqual([]);
