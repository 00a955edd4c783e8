import { inThreadPool } from '../thread-pool.ts';
import type { Engine, SandboxJob } from './engine.ts';
import { cardFor, countOf, formatOf, type Reference } from './format.ts';
import { type MediaFile, mediaFile } from './media.ts';
import { CATALOGUE } from './models/index.ts';
import type { OutputField } from './models/published.ts';

/** The `output` of a result, under the model's own name for it: gpt-image-2 returns `images` even for one image. */
export function outputOf(job: SandboxJob, origin: string): unknown {
  const field = CATALOGUE.get(job.model)?.output ?? 'image';
  const count = isPicture(field) ? countOf(job.effective) : 1;
  const urls = Array.from(
    { length: count },
    (_, index) => `${origin}/outputs/${job.id}/${fileName(field, job, index)}`,
  );
  if (field.endsWith('s')) return { [field]: urls };
  return urls.length > 1 ? { [`${field}s`]: urls } : { [field]: urls[0] };
}

const isPicture = (field: OutputField): boolean => field.startsWith('image');

function fileName(field: OutputField, job: SandboxJob, index: number): string {
  if (field === 'audio') return 'audio.wav';
  if (field === 'model') return 'mesh.glb';
  const number = index === 0 ? '' : `-${index + 1}`;
  return isPicture(field) ? `image${number}.${formatOf(job.effective)}` : 'video.mp4';
}

/** The file at the URL of an output, if there is one. */
export async function outputFile(engine: Engine, url: URL): Promise<MediaFile | undefined> {
  const job = succeededAt(engine, url);
  return job && (mediaFile(url.pathname) ?? inThreadPool(picture(engine, job, url)));
}

function succeededAt(engine: Engine, { pathname }: URL): SandboxJob | undefined {
  const job = engine.find(pathname.split('/')[2] ?? '');
  return job && engine.state(job) === 'succeeded' ? job : undefined;
}

/** The test card of a job. As a reference it is small, and its own references are only named, so that chains of edits end. */
async function picture(
  engine: Engine,
  job: SandboxJob,
  { pathname, origin }: URL,
  isReference = false,
): Promise<MediaFile> {
  const { drawCard, MAX_INSET } = await import('./picture.ts');
  const index = Number(/-(\d+)\.\w+$/.exec(pathname)?.[1] ?? 1) - 1;
  const card = cardFor(job.model, job.effective, index);
  if (isReference) {
    const scale = Math.min(1, MAX_INSET / Math.max(card.width, card.height));
    const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
    return drawCard({ ...card, width: side(card.width), height: side(card.height) });
  }
  const dataOf = async ({ url }: Reference): Promise<Buffer | undefined> => {
    if (url.startsWith('data:')) return Buffer.from(url.slice(url.indexOf(',')), 'base64');
    const target = new URL(url);
    const source = target.origin === origin ? succeededAt(engine, target) : undefined;
    return source && (await picture(engine, source, target, true)).data;
  };
  const references = card.references.map(async (reference) => ({
    ...reference,
    data: await dataOf(reference),
  }));
  return drawCard({ ...card, references: await Promise.all(references) });
}
