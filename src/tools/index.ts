import type { Model } from '../models/define.ts';
import { approveCost } from './approve-cost.ts';
import { cancelImageJob } from './cancel-image-job.ts';
import { findImageModels } from './find-image-models.ts';
import { getBalance } from './get-balance.ts';
import { getImageJob } from './get-image-job.ts';
import { listImageJobs } from './list-image-jobs.ts';
import { makeImages } from './make-images.ts';
import { modelTool } from './model-tool.ts';
import { peekImageJob } from './peek-image-job.ts';
import { runImageModel } from './run-image-model.ts';
import { saveImages } from './save-images.ts';
import type { Services, Tool } from './support/define.ts';
import { toolNames } from './support/tool-names.ts';

/** Every tool, in the order in which clients see them: the models, then what works on their jobs. */
export function createTools(services: Services, models: readonly Model[]): Tool[] {
  // Filled below: no model's tool may take the name of another tool, and some of those know the models' tools.
  const modelTools: Tool[] = [];
  const anyModel = runImageModel(services);
  const batch = makeImages(modelTools, services);
  const others = [
    findImageModels(modelTools, services),
    anyModel,
    batch,
    getImageJob(services),
    ...(services.saving ? [saveImages({ ...services, ...services.saving })] : []),
    cancelImageJob(services),
    listImageJobs(services),
    getBalance(services),
    peekImageJob({ models: modelTools, anyModel, batch }, services),
    ...(services.approve ? [approveCost(services.approve)] : []),
  ];
  const names = toolNames(
    models.map(({ id }) => id),
    others.map(({ name }) => name),
  );
  modelTools.push(...models.map((model) => modelTool(model, names.get(model.id) as string, services)));
  return [...modelTools, ...others];
}
