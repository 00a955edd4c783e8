import type { SandboxJob } from '../../../src/sandbox/engine.ts';
import type { Death } from './fleet.ts';
import type { Wish } from './users.ts';

/** What is held against each other at the end of a run. */
export interface Evidence {
  wishes: readonly Wish[];
  /** What upstream accepted, and so charges for. */
  accepted: readonly SandboxJob[];
  /** The request ids of the pictures that left the replicas whole, whoever read them. */
  answered: ReadonlySet<string>;
  kills: readonly Death[];
  frozen: readonly Death[];
  /** The request ids that the service knows, asked for one by one. */
  known: ReadonlySet<string>;
}

export interface Verdict {
  /** The pictures that did not arrive, and the jobs that the service does not know though nobody was told so. */
  lost: string[];
  paidTwice: string[];
  /** What was told as unknown though no replica had died or frozen with that call. */
  unfounded: string[];
  /** How often a job was told as unknown. */
  unknown: number;
  /** For each of them whose job was accepted: how long before the death of its replica that was, in ms. */
  beforeDeath: number[];
  /** Answers that had left when nobody waited for them any more: the next call makes a new picture. */
  crossed: number;
  /** How long a repeated call took after the death of the replica that had it, in ms. */
  takeOvers: number[];
  /** Those that took longer than they may. */
  late: string[];
}

/** How long a repeated call may wait for a replica that died, in ms: until it is gone, two beats, and a second for the rest. */
export const TAKE_OVER_BOUND = 6_000 + 2 * 2_000 + 1_000;

// A call counts as ended by a kill if it is noticed within so many ms.
const NOTICED_WITHIN = 500;

/** Holds what the users got and were told against what upstream accepted. */
export function judge({ wishes, accepted, answered, kills, frozen, known }: Evidence): Verdict {
  const verdict: Verdict = {
    lost: [],
    paidTwice: [],
    unfounded: [],
    unknown: 0,
    beforeDeath: [],
    crossed: 0,
    takeOvers: [],
    late: [],
  };
  for (const wish of wishes) {
    const { prompt, got, doubts } = wish;
    const own = accepted.filter(({ input }) => input.prompt === prompt);
    const crossed = own.filter(({ id }) => id !== got && answered.has(id)).length;
    verdict.crossed += crossed;
    verdict.unknown += doubts.length;
    if (!got) verdict.lost.push(`${prompt}: its user has no picture`);
    const strange = own.filter(({ id }) => !known.has(id));
    if (strange.length > doubts.length)
      verdict.lost.push(`${prompt}: ${strange.length} unknown to the service, told ${doubts.length} times`);
    if (own.length > 1 + doubts.length + crossed)
      verdict.paidTwice.push(
        `${prompt}: ${own.length} jobs, ${doubts.length} told as unknown, ${crossed} crossed`,
      );
    const deaths = [...kills, ...frozen].filter(({ prompts }) => prompts.includes(prompt));
    if (doubts.length > deaths.length)
      verdict.unfounded.push(`${prompt}: ${doubts.length} times, ${deaths.length} deaths`);
    if (doubts.length > 0) verdict.beforeDeath.push(...strange.flatMap((job) => untilDeath(job, deaths)));
    const times = takeOversOf(wish, own, { kills, frozen });
    verdict.takeOvers.push(...times);
    for (const ms of times)
      if (ms > TAKE_OVER_BOUND) verdict.late.push(`${prompt}: taken over after ${Math.round(ms)} ms`);
  }
  return verdict;
}

const wall = (at: number) => performance.timeOrigin + at;

/** How long after a job was accepted the replica died that had sent it. */
function untilDeath({ submittedAt }: SandboxJob, deaths: readonly Death[]): number[] {
  const [first] = deaths.map(({ at }) => wall(at) - submittedAt).filter((ms) => ms > -NOTICED_WITHIN);
  return first === undefined ? [] : [first];
}

/** How long it took from the death of a replica, or the end of the job if that was later, to the answer of the next call. */
function takeOversOf(
  { prompt, got, calls }: Wish,
  own: readonly SandboxJob[],
  { kills, frozen }: Pick<Evidence, 'kills' | 'frozen'>,
): number[] {
  const [call, before] = [calls.at(-1), calls.at(-2)];
  const job = own.find(({ id }) => id === got);
  if (!call || !before || before.outcome !== 'connection_lost' || before.isCut || !job) return [];
  const kill = kills.find(
    ({ at, prompts }) => prompts.includes(prompt) && before.to >= at && before.to < at + NOTICED_WITHIN,
  );
  // Where the call had not been sent yet the next one sends it.
  if (!kill || job.submittedAt > wall(kill.at)) return [];
  // The next one may have met a replica that was frozen.
  if (frozen.some(({ at, until = at }) => at < call.to && until > call.from)) return [];
  return [wall(call.to) - Math.max(wall(kill.at), job.endsAt ?? 0)];
}
