import { ToolError } from '../errors.ts';
import type { ReadReference } from '../images/references/references.ts';
import type { Model } from '../models/define.ts';
import { defineTool, type Services, type Tool, type ToolCall, type ToolResult } from './support/define.ts';
import { jobOutput, type ResultServices, resultWithImages } from './support/job-result.ts';
import { KIND_NAMES } from './support/job-words.ts';
import { withLiveSchema } from './support/live-schema.ts';

export type RunServices = ResultServices & Pick<Services, 'jobs' | 'readReference' | 'catalogue'>;

/** The tool of a model: submits a paid job and follows it. */
export function modelTool(model: Model, name: string, services: RunServices): Tool {
  const { mediaKind = 'image', title, imageFields } = model;
  const purpose = imageFields.length > 0 ? 'edit or combine images' : `generate ${mediaKind}`;
  return defineTool({
    name,
    title,
    description: `${model.description} Returns ${KIND_NAMES[mediaKind]} URLs${mediaKind === 'image' ? '' : ', without previews'}. A call is a paid job on RunComfy.`,
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
  const { jobs, readReference, catalogue } = services;
  refuseTransparentJpeg(model, input);
  const { recorded, body } = await withReferences(model, input, readReference);
  const outcome = await jobs
    .generate(model.id, recorded, call.wait, { body: async () => body })
    .catch(async (error) => {
      const isRefused = error instanceof ToolError && error.code === 'input_refused';
      throw isRefused ? await withLiveSchema(error, model.id, input, catalogue) : error;
    });
  return resultWithImages(outcome, call, services);
}

/** RunComfy accepts the two together, and charges for an image that is not what was asked for. */
function refuseTransparentJpeg({ id }: Model, { background, output_format }: Record<string, unknown>): void {
  if (background !== 'transparent' || (output_format !== 'jpeg' && output_format !== 'jpg')) return;
  const why = `output_format must be png or webp where background is transparent, was "${output_format}"`;
  throw new ToolError('invalid_input', `${id}: ${why}.`, { next: 'Correct that and call again.' });
}

// RunComfy's own client sends no larger body, in bytes.
const MAX_BODY = 64 << 20;

/** An input as it is recorded and as it is sent, which differ in local reference images. Throws `invalid_input`. */
async function withReferences(model: Model, input: Record<string, unknown>, readReference: ReadReference) {
  const read = async (field: string, value: unknown) =>
    typeof value === 'string' ? readReference(field, value) : { recorded: value, sent: value };
  const recorded = { ...input };
  const body = { ...input };
  for (const field of model.imageFields.filter((name) => Object.hasOwn(input, name))) {
    const value = input[field];
    const isList = Array.isArray(value);
    const references: Awaited<ReturnType<typeof read>>[] = [];
    // One after the other, as each may be held in memory several times.
    for (const [index, item] of (isList ? value : [value]).entries())
      references.push(await read(isList ? `${field}[${index}]` : field, item));
    recorded[field] = isList ? references.map((reference) => reference.recorded) : references[0]?.recorded;
    body[field] = isList ? references.map((reference) => reference.sent) : references[0]?.sent;
  }
  const bytes = Buffer.byteLength(JSON.stringify(body));
  if (bytes > MAX_BODY)
    throw new ToolError(
      'invalid_input',
      `The images make a request of ${Math.ceil(bytes / (1 << 20))} MiB, and RunComfy takes at most ${MAX_BODY >> 20}.`,
      { next: 'Give fewer or smaller images.' },
    );
  return { recorded, body };
}
