import type { MediaKind } from '../runcomfy/outputs.ts';
import type { CleanEntry } from './clean-entry.ts';

interface Purpose {
  /** Matches the categories and the id of a model for it. */
  pattern: RegExp;
  /** Words that people use for it. */
  synonyms: string;
}

/** What models are for, and can be asked for by name. */
const TASKS = {
  'text-to-image': { pattern: /text-to-image|\bt2i\b/, synonyms: 't2i draw picture drawing illustration' },
  'image-to-image': { pattern: /image-to-image|\bi2i\b/, synonyms: 'i2i reference combine merge' },
  edit: {
    pattern: /image-edit|\/edit\b(?!-video)|kontext|inpaint|erase/,
    synonyms: 'change replace modify adjust remove',
  },
  'background-removal': {
    pattern: /background-removal|remove-background|rmbg|matting/,
    synonyms: 'remove cut out cutout transparent isolate',
  },
  upscale: {
    pattern: /upscal|super-resolution/,
    synonyms: 'enlarge larger bigger increase resolution enhance sharper',
  },
  'text-to-video': { pattern: /text-to-video|\bt2v\b/, synonyms: 't2v film clip movie footage animation' },
  'image-to-video': {
    pattern: /image-to-video|\bi2v\b/,
    synonyms: 'i2v animate photo motion film clip movie',
  },
  'video-to-video': {
    pattern: /video-to-video|\bv2v\b|video-edit|edit-video/,
    synonyms: 'v2v edit change film clip footage',
  },
} as const satisfies Record<string, Purpose>;
export type Task = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as [Task, ...Task[]];

/** What else models are for; known to the search only. */
const OTHER_PURPOSES: readonly Purpose[] = [
  { pattern: /inpaint|erase/, synonyms: 'mask area region fill repaint retouch object' },
  { pattern: /outpaint|expand/, synonyms: 'extend expand uncrop widen beyond border canvas zoom' },
  { pattern: /relight/, synonyms: 'light lighting lamp sun shadow' },
  { pattern: /restor/, synonyms: 'repair fix old damaged photo enhance' },
  { pattern: /coloriz/, synonyms: 'colour color black white' },
  { pattern: /vector/, synonyms: 'svg logo icon' },
  { pattern: /controlnet/, synonyms: 'pose skeleton depth edges sketch structure' },
  { pattern: /lora/, synonyms: 'own trained custom style' },
  { pattern: /character/, synonyms: 'same consistent person identity face' },
  { pattern: /try-?on/, synonyms: 'wear clothes clothing outfit dress garment fashion' },
  { pattern: /face-?swap/, synonyms: 'replace exchange head' },
  { pattern: /to-3d/, synonyms: 'mesh object glb' },
  { pattern: /lip-?sync/, synonyms: 'dub dubbing mouth talking speech' },
  { pattern: /avatar/, synonyms: 'talking head presenter speaking' },
  { pattern: /to-speech/, synonyms: 'voice voiceover narration narrator read aloud tts' },
  { pattern: /to-(?:music|audio)/, synonyms: 'music song soundtrack sound noise sfx' },
];

const idAndCategories = ({ categories, model_id }: CleanEntry) => `${categories} ${model_id}`.toLowerCase();

/** Whether a model is for a task. */
export const isForTask = (entry: CleanEntry, task: Task): boolean =>
  TASKS[task].pattern.test(idAndCategories(entry));

/** Words that people search a model by, and that its own words may lack. */
export function synonymsOf(entry: CleanEntry): string {
  const text = idAndCategories(entry);
  const purposes = [...Object.values(TASKS), ...OTHER_PURPOSES].filter(({ pattern }) => pattern.test(text));
  return purposes.map(({ synonyms }) => synonyms).join(' ');
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
