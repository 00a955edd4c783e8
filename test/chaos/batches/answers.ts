import { parseHandle } from '../../../src/jobs/handle.ts';
import type { Answered } from '../../support/host.ts';
import type { Said } from '../witness.ts';

/** What an answer tells of one job of a batch. */
export interface MemberTold {
  /** From 0. */
  place: number;
  said: Said;
  requestId?: string;
  url?: string;
  /** Whether upstream has it, and goes on with it. */
  isUnderWay: boolean;
}

/** What an answer tells of a batch. */
export interface BatchTold {
  /** The id, where the answer has it. */
  batch?: string;
  members: MemberTold[];
  /** Whether it tells the end of all: only then does it count as delivered. */
  isWhole: boolean;
}

interface Row {
  n: number;
  status: string;
  request_id?: string | undefined;
  reason?: string | undefined;
}

const GO_ON = ['reserved', 'submitting', 'in_queue', 'in_progress'];
const UNDER_WAY = ['in_queue', 'in_progress'];
// A batch that made nothing is an error, which has its rows only as text: `1-2, 4 unknown (request_id r): why`.
const NONE_MADE = /^None of the \d+ pictures was made\. /;
const NUMBERS = /\d+(?:-\d+)?(?:, \d+(?:-\d+)?)*/.source;
const STATUS = 'unknown|failed|cancelled|not submitted|ended without';
const ROW = new RegExp(`(?<=\\. )(${NUMBERS}) (${STATUS})(?: \\(request_id ([^)]+)\\))?(?:: ([^.]+))?`, 'g');

/** What an answer tells of each job of a batch; undefined if it tells of none, as nothing was submitted. */
export function readBatchAnswer({ isError, text, data }: Answered): BatchTold | undefined {
  if (isError) {
    if (!NONE_MADE.test(text)) return undefined;
    const members = [...text.matchAll(ROW)].flatMap(([, numbers = '', status = '', request_id, reason]) =>
      numbersIn(numbers).map((n) =>
        toldBy({ n, status: status.replace(' ', '_'), request_id, reason }, true),
      ),
    );
    return { members, isWhole: true };
  }
  const { batch = '', images = [], others = [] } = data as unknown as Partial<BatchData>;
  const isWhole = others.every(({ status }) => !GO_ON.includes(status));
  const done = images.map(({ n, handle, url }): MemberTold => {
    const { requestId = '' } = parseHandle(handle) ?? {};
    return { place: n - 1, said: isWhole ? 'ended' : 'shown', requestId, url, isUnderWay: false };
  });
  const members = [...done, ...others.map((row) => toldBy(row, isWhole))];
  return { batch: batch.replace('batch:', ''), members, isWhole };
}

interface BatchData {
  batch: string;
  images: { n: number; handle: string; url: string }[];
  others: Row[];
}

function toldBy({ n, status, request_id, reason }: Row, isWhole: boolean): MemberTold {
  return {
    place: n - 1,
    said: saidOf(status, reason, isWhole),
    ...(request_id !== undefined && { requestId: request_id }),
    isUnderWay: UNDER_WAY.includes(status),
  };
}

function saidOf(status: string, reason: string | undefined, isWhole: boolean): Said {
  if (GO_ON.includes(status)) return 'goes_on';
  if (status === 'not_submitted' || status === 'failed') return 'refused';
  if (status !== 'unknown') return isWhole ? 'ended' : 'shown';
  if (/^Job \S+ is gone/.test(reason ?? '')) return 'gone';
  // Only the call that submitted it knows why.
  return reason === undefined || reason.startsWith('An identical call') ? 'earlier_unknown' : 'unknown';
}

/** The numbers of `1-3, 5`. */
const numbersIn = (text: string): number[] =>
  text.split(', ').flatMap((span) => {
    const [first = 0, last = first] = span.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, nth) => first + nth);
  });
