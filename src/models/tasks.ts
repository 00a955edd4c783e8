import type { MediaKind } from '../runcomfy/outputs.ts';
import type { CleanEntry } from './clean-entry.ts';

/** What matches the categories and the id of a model for it, and words that people use for it. */
type Purpose = readonly [pattern: RegExp, synonyms: string];

/** What models are for, and can be asked for by name. */
const TASKS = {
  'text-to-image': [/text-to-image|\bt2i\b/, 't2i draw picture drawing illustration'],
  'image-to-image': [/image-to-image|\bi2i\b/, 'i2i reference combine merge'],
  edit: [/image-edit|\/edit\b(?!-video)|kontext|inpaint|erase/, 'change replace modify adjust remove'],
  'background-removal': [
    /background-removal|remove-background|rmbg|matting/,
    'remove cut out cutout transparent isolate',
  ],
  upscale: [/upscal|super-resolution/, 'enlarge larger bigger increase resolution enhance sharper'],
  'text-to-video': [/text-to-video|\bt2v\b/, 't2v film clip movie footage animation'],
  'image-to-video': [/image-to-video|\bi2v\b/, 'i2v animate photo motion film clip movie'],
  'video-to-video': [/video-to-video|\bv2v\b|video-edit|edit-video/, 'v2v edit change film clip footage'],
} as const satisfies Record<string, Purpose>;
export type Task = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as [Task, ...Task[]];

/** What else models are for; known to the search only. */
const OTHER_PURPOSES: readonly Purpose[] = [
  [/inpaint|erase/, 'mask area region fill repaint retouch object'],
  [/outpaint|expand/, 'extend expand uncrop widen beyond border canvas zoom'],
  [/relight/, 'light lighting lamp sun shadow'],
  [/restor/, 'repair fix old damaged photo enhance'],
  [/coloriz/, 'colour color black white'],
  [/vector/, 'svg logo icon'],
  [/controlnet/, 'pose skeleton depth edges sketch structure'],
  [/lora/, 'own trained custom style'],
  [/character/, 'same consistent person identity face'],
  [/try-?on/, 'wear clothes clothing outfit dress garment fashion'],
  [/face-?swap/, 'replace exchange head'],
  [/to-3d/, 'mesh object glb'],
  [/lip-?sync/, 'dub dubbing mouth talking speech'],
  [/avatar/, 'talking head presenter speaking'],
  [/to-speech/, 'voice voiceover narration narrator read aloud tts'],
  [/to-(?:music|audio)/, 'music song soundtrack sound noise sfx'],
];

const idAndCategories = ({ categories, model_id }: CleanEntry) => `${categories} ${model_id}`.toLowerCase();

/** Whether a model is for a task. */
export const isForTask = (entry: CleanEntry, task: Task): boolean =>
  TASKS[task][0].test(idAndCategories(entry));

/** Words that people search a model by, and that its own words may lack. */
export function synonymsOf(entry: CleanEntry): string {
  const text = idAndCategories(entry);
  const purposes = [...Object.values(TASKS), ...OTHER_PURPOSES].filter(([pattern]) => pattern.test(text));
  return purposes.map(([, synonyms]) => synonyms).join(' ');
}

/** What a model makes, by its categories and id. */
export function mediaKindOf(entry: CleanEntry): MediaKind {
  const text = idAndCategories(entry);
  if (/to-image|image-edit/.test(text)) return 'image';
  if (/to-video/.test(text)) return 'video';
  if (/to-(?:audio|music|speech)/.test(text)) return 'audio';
  if (/to-3d/.test(text)) return '3d';
  if (/video-/.test(text)) return 'video';
  return /audio|music|speech|sound/.test(text) ? 'audio' : 'image';
}
