import { accountOf, type Config } from '../../src/config/config.ts';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import type { ImageType } from '../../src/images/media-type.ts';
import { renderPreview } from '../../src/images/preview.ts';
import type { Job } from '../../src/jobs/job.ts';
import { libraryDir } from '../../src/runtime.ts';
import { cardFor } from '../../src/sandbox/format.ts';
import { drawCard } from '../../src/sandbox/picture.ts';
import { accountDigest } from '../../src/stores/file/names.ts';
import { putRecord } from '../support/records.ts';

const [GPT_2, GPT_4O, ART, EDIT] = [
  'openai/gpt-image-2/text-to-image',
  'openai/gpt-4o-image/text-to-image',
  'imagineart/imagineart-1.5-preview/text-to-image',
  'openai/gpt-image-1-5/image-to-image',
] as const;

const REFUSAL =
  'Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID. safety_violations=[sexual].';

type Wish = [model: string, prompt: string, input?: Record<string, unknown>, job?: Partial<Job>];

/** What somebody may have made, newest first; those of a day are together. */
const DAYS: Wish[][] = [
  [
    [GPT_2, 'A portrait of a celebrity in a bathtub', {}, { state: 'failed', error: REFUSAL }],
    [GPT_2, 'A lighthouse on a cliff at sunset, gouache', { aspect_ratio: '3:2' }, { favourite: true }],
    [ART, 'A fox asleep under birches, first light', { aspect_ratio: '9:16', seed: 7 }],
    [GPT_4O, 'The same fox as a linocut, two colours'],
    [ART, 'Harbour at night, lanterns on the water, wide', { aspect_ratio: '21:9', seed: 12 }],
    [GPT_2, 'A bowl of lemons on a blue cloth', { aspect_ratio: '1:1' }],
    [GPT_4O, 'A teapot shaped like a snail', {}, { urls: ['https://example.com/teapot.png'] }],
    [EDIT, 'Take the boats away and add fog', { image_urls: ['job:seeded-4#1'], size: '1536x1024' }],
  ],
  [
    [GPT_2, 'Poster for a village fair with a brass band', { aspect_ratio: '2:3' }, { favourite: true }],
    [GPT_2, 'Poster for a village fair, in the style of the fifties', { aspect_ratio: '2:3' }],
    [GPT_4O, 'A cat on a bookshelf', {}, { state: 'cancelled' }],
    [GPT_4O, 'A dog on a bookshelf', {}, { state: 'unknown' }],
    [GPT_4O, 'A fish on a bookshelf', {}, { urls: ['https://outputs.invalid.runcomfy.net/gone.png'] }],
    [ART, 'Mountains above the clouds at noon', { aspect_ratio: '16:9', seed: 3 }],
    [ART, 'Mountains above the clouds in winter', { aspect_ratio: '16:9', seed: 4 }],
    [GPT_2, 'An old typewriter on a desk by the window', { aspect_ratio: '4:3' }],
    [GPT_4O, 'A map of an island that does not exist'],
  ],
  [
    [ART, 'Tall ship in a bottle, macro', { aspect_ratio: '3:4', seed: 90 }],
    [GPT_2, 'A greenhouse full of ferns', { aspect_ratio: '4:3' }],
    [GPT_2, 'Minimal icon of a sun over waves', { aspect_ratio: '1:1' }],
    [GPT_4O, 'Watercolour of a market square in the morning'],
    [ART, 'A violin maker at work, warm light', { aspect_ratio: '3:2', seed: 22 }],
    [ART, 'Geometric pattern of leaves for a wallpaper', { aspect_ratio: '1:1', seed: 8 }],
  ],
];

const DAY = 86_400_000;
const APART = 17 * 60_000;

/** Records of many jobs that have ended, with kept pictures, the newest of `now` (ms). */
export async function putJobs(config: Config, now: number): Promise<void> {
  const account = accountOf(config);
  const dir = libraryDir(config.dataDir, account.api, accountDigest(account));
  const library = createFolderLibrary({ dir, maxBytes: 1e9 });
  let count = 0;
  for (const [day, wishes] of DAYS.entries())
    for (const [place, [model, prompt, input = {}, more = {}]] of wishes.entries()) {
      const at = now - day * DAY - place * APART - 40_000;
      const request_id = `seeded-${count}`;
      count += 1;
      const job: Job = {
        ...{ model, input: { prompt, ...input }, state: 'succeeded', request_id },
        submitted_at: new Date(at).toISOString(),
        finished_at: new Date(at + 21_400).toISOString(),
        delivered_at: new Date(at + 22_000).toISOString(),
        ...(model === GPT_2 && { cost_usd: 0.041 }),
        ...more,
      };
      if (job.state === 'succeeded' && !job.urls) Object.assign(job, await picturesOf(job));
      putRecord(config, job);
    }

  async function picturesOf({ model, input, request_id }: Job): Promise<Partial<Job>> {
    const { data, type } = await drawCard(cardFor(model, input));
    const { preview, ...facts } = await renderPreview(
      data,
      type.slice('image/'.length) as ImageType,
      'small',
    );
    const sha256 = await library.put(data, type);
    const thumbnail = await library.put(preview.data, preview.mimeType);
    return {
      urls: [`https://playgrounds-storage-public.runcomfy.net/${request_id}.png`],
      originals: [{ sha256, type, bytes: data.length, ...facts, thumbnail }],
    };
  }
}
