import type { Surface } from '../tools/support/surface.ts';

/** What a server says of itself: hosts that load tools on demand show a model only this and their names (measured). */
export const instructions = ({ isLocal, saveIn }: Surface): string => {
  const saving = `save_images saves pictures as files${isLocal ? '' : ' on the server'}`;
  return [
    "Use this server to make or edit images, and videos or audio, with RunComfy's models: one tool for each built-in model, find_image_models with run_image_model for all others, make_images for several at once.",
    'Every call of a model costs money; all other tools are free.',
    'If an answer says that it is not done yet, call get_image_job with its request_id: do not submit it again.',
    `To edit, upscale or cut out a picture, give its handle (job:<request_id>#1)${isLocal ? ', or last for the newest,' : ''} wherever a model takes an image URL: copy no URLs.`,
    `list_image_jobs finds earlier jobs${saveIn === undefined ? '' : `; ${saving}`}.`,
  ].join(' ');
};
