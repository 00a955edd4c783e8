import type { CompleteResult } from '@modelcontextprotocol/server';
import { type Clock, unlessAborted, within } from '../../clock.ts';
import { formatHandle } from '../../jobs/handle.ts';
import { type Job, jobOutputs } from '../../jobs/job.ts';
import type { Jobs } from '../../jobs/service.ts';
import type { Log } from '../../log.ts';
import type { Catalogue } from '../../models/catalogue.ts';
import { jobFilter } from '../../tools/list-image-jobs.ts';
import type { Tool } from '../../tools/support/define.ts';

export interface CompletionOptions {
  tools: readonly Tool[];
  jobs: Pick<Jobs, 'list'>;
  catalogue: Pick<Catalogue, 'knownIds'>;
  clock: Clock;
  log: Log;
}

export type Complete = (from: 'models' | 'pictures', typed: string) => Promise<CompleteResult['completion']>;

// The protocol's.
const MAX_VALUES = 100;
// In characters: longer than any model id, handle or words by which somebody looks for a picture.
const MAX_TYPED = 200;
// In ms: somebody is typing.
const MAX_WAIT = 1_000;

/** Makes what completes the arguments of prompts from what is on this machine. It never fails: then there is nothing to offer. */
export function createComplete({ tools, jobs, catalogue, clock, log }: CompletionOptions): Complete {
  /** Tools of models and their ids, then all of the catalogue. */
  async function models(typed: string): Promise<string[]> {
    const own = tools.flatMap(({ name, model }) => (model ? [{ name, id: model.id }] : []));
    const names = [
      ...own.map(({ name }) => name),
      ...own.map(({ id }) => id),
      ...(await catalogue.knownIds()),
    ];
    const word = typed.toLowerCase();
    const fitting = [...new Set(names)].filter((name) => name.toLowerCase().includes(word));
    const begins = (name: string) => name.toLowerCase().startsWith(word);
    return [...fitting.filter(begins), ...fitting.filter((name) => !begins(name))];
  }

  /** The newest pictures whose handles begin like this, or whose prompts have these words. */
  async function pictures(typed: string): Promise<string[]> {
    const hasWords = jobFilter(typed, '');
    const handles = (job: Job) => {
      const all = jobOutputs(job).flatMap(({ kind }, index) =>
        kind === 'image' ? formatHandle(job.request_id as string, index) : [],
      );
      return hasWords(job) ? all : all.filter((handle) => handle.startsWith(typed));
    };
    const fits = (job: Job) => handles(job).length > 0;
    const found = await jobs.list({ states: ['succeeded'], fits, limit: MAX_VALUES + 1 });
    return found.flatMap(handles);
  }

  const search = { models, pictures };
  return async (from, typed) => {
    const late = new Error(`not found within ${MAX_WAIT / 1000} s`);
    const inTime = (signal: AbortSignal) => unlessAborted(search[from](typed), signal);
    if (typed.length > MAX_TYPED) return { values: [] };
    const found = await within(clock, MAX_WAIT, late, inTime).catch((error) => {
      log.info(`nothing is offered for ${from}: ${error.message}`);
      return [];
    });
    return { values: found.slice(0, MAX_VALUES), hasMore: found.length > MAX_VALUES };
  };
}
