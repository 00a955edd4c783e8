import { ToolError } from '../errors.ts';
import type { Inputs, Reference } from '../images/references.ts';
import type { Model } from '../models/define.ts';
import { type AnswerServices, answerJob } from './support/answer-job.ts';
import { type Answer, type Call, defineTool, type Services, type Tool } from './support/define.ts';
import { withLiveSchema } from './support/live-schema.ts';
import { jobOutput } from './support/present.ts';

export type RunServices = AnswerServices & Pick<Services, 'jobs' | 'inputs' | 'catalogue'>;

/** The tool of a model: submits a paid job and follows it. */
export function modelTool(model: Model, name: string, services: RunServices): Tool {
  const { mediaKind = 'image' } = model;
  const returns =
    mediaKind === 'image'
      ? 'image URLs'
      : `${mediaKind === '3d' ? '3D model' : mediaKind} URLs, without previews`;
  return defineTool({
    name,
    title: model.title,
    description: `${model.description} Returns ${returns}. A call is a paid job on RunComfy.`,
    input: model.input,
    output: jobOutput,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    searchHint: `${model.imageFields.length > 0 ? 'edit or combine images' : `generate ${mediaKind}`} with ${model.title}`,
    isPaid: true,
    view: 'shown',
    run: (input, call) => runModel(model, input, call, services),
  });
}

/** Submits a checked input to a model and answers with its job. */
export async function runModel(
  model: Model,
  input: Record<string, unknown>,
  call: Call,
  services: RunServices,
): Promise<Answer> {
  const { jobs, inputs, catalogue } = services;
  refuseTransparentJpeg(model, input);
  const { recorded, body } = await withReferences(model, input, inputs);
  const outcome = await jobs.generate(model.id, recorded, call.wait, body).catch(async (error) => {
    const isRefused = error instanceof ToolError && error.code === 'input_refused';
    throw isRefused ? await withLiveSchema(error, model.id, input, catalogue) : error;
  });
  return answerJob(outcome, call, services);
}

/** RunComfy takes the two together, and the picture that was paid for is not what was asked for. */
function refuseTransparentJpeg({ id }: Model, { background, output_format }: Record<string, unknown>): void {
  if (background !== 'transparent' || (output_format !== 'jpeg' && output_format !== 'jpg')) return;
  const why = `output_format must be png or webp where background is transparent, was "${output_format}"`;
  throw new ToolError('invalid_input', `${id}: ${why}.`, { next: 'Correct that and call again.' });
}

// RunComfy's own client sends no larger body, in bytes.
const MAX_BODY = 64 << 20;

/** An input as it is recorded and as it is sent: local reference images differ in that. Throws `invalid_input`. */
async function withReferences(model: Model, input: Record<string, unknown>, inputs: Inputs) {
  const recorded = { ...input };
  const body = { ...input };
  for (const field of model.imageFields) {
    const given = input[field];
    const isList = Array.isArray(given);
    const references: Reference[] = [];
    // One after the other, as each may be held in memory several times.
    for (const [index, text] of (isList ? given : [given]).entries())
      if (typeof text === 'string')
        references.push(await inputs.read(isList ? `${field}[${index}]` : field, text));
    if (references.length < (isList ? given.length : 1)) continue;
    recorded[field] = isList ? references.map((reference) => reference.recorded) : references[0]?.recorded;
    body[field] = isList ? references.map((reference) => reference.sent) : references[0]?.sent;
  }
  const bytes = Buffer.byteLength(JSON.stringify(body));
  if (bytes > MAX_BODY) {
    throw new ToolError(
      'invalid_input',
      `The images make a request of ${Math.ceil(bytes / (1 << 20))} MiB, and RunComfy takes at most ${MAX_BODY >> 20}.`,
      { next: 'Give fewer or smaller images.' },
    );
  }
  return { recorded, body };
}
