import { BUILT_IN } from './built-in.ts';
import { DRAWING } from './drawing.ts';
import { EDITING } from './editing.ts';
import { FILM_TOOLS } from './film-tools.ts';
import { FILMS } from './films.ts';
import { FROM_PICTURES } from './from-pictures.ts';
import { FROM_TEXT } from './from-text.ts';
import type { SandboxModel } from './published.ts';
import { RESTORING } from './restoring.ts';
import { WITH_MEDIA } from './with-media.ts';

/** The models that the sandbox serves, in the order of its catalogue. */
export const CATALOGUE: ReadonlyMap<string, SandboxModel> = new Map(
  [
    ...BUILT_IN,
    ...FROM_TEXT,
    ...FROM_PICTURES,
    ...WITH_MEDIA,
    ...DRAWING,
    ...EDITING,
    ...RESTORING,
    ...FILMS,
    ...FILM_TOOLS,
  ].map((model) => [model.published.model_id, model]),
);

const MOST_IN_A_PAGE = 500;
const USUAL_PAGE = 50;

/** A page of the catalogue, as `GET /v1/models` gives it. */
export function cataloguePage(query: URLSearchParams) {
  const words = (query.get('search') ?? '').toLowerCase();
  const category = query.get('category');
  const limit = Math.min(MOST_IN_A_PAGE, Math.max(1, Number(query.get('limit') ?? USUAL_PAGE)));
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
