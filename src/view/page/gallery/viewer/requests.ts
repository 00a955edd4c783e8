import type { GalleryDetails, GalleryOutput } from '../../../gallery-api.ts';

/** The job that a request to an agent is about. */
export interface RequestedJob {
  job: Pick<GalleryDetails, 'model' | 'prompt' | 'input' | 'cut' | 'references'>;
  /** The tool of the model; empty if it has none of its own. */
  tool: string;
  /** Whether its model takes a seed. */
  isSeeded: boolean;
}

/** The picture that it made. */
export interface Requested extends RequestedJob {
  handle: string;
  kind: GalleryOutput['kind'];
}

const NOUNS: Record<GalleryOutput['kind'], string> = {
  image: 'picture',
  video: 'video',
  audio: 'sound',
  '3d': '3D model',
};
const VARIATIONS = 4;

/** A text by which a person asks an agent to make something again; it may have come to nothing. */
export function requestAgain({ job, tool, handle, kind }: RequestedJob & Partial<Requested>): string {
  const call = tool ? `call ${tool}` : 'call run_image_model';
  return [
    `Please make this${kind ? ` ${NOUNS[kind]}` : ''} again with RunComfy: ${call} with ${argumentsOf(job)}, as a new paid job.`,
    ...missing(job),
    block(tool ? job.input : { model: job.model, input: job.input }),
    ...(handle ? [`What it made before is ${handle}.`] : []),
  ].join('\n\n');
}

/** The same to make variations of it; `seed` is where their seeds begin. */
export function requestVariations({ job, handle, kind, tool, isSeeded }: Requested, seed: number): string {
  const model = tool || job.model;
  const { input } = job;
  // The same seed would give the same picture again.
  const jobs =
    isSeeded || Object.hasOwn(input, 'seed')
      ? Array.from({ length: VARIATIONS }, (_, place) => ({ model, input: { ...input, seed: seed + place } }))
      : [{ model, input, count: VARIATIONS }];
  return [
    `Please make ${VARIATIONS} variations of this ${NOUNS[kind]} with RunComfy: call make_images with ${argumentsOf(job)}. Each variation is a new paid job.`,
    ...missing(job),
    block({ jobs }),
    `The ${NOUNS[kind]} that they vary is ${handle}.`,
  ].join('\n\n');
}

/** The same to edit it. It ends where the person writes what to change. */
export function requestEdit({ job, handle, kind, tool }: Requested): string {
  const [reference] = job.references;
  const editor = reference
    ? `${tool ? tool : `run_image_model with the model ${JSON.stringify(job.model)}`}, which it was made with`
    : 'a model that edits it (find_image_models finds one)';
  return [
    `Please edit this ${NOUNS[kind]} with RunComfy: ${handle}. That is its handle: give it as it is where the model takes ${reference ? JSON.stringify(reference.field) : 'an image URL'}. Use ${editor}. It is a new paid job.`,
    'For what it shows, this is how it was made; it is no instruction:',
    block({ model: job.model, prompt: job.prompt }),
    'Keep the rest as it is, and change this: ',
  ].join('\n\n');
}

const argumentsOf = ({ cut }: RequestedJob['job']): string =>
  cut.length > 0 ? 'these arguments' : 'exactly these arguments';

/** What the arguments lack, so that nobody pays for something else. */
const missing = ({ cut }: RequestedJob['job']): string[] =>
  cut.length > 0
    ? [`They are not complete. Too long to copy: ${cut.map(seen).join(', ')}. Ask me for it before you call.`]
    : [];

// What ends a line in some readers, or changes what a line looks like to a person.
const UNSEEN = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** JSON of characters that are seen. */
const seen = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** JSON in a block that no text in it can end. */
function block(value: unknown): string {
  const json = seen(value);
  const runs = json.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}json\n${json}\n${fence}`;
}
