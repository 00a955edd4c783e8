import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Job, jobOutputs, type Original } from '../../jobs/job.ts';
import type { Download } from '../download.ts';
import type { ImageFacts } from '../fetch-outputs.ts';
import { sha256Of } from '../library/library.ts';
import { fileStem } from './file-name.ts';
import { saveImage } from './save-image.ts';

export type SaveInOutputDir = ReturnType<typeof createSaveInOutputDir>;

/** Makes what saves images in the user's folder, under names that tell what they are. */
export function createSaveInOutputDir({ dir, hasSidecar }: { dir: string; hasSidecar: boolean }) {
  return {
    /** Where a copy lies in the folder already. */
    async find({ saved = [], sha256, bytes }: Original): Promise<string | undefined> {
      for (const path of saved.filter((one) => dirname(one) === resolve(dir))) {
        const found = await stat(path).catch(() => undefined);
        if (!found?.isFile() || found.size !== bytes) continue;
        if (sha256Of(await readFile(path)) === sha256) return path;
      }
      return undefined;
    },
    /** Saves an image of a job; resolves to its path. Throws ImageError. */
    save(job: Job, index: number, image: Download, facts: ImageFacts): Promise<string> {
      const outputs = jobOutputs(job);
      const stem = outputs.length > 1 ? `${fileStem(job)}-${index + 1}` : fileStem(job);
      const { request_id, model, input, submitted_at, finished_at, cost_usd } = job;
      const about = { request_id, model, input, submitted_at, finished_at, cost_usd };
      const metadata = { ...about, url: outputs[index]?.url, ...facts };
      return saveImage(dir, stem, image, hasSidecar ? metadata : undefined);
    },
  };
}
