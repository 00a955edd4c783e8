/** What a model's outputs, and the URLs of a result, can be. */
export const MEDIA_KINDS = ['image', 'video', 'audio', '3d'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

export interface Output {
  url: string;
  kind: MediaKind;
}

// An output has a few fields. These bounds keep the cost of a hostile reply low, and an answer, in which each URL stands
// up to three times, below 1 MiB.
const MAX_DEPTH = 6;
const MAX_VALUES = 10_000;
const MAX_URLS = 100;
const MAX_URL_CHARACTERS = 100_000;

/** The URLs of an `output` of any shape, in order, without repeats, within the bounds; kinds by field name, then by extension. */
export function outputsOf(output: unknown): Output[] {
  const found = new Map<string, Output>();
  let values = 0;
  let characters = 0;
  const visit = (value: unknown, kind: MediaKind | undefined, depth: number): void => {
    values += 1;
    if (typeof value === 'string') {
      const url = webUrl(value);
      if (url === undefined || found.has(url) || characters + url.length > MAX_URL_CHARACTERS) return;
      found.set(url, { url, kind: kind ?? kindByExtension(url) });
      characters += url.length;
    } else if (value && typeof value === 'object' && depth < MAX_DEPTH) {
      const isArray = Array.isArray(value);
      for (const name of isArray ? value.keys() : Object.keys(value)) {
        if (values >= MAX_VALUES || found.size >= MAX_URLS) return;
        const item = (value as Record<string | number, unknown>)[name];
        visit(item, (isArray ? undefined : kindByName(String(name))) ?? kind, depth + 1);
      }
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

/** The last resort, as extensions may be wrong. */
function kindByExtension(url: string): MediaKind {
  const { pathname } = new URL(url);
  if (/\.(?:mp4|webm|mov|mkv|avi|m4v)$/i.test(pathname)) return 'video';
  if (/\.(?:glb|gltf|obj|fbx|stl|ply|usdz)$/i.test(pathname)) return '3d';
  return /\.(?:mp3|wav|ogg|m4a|flac|aac|opus)$/i.test(pathname) ? 'audio' : 'image';
}

// In characters; longer than any signed link that was seen.
const MAX_URL = 4_096;

/**
 * A web address from outside in the form in which it may be shown and fetched, percent-encoded as every fetch would.
 * Undefined if it is none, holds blanks, or is too long.
 */
export function webUrl(text: string): string | undefined {
  if (text.length > MAX_URL || !/^https?:\/\/\S+$/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text).href.replaceAll("'", '%27');
  return url.length > MAX_URL ? undefined : url;
}
