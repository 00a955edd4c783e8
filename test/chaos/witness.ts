import type { Answered, ServerSetup } from '../support/host.ts';
import { readBatchAnswer } from './batches/answers.ts';
import type { Place } from './servers.ts';

/** A server process. */
export interface Process {
  place: Place;
  /** When it was killed, or has to be gone after its client left, by `performance.now()`. */
  endsAt?: number;
}

/**
 * What an answer says about the job: it ended, it goes on, that of this call or of an earlier one may exist, RunComfy
 * does not know it any more, or there is none. `shown` is one of a batch that ended before others did.
 */
export type Said = 'ended' | 'shown' | 'goes_on' | 'unknown' | 'earlier_unknown' | 'gone' | 'refused';

/** What an answer that left a server whole said of a job, whether or not anybody waited for it still. */
export interface Telling {
  process: Process;
  /** When it was read, by `performance.now()`: it had been written before. */
  at: number;
  said: Said;
  /** False where its client had given the call up. */
  isWanted: boolean;
  /** Absent where the call was about a request id. */
  prompt?: string;
  requestId?: string;
  url?: string;
  /** Of a job of a batch: which, as far as the call or its answer names the batch, and whether others go on. */
  batch?: string;
  place?: number;
  isPartial?: boolean;
}

export interface Witness {
  /** What a server's clients tell the answers to that they read. */
  of(process: Process): NonNullable<ServerSetup['onAnswer']>;
  readonly tellings: readonly Telling[];
}

/** The truth about what left the servers, to hold their records against. */
export function createWitness(): Witness {
  const tellings: Telling[] = [];
  return {
    tellings,
    of: (process) => (args, answer, isWanted) => {
      const at = performance.now();
      for (const one of isBatch(args) ? tellingsOfBatch(args, answer) : [tellingOf(args, answer)])
        tellings.push({ process, at, isWanted, ...one });
    },
  };
}

type Told = Omit<Telling, 'process' | 'at' | 'isWanted'>;

function tellingOf(args: Args, answer: Answered): Told {
  const prompt = promptOf(args);
  const { request_id = goneId(answer.text), images } = answer.data as {
    request_id?: string;
    images?: { url: string }[];
  };
  const url = images?.[0]?.url;
  return {
    said: saidBy(answer),
    ...(prompt !== undefined && { prompt }),
    ...(request_id !== undefined && { requestId: request_id }),
    ...(url !== undefined && { url }),
  };
}

function tellingsOfBatch({ jobs, request_id }: Args, answer: Answered): Told[] {
  const told = readBatchAnswer(answer);
  const batch = told?.batch ?? request_id?.replace('batch:', '');
  return (told?.members ?? []).map(({ isUnderWay: _, ...member }) => {
    const prompt = jobs?.[member.place]?.input.prompt;
    const isPartial = !told?.isWhole;
    return {
      ...member,
      isPartial,
      ...(batch !== undefined && { batch }),
      ...(prompt !== undefined && { prompt }),
    };
  });
}

/** The arguments of the tools that users call, as far as the witness looks at them. */
interface Args {
  prompt?: string;
  input?: { prompt?: string };
  jobs?: { input: { prompt: string } }[];
  request_id?: string;
}

const isBatch = ({ jobs, request_id = '' }: Args): boolean =>
  jobs !== undefined || request_id.startsWith('batch:');

const promptOf = ({ prompt, input }: Args): string | undefined => prompt ?? input?.prompt;

const goneId = (text: string): string | undefined => /^Job (\S+) is gone/.exec(text)?.[1];

const ENDED = ['succeeded', 'cancelled'];

export function saidBy({ isError, text, data }: Answered): Said {
  if (!isError) return ENDED.includes(String(data.status)) ? 'ended' : 'goes_on';
  if (text.endsWith('[unknown_request]')) return 'gone';
  if (!text.endsWith('[submit_unknown]')) return 'refused';
  return text.startsWith('An identical call') ? 'earlier_unknown' : 'unknown';
}
