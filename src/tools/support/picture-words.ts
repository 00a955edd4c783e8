import { typeName } from '../../images/image-type.ts';
import type { Picture } from '../../images/pictures.ts';
import type { Original } from '../../images/preview.ts';

/** A picture's facts in short, such as "PNG, 1536 x 1024, 1.4 MB". */
export function describeOriginal({ type, width, height, bytes, isTransparent }: Original): string {
  return [
    typeName(type),
    ...(width === undefined ? [] : [`${width} x ${height}`]),
    bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`,
    ...(isTransparent ? ['transparent: squares in the preview'] : []),
  ].join(', ');
}

/** What is missing of the pictures and why, a line for each reason. */
export function pictureNotes(pictures: readonly Picture[]): string[] {
  const notes = new Map<string, number[]>();
  for (const [index, { unshown, unsaved }] of pictures.entries()) {
    const told =
      unshown === unsaved
        ? [['neither shown nor saved', unshown]]
        : [
            ['not shown', unshown],
            ['not saved', unsaved],
          ];
    for (const [what, why] of told) {
      if (why === undefined) continue;
      const note = `${what}, as ${why}.`;
      notes.set(note, [...(notes.get(note) ?? []), index + 1]);
    }
  }
  return [...notes].map(([note, numbers]) => {
    if (pictures.length === 1) return `The image is ${note}`;
    return numbers.length === 1 ? `Image ${numbers} is ${note}` : `Images ${numbers.join(', ')} are ${note}`;
  });
}
