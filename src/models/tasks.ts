import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';

interface Purpose {
  /** What categories and ids say of it. */
  is: RegExp;
  /** What people who look for it say. */
  also: string;
}

/** What models are for, as far as it can be asked for by name. */
const TASKS = {
  'text-to-image': { is: /text-to-image|\bt2i\b/, also: 't2i draw picture drawing illustration' },
  'image-to-image': { is: /image-to-image|\bi2i\b/, also: 'i2i reference combine merge' },
  edit: {
    is: /image-edit|\/edit\b(?!-video)|kontext|inpaint|erase/,
    also: 'change replace modify adjust remove',
  },
  'background-removal': {
    is: /background-removal|remove-background|rmbg|matting/,
    also: 'remove cut out cutout transparent isolate',
  },
  upscale: {
    is: /upscal|super-resolution/,
    also: 'enlarge larger bigger increase resolution enhance sharper',
  },
  'text-to-video': { is: /text-to-video|\bt2v\b/, also: 't2v film clip movie footage animation' },
  'image-to-video': { is: /image-to-video|\bi2v\b/, also: 'i2v animate photo motion film clip movie' },
  'video-to-video': {
    is: /video-to-video|\bv2v\b|video-edit|edit-video/,
    also: 'v2v edit change film clip footage',
  },
} as const satisfies Record<string, Purpose>;
export type Task = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as [Task, ...Task[]];

/** What else models are for; the search alone knows these. */
const OTHERS: readonly Purpose[] = [
  { is: /inpaint|erase/, also: 'mask area region fill repaint retouch object' },
  { is: /outpaint|expand/, also: 'extend expand uncrop widen beyond border canvas zoom' },
  { is: /relight/, also: 'light lighting lamp sun shadow' },
  { is: /restor/, also: 'repair fix old damaged photo enhance' },
  { is: /coloriz/, also: 'colour color black white' },
  { is: /vector/, also: 'svg logo icon' },
  { is: /controlnet/, also: 'pose skeleton depth edges sketch structure' },
  { is: /lora/, also: 'own trained custom style' },
  { is: /character/, also: 'same consistent person identity face' },
  { is: /try-?on/, also: 'wear clothes clothing outfit dress garment fashion' },
  { is: /face-?swap/, also: 'replace exchange head' },
  { is: /to-3d/, also: 'mesh object glb' },
  { is: /lip-?sync/, also: 'dub dubbing mouth talking speech' },
  { is: /avatar/, also: 'talking head presenter speaking' },
  { is: /to-speech/, also: 'voice voiceover narration narrator read aloud tts' },
  { is: /to-(?:music|audio)/, also: 'music song soundtrack sound noise sfx' },
];

const aboutOf = ({ categories, model_id }: CatalogueEntry) => `${categories} ${model_id}`.toLowerCase();

/** Whether a model is for a task. */
export const isFor = (entry: CatalogueEntry, task: Task): boolean => TASKS[task].is.test(aboutOf(entry));

/** Words that people look for a model by, and that its own words may lack. */
export function saidOf(entry: CatalogueEntry): string {
  const about = aboutOf(entry);
  const fitting = [...Object.values(TASKS), ...OTHERS].filter(({ is }) => is.test(about));
  return fitting.map(({ also }) => also).join(' ');
}

/** What a model's outputs can be. */
export const MEDIA = ['image', 'video', 'audio'] as const;
export type Medium = (typeof MEDIA)[number] | '3d';

/** What a model makes, by its categories and id. */
export function makes(entry: CatalogueEntry): Medium {
  const about = aboutOf(entry);
  if (/to-image|image-edit/.test(about)) return 'image';
  if (/to-video/.test(about)) return 'video';
  if (/to-(?:audio|music|speech)/.test(about)) return 'audio';
  if (/to-3d/.test(about)) return '3d';
  if (/video-/.test(about)) return 'video';
  return /audio|music|speech|sound/.test(about) ? 'audio' : 'image';
}
