import { fileStem, givenStem } from '../../images/file-name.ts';
import type { Picture, Pictures, SaveAs, Wanted } from '../../images/pictures.ts';
import type { Outcome } from '../../jobs/calls.ts';
import { type Job, kindAt, UNKNOWN_MODEL } from '../../jobs/job.ts';
import type { Answer, Call, Services } from './define.ts';
import { type PresentServices, presentJob } from './present.ts';

// How long an answer waits for its pictures, in ms: what is left of the call's wait, within these bounds. The least
// still fits between the usual wait of 45 s and the 60 s at which most clients give up.
const LEAST = 5_000;
const MOST = 20_000;

export type AnswerServices = PresentServices & Pick<Services, 'pictures' | 'savesAll'>;

/** The answer about a job; of one that succeeded with its pictures shown, and saved where the user saves all. */
export async function answerJob(
  outcome: Outcome,
  { wait, preview }: Call,
  services: AnswerServices,
): Promise<Answer> {
  const { clock, pictures, savesAll } = services;
  const { job } = outcome;
  if (job.state !== 'succeeded' || (preview === 'off' && !savesAll)) return presentJob(outcome, services);
  const within = Math.min(MOST, Math.max(LEAST, wait.until - clock.now()));
  const save = savesAll ? saveAs(job) : undefined;
  const wanted = { preview, save, within, signal: wait.signal };
  return presentJob(outcome, services, await collectImages(job, pictures, wanted));
}

// How long saving on demand may take at most, in ms, where the call's wait has no end.
const MAX_SAVING = 600_000;

/** Saves the pictures of a job that succeeded, under a name of the caller's or one that tells what they are. */
export async function savePictures(
  job: Job,
  { wait }: Call,
  { clock, pictures }: Pick<Services, 'clock' | 'pictures'>,
  name?: string,
): Promise<Picture[]> {
  const within = Math.min(MAX_SAVING, Math.max(LEAST, wait.until - clock.now()));
  return collectImages(job, pictures, {
    preview: 'off',
    save: saveAs(job, name),
    within,
    signal: wait.signal,
  });
}

const KIND_WORDS = { video: 'a video', audio: 'audio', '3d': 'a 3D model' };

/** What was had of a job's outputs, one by one: what is no image is neither shown nor saved. */
async function collectImages(job: Job, pictures: Pictures, wanted: Wanted): Promise<Picture[]> {
  const urls = job.urls ?? [];
  const collected = await pictures.collect(
    urls.filter((_, index) => kindAt(job, index) === 'image'),
    wanted,
  );
  return urls.map((url, index) => {
    const kind = kindAt(job, index);
    if (kind === 'image') return collected.shift() ?? { url };
    const why = `it is ${KIND_WORDS[kind]}: fetch it by its URL`;
    return { url, ...(wanted.save && { unsaved: why }) };
  });
}

function saveAs(job: Job, name?: string): SaveAs {
  const { request_id = '', model, input, submitted_at, finished_at, cost_usd } = job;
  const stem =
    name === undefined
      ? fileStem({
          date: submitted_at ?? finished_at ?? '',
          model: model === UNKNOWN_MODEL ? '' : model,
          prompt: typeof input.prompt === 'string' ? input.prompt : '',
          requestId: request_id,
        })
      : givenStem(name);
  return { stem, trace: { request_id, model, input, submitted_at, finished_at, cost_usd } };
}
