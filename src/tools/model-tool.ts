import { ToolError } from '../errors.ts';
import type { Model } from '../models/define.ts';
import { refuseTransparentJpeg } from './support/arguments.ts';
import { defineTool, type Services, type Tool, type ToolCall, type ToolResult } from './support/define.ts';
import { jobOutput, type ResultServices, resultWithImages } from './support/job-result.ts';
import { KIND_NAMES } from './support/job-words.ts';
import { withLiveSchema } from './support/live-schema.ts';
import { type ReferenceServices, readReferences } from './support/references.ts';

export type RunServices = ResultServices & ReferenceServices & Pick<Services, 'catalogue' | 'surface'>;

/** The tool of a model: submits a paid job and follows it. */
export function modelTool(model: Model, name: string, services: RunServices): Tool {
  const { mediaKind = 'image', title, imageFields } = model;
  const purpose = imageFields.length > 0 ? 'edit or combine images' : `generate ${mediaKind}`;
  return defineTool({
    name,
    title,
    description: `${model.description} Returns ${mediaKind === 'image' ? 'handles and URLs' : `${KIND_NAMES[mediaKind]} handles and URLs, without previews`}. A call is a paid job on RunComfy.`,
    input: model.input,
    output: jobOutput,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    searchHint: `${purpose} with ${title}`,
    model,
    isPaid: true,
    view: 'shown',
    run: (input, call) => runModel(model, input, call, services),
  });
}

/** Submits a checked input to a model, follows the job and returns its result. */
export async function runModel(
  model: Model,
  input: Record<string, unknown>,
  call: ToolCall,
  services: RunServices,
): Promise<ToolResult> {
  const { jobs } = services;
  refuseTransparentJpeg(model.id, input);
  const hasReferences = model.imageFields.some((name) => Object.hasOwn(input, name));
  const read = hasReferences ? await readReferences(model, input, call, services) : undefined;
  const outcome = await jobs
    .generate(model.id, read?.recorded ?? input, call.wait, read)
    .catch(async (error) => {
      const isRefused = error instanceof ToolError && error.code === 'input_refused';
      throw isRefused ? await withLiveSchema(error, model.id, input, services) : error;
    });
  const result = await resultWithImages(outcome, call, services);
  const last = read?.meant(outcome.job);
  return last === undefined ? result : withLast(result, last);
}

/** A result that names the picture which `last` stood for. */
const withLast = ({ lines, data, ...rest }: ToolResult, last: string): ToolResult => ({
  lines: [...lines, `last was ${last}.`],
  data: { ...data, last },
  ...rest,
});
