/** Put before the script by the server: the models by id, each with its title, its tool (for the chat) and whether that takes a seed. */
declare const data: Record<string, [title: string, tool: string, isSeeded: boolean]>;

/** A model's name for people. */
export const titleOf = (model = ''): string => data[model]?.[0] ?? model;

/** The tool that makes images with a model, or that bears a name. */
export const toolOf = (model = '', name?: string) =>
  data[model] ?? Object.values(data).find(([, tool]) => tool === name);
