import type { Answered, ServerSetup } from '../support/host.ts';
import type { Place } from './servers.ts';

/** A server process. */
export interface Process {
  place: Place;
  /** When it was killed, or has to be gone after its client left, by `performance.now()`. */
  endsAt?: number;
}

/**
 * What an answer says about the job: it ended, it goes on, that of this call or of an earlier one may exist, RunComfy
 * does not know it any more, or there is none.
 */
export type Said = 'ended' | 'goes_on' | 'unknown' | 'earlier_unknown' | 'gone' | 'refused';

/** An answer that left a server whole, whether or not anybody waited for it still. */
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
      const prompt = promptOf(args);
      const { request_id = goneId(answer.text), images } = answer.data as {
        request_id?: string;
        images?: { url: string }[];
      };
      const url = images?.[0]?.url;
      tellings.push({
        process,
        at: performance.now(),
        said: saidBy(answer),
        isWanted,
        ...(prompt !== undefined && { prompt }),
        ...(request_id !== undefined && { requestId: request_id }),
        ...(url !== undefined && { url }),
      });
    },
  };
}

const promptOf = ({ prompt, input }: Record<string, unknown>): string | undefined =>
  (prompt as string | undefined) ?? (input as { prompt?: string } | undefined)?.prompt;

const goneId = (text: string): string | undefined => /^Job (\S+) is gone/.exec(text)?.[1];

const ENDED = ['succeeded', 'cancelled'];

export function saidBy({ isError, text, data }: Answered): Said {
  if (!isError) return ENDED.includes(String(data.status)) ? 'ended' : 'goes_on';
  if (text.endsWith('[unknown_request]')) return 'gone';
  if (!text.endsWith('[submit_unknown]')) return 'refused';
  return text.startsWith('An identical call') ? 'earlier_unknown' : 'unknown';
}
