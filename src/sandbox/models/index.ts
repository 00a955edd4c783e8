import catalogue from './catalogue.json' with { type: 'json' };
import type { OutputField, PublishedModel, PublishedSchema, SandboxModel } from './published.ts';

/** An entry of catalogue.json: what RunComfy publishes, without what can be derived, and the name of the output. */
type Entry = Omit<PublishedModel, 'model_url' | 'inputs' | 'required_inputs' | 'input_schema'> &
  Pick<PublishedSchema, 'required' | 'properties'> & { output: OutputField };

/** The models that the sandbox serves, in the order of its catalogue. */
export const CATALOGUE: ReadonlyMap<string, SandboxModel> = new Map(
  (catalogue as unknown as Entry[]).map(({ output, required, properties, ...entry }) => {
    const published: PublishedModel = {
      ...entry,
      model_url: `https://www.runcomfy.com/models/${entry.model_id}`,
      inputs: Object.keys(properties),
      required_inputs: required,
      input_schema: { type: 'object', title: 'Input', required, properties },
    };
    return [entry.model_id, { published, output }];
  }),
);

const MAX_PAGE = 500;
const PAGE = 50;

/** A page of the catalogue, as `GET /v1/models` gives it. */
export function cataloguePage(query: URLSearchParams) {
  const words = (query.get('search') ?? '').toLowerCase();
  const category = query.get('category');
  const limit = Math.min(MAX_PAGE, Math.max(1, Number(query.get('limit') ?? PAGE)));
  const offset = Math.max(0, Number(query.get('offset') ?? 0));
  const found = [...CATALOGUE.values()]
    .map(({ published }) => published)
    .filter(
      ({ model_id, display_name, description, categories }) =>
        `${model_id} ${display_name} ${description}`.toLowerCase().includes(words) &&
        (category === null || categories.includes(category)),
    );
  const models = found.slice(offset, offset + limit).map(({ input_schema, ...model }) => ({
    ...model,
    ...(query.get('include_schema') === 'true' && { input_schema }),
  }));
  return { models, total: found.length, limit, offset };
}
