import { readableName } from '../../../models/readable-name.ts';

/**
 * Put before the gallery's script by its server: the models by id, each with its title, its tool and whether that takes
 * a seed.
 */
declare const data: {
  models: Record<string, [title: string, tool: string, isSeeded: boolean]>;
};

/** A model's name for people. */
export const titleOf = (model = ''): string => data.models[model]?.[0] ?? readableName(model);

/** The tool that makes images with a model, by the model's id or by the name of either. */
export const toolOf = (name = '') =>
  data.models[name] ?? Object.values(data.models).find(([, tool]) => tool === name);
