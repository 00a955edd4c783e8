import { ToolError } from '../errors.ts';
import { referenceProblem } from '../media/inputs.ts';
import type { Model } from '../models/define.ts';
import { defineTool, type Tool } from './define.ts';
import { jobOutput, presentJob } from './present.ts';

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
      for (const field of model.imageFields) checkReferences(field, input[field], context.loopbackOrigin);
      return presentJob(await context.jobs.generate(model.id, input, context.wait), context);
    },
  });
}

function checkReferences(field: string, value: unknown, loopbackOrigin: string | undefined): void {
  if (!Array.isArray(value)) return;
  for (const [index, url] of value.entries()) {
    const problem = referenceProblem(url, loopbackOrigin);
    if (problem === undefined) continue;
    throw new ToolError(
      'invalid_input',
      `${field}[${index}] ${problem}: ${JSON.stringify(withoutPassword(url).slice(0, 120))}.`,
      {
        next: 'Give a public https URL that can be fetched without a login.',
      },
    );
  }
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//…@');

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
