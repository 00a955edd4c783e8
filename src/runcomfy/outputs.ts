/** What a URL of an output leads to. */
export type MediaKind = 'image' | 'video' | 'audio';

export interface Output {
  url: string;
  kind: MediaKind;
}

const DEEPEST = 6;
const MOST_URLS = 100;

/** Every URL of an `output` in any of its shapes, in order, without repeats; its kind by field names, then by extension. */
export function outputsOf(output: unknown): Output[] {
  const found = new Map<string, Output>();
  const visit = (value: unknown, kind: MediaKind | undefined, depth: number): void => {
    if (found.size >= MOST_URLS || depth > DEEPEST) return;
    if (typeof value === 'string') {
      if (/^https?:\/\/\S+$/i.test(value) && URL.canParse(value) && !found.has(value))
        found.set(value, { url: value, kind: kind ?? kindByExtension(value) });
    } else if (Array.isArray(value)) {
      for (const item of value) visit(item, kind, depth + 1);
    } else if (value && typeof value === 'object') {
      for (const [name, item] of Object.entries(value)) visit(item, kindByName(name) ?? kind, depth + 1);
    }
  };
  visit(output, undefined, 0);
  return [...found.values()];
}

function kindByName(name: string): MediaKind | undefined {
  if (/image|thumbnail|poster|cover|frame/i.test(name)) return 'image';
  if (/video|film|clip/i.test(name)) return 'video';
  return /audio|music|speech|sound/i.test(name) ? 'audio' : undefined;
}

/** The last resort, as extensions may not tell the truth. */
function kindByExtension(url: string): MediaKind {
  const { pathname } = new URL(url);
  if (/\.(?:mp4|webm|mov|mkv|avi|m4v)$/i.test(pathname)) return 'video';
  return /\.(?:mp3|wav|ogg|m4a|flac|aac|opus)$/i.test(pathname) ? 'audio' : 'image';
}
