/** What the name of a saved image tells. */
export interface NameParts {
  /** ISO 8601; its day stands in the name. */
  date: string;
  /** A model id; its vendor is left out. */
  model: string;
  prompt: string;
  requestId: string;
}

// In bytes of UTF-8. With them a name and its sidecar's stay below the 255 bytes of most file systems.
const LONGEST = { model: 40, prompt: 40, requestId: 64, given: 120 };

/** `<date>-<model>-<prompt words>-<request id>`, with the letters of all scripts; what nothing is left of is left out. */
export function fileStem({ date, model, prompt, requestId }: NameParts): string {
  return [
    date.slice(0, 10).replace(/[^0-9-]/g, ''),
    cut(words(model.slice(model.indexOf('/') + 1)), LONGEST.model),
    cut(words(prompt), LONGEST.prompt),
    requestId.replace(/[^A-Za-z0-9_-]/g, '').slice(0, LONGEST.requestId),
  ]
    .filter((part) => part !== '')
    .join('-');
}

// What is read of a text, in characters: taking letters apart is slow where accents are heaped on one.
const MAX_READ = 400;

const EXTENSION = /\.(png|jpe?g|webp|gif|avif)$/i;
// Accents that are not part of a letter are no letters, but belong to those of many scripts. In a function, as it takes
// half a millisecond to make (measured).
const noLetters = () => /[^\p{L}\p{N}\p{M}_]+/gu;
// Windows opens a device by these names, whatever extension follows.
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** A name that a caller chose, as a file's name without extension; empty where nothing of it can be one. */
export function givenStem(name: string): string {
  const read = name.slice(0, MAX_READ).replace(EXTENSION, '');
  const stem = cut(read.normalize('NFC').replace(noLetters(), '-'), LONGEST.given);
  return RESERVED.test(stem) ? `image-${stem}` : stem;
}

const words = (text: string): string =>
  text.slice(0, MAX_READ).normalize('NFC').toLowerCase().replace(/_/g, '-').replace(noLetters(), '-');

/** Cuts to so many bytes, between words where that leaves something, and takes the dashes off the ends. */
function cut(text: string, most: number): string {
  const trimmed = text.replace(/^-+|-+$/g, '');
  if (Buffer.byteLength(trimmed) <= most) return trimmed;
  let kept = '';
  let bytes = 0;
  for (const letter of trimmed) {
    bytes += Buffer.byteLength(letter);
    if (bytes > most) break;
    kept += letter;
  }
  const end = trimmed[kept.length] === '-' ? kept.length : kept.lastIndexOf('-');
  return end > 0 ? kept.slice(0, end) : kept;
}
