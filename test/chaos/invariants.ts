import { sha256Of } from '../../src/images/library/library.ts';
import { isFinal } from '../../src/jobs/job.ts';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import { unrecorded } from '../support/books.ts';
import { judgeBatches } from './batches/invariants.ts';
import { type Evidence, type Indexed, indexed, promptOf } from './evidence.ts';
import { pictureOf } from './library.ts';
import type { Task } from './tasks.ts';

/** Each of these must never happen. */
export const INVARIANTS = {
  lost: 'Upstream accepted it, but no record has it; or it was told as a picture without its URL.',
  paidTwice: 'Upstream accepted more jobs than the users meant.',
  idThrownAway: 'The reply to its submit told the whole request id, but the call said that nothing is known.',
  wrongModel: 'Another model was paid for than the one that was asked for.',
  deliveredUnread: 'It counts as delivered, but its answer did not leave the process whole.',
  undeliveredRead:
    'Its answer was read and the process could have recorded it, but it does not count as delivered.',
  notItsName: 'A file of the library is not what its name says.',
  othersPicture: 'A record claims a picture that is not the one that its job made.',
  otherReference: 'An edit was sent another picture than the one that its call named.',
  shared: 'Two users who wanted a picture each got the same one.',
  placeTwice: 'More than one job was submitted for a place in a batch.',
  outsideBatch: 'A job of a batch is not recorded as such, or at another place than it was told at.',
} as const;
export type Invariant = keyof typeof INVARIANTS;

/** That an invariant does not hold for a task. */
export interface Breach {
  invariant: Invariant;
  prompt: string;
  why: string;
}

export interface Verdict {
  breaches: Breach[];
  /** How many jobs the users wanted or took into the bargain, when they called again after "it may exist". */
  meant: number;
  /** Pictures that left a server whole when its client had given up or was dead: it cannot know that nobody read them. */
  crossed: number;
}

/** Holds what was recorded against what upstream accepted and what the clients read. */
export function judge(evidence: Evidence): Verdict {
  const lost: Breach[] = unrecorded(evidence.accepted, evidence.records).map((job) => ({
    invariant: 'lost',
    prompt: promptOf(job),
    why: `no record has ${job.id}`,
  }));
  const broken: Breach[] = evidence.library.broken.map(({ name, prompt }) => ({
    invariant: 'notItsName',
    prompt,
    why: name,
  }));
  const index = indexed(evidence);
  return evidence.tasks
    .map((task) => judgeTask(task, index))
    .reduce(
      (sum, one) => ({
        breaches: [...sum.breaches, ...one.breaches],
        meant: sum.meant + one.meant,
        crossed: sum.crossed + one.crossed,
      }),
      { breaches: [...lost, ...broken, ...judgeBatches(evidence)], meant: 0, crossed: 0 },
    );
}

function judgeTask(task: Task, index: Indexed): Verdict {
  const { jobsOf, deliveredOf, endingsOf, doubtsOf, ownDoubtsOf, hadTime } = index;
  const { prompt, model, users, got, withheldIds } = task;
  const breaches: Breach[] = [];
  const breach = (invariant: Invariant, why: string) => void breaches.push({ invariant, prompt, why });
  const [jobs, delivered, doubts] = [jobsOf(prompt), deliveredOf(prompt), doubtsOf(prompt)];

  const crossed = delivered.filter(
    ({ request_id = '', state }) =>
      state === 'succeeded' && endingsOf(request_id).length > 0 && !got.includes(request_id),
  ).length;
  const meant = users + doubts.length + crossed;
  if (jobs.length > meant)
    breach(
      'paidTwice',
      `${jobs.length} jobs; ${users} wanted, ${doubts.length} told as unknown, ${crossed} crossed`,
    );
  const own = ownDoubtsOf(prompt).length;
  if (own > withheldIds)
    breach('idThrownAway', `${own} calls knew nothing, ${withheldIds} ids were withheld`);
  for (const job of jobs) if (job.model !== model) breach('wrongModel', `${job.model} instead of ${model}`);

  const doubted = delivered.filter(({ state }) => !isFinal(state));
  if (doubted.length > doubts.length)
    breach('deliveredUnread', `${doubted.length} doubts, of which ${doubts.length} were told`);
  for (const { state, request_id } of delivered)
    if (isFinal(state) && endingsOf(request_id).length === 0)
      breach('deliveredUnread', `${state} ${request_id}`);

  for (const id of got) {
    const endings = endingsOf(id);
    if (endings.some(({ url }) => url === undefined)) breach('lost', `${id} was told without a URL`);
    const read = endings.find((telling) => telling.isWanted && hadTime(telling));
    if (!read || delivered.some(({ request_id }) => request_id === id)) continue;
    const { endsAt = Number.POSITIVE_INFINITY } = read.process;
    breach('undeliveredRead', `${id} was read ${Math.round(endsAt - read.at)} ms before the end`);
  }
  const kept = got.filter((id) => endingsOf(id).every(hadTime));
  if (new Set(kept).size < kept.length) breach('shared', kept.join());
  judgePictures(task, index, breach);
  return { breaches, meant, crossed };
}

type ToldBreach = (invariant: Invariant, why: string) => void;

/** Holds what is recorded of pictures, and what edits were sent, against what upstream drew. */
function judgePictures({ prompt, source }: Task, { jobsOf, recordsOf }: Indexed, breach: ToldBreach) {
  for (const { request_id = '', originals = [] } of recordsOf(prompt))
    for (const [at, original] of originals.entries())
      if (original && original.sha256 !== sha256Of(pictureOf(request_id)))
        breach('othersPicture', `${request_id}#${at + 1}`);
  if (!source) return;
  // An answer that crossed the end of its call has made the edit itself the newest picture.
  const meant = [...jobsOf(source.prompt), ...jobsOf(prompt)].map(({ id }) => id);
  const links = meant.map((id) => `/outputs/${id}/`);
  const data = meant.map((id) => sha256Of(pictureOf(id)));
  for (const { id, input } of jobsOf(prompt)) {
    const [sent] = input.image_urls as [string];
    const isMeant = sent.startsWith('data:')
      ? data.includes(sha256Of(Buffer.from(sent.slice(sent.indexOf(',') + 1), 'base64')))
      : links.some((link) => sent.includes(link));
    if (!isMeant) breach('otherReference', `${id} was sent ${sent.slice(0, 100)}`);
  }
}

/** Whether a job was sent a kept picture itself, as its link could not be used. */
export const isSentAsData = ({ input }: SandboxJob): boolean =>
  String([input.image_urls].flat()[0]).startsWith('data:');
