import { ToolError } from '../errors.ts';
import type { Inputs, Reference } from '../media/inputs.ts';
import type { Model } from '../models/define.ts';
import { answerJob } from './answer-job.ts';
import { defineTool, type Tool } from './define.ts';
import { jobOutput } from './present.ts';

/** The tool of a model: submits a paid job and follows it. */
export function modelTool(model: Model, name: string): Tool {
  return defineTool({
    name,
    title: model.title,
    description: `${model.description} Returns image URLs. A call is a paid job on RunComfy.`,
    input: model.input,
    output: jobOutput,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    view: 'shown',
    async run(input, context) {
      const { recorded, body } = await withReferences(model, input, context.inputs);
      return answerJob(await context.jobs.generate(model.id, recorded, context.wait, body), context);
    },
  });
}

// RunComfy's own client sends no larger body, in bytes.
const MOST_BODY = 64 << 20;

/** An input as it is recorded and as it is sent: local reference images differ in that. Throws `invalid_input`. */
async function withReferences(model: Model, input: Record<string, unknown>, inputs: Inputs) {
  const recorded = { ...input };
  const body = { ...input };
  for (const field of model.imageFields) {
    const given = input[field];
    if (!Array.isArray(given)) continue;
    const references: Reference[] = [];
    // One after the other, as each may be held in memory several times.
    for (const [index, text] of given.entries())
      references.push(await inputs.read(`${field}[${index}]`, text));
    recorded[field] = references.map((reference) => reference.recorded);
    body[field] = references.map((reference) => reference.sent);
  }
  const bytes = Buffer.byteLength(JSON.stringify(body));
  if (bytes > MOST_BODY) {
    throw new ToolError(
      'invalid_input',
      `The images make a request of ${Math.ceil(bytes / (1 << 20))} MiB, and RunComfy takes at most ${MOST_BODY >> 20}.`,
      { next: 'Give fewer or smaller images.' },
    );
  }
  return { recorded, body };
}

/**
 * Names the tools of a catalogue: the model id without its vendor, every run of other characters than
 * letters and digits as `_`. Ids that would share a name keep the vendor.
 */
export function toolNames(ids: readonly string[]): Map<string, string> {
  const plain = (id: string) =>
    id
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '');
  const short = (id: string) => plain(id.slice(id.indexOf('/') + 1));
  const taken = new Map<string, number>();
  for (const id of ids) taken.set(short(id), (taken.get(short(id)) ?? 0) + 1);
  return new Map(ids.map((id) => [id, taken.get(short(id)) === 1 ? short(id) : plain(id)]));
}
