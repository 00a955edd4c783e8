/** A model's id as people would write it: `google/nano-banana-2/edit` is "Nano Banana 2, edit". */
export function readableName(modelId: string): string {
  const [vendor = '', name = vendor, ...rest] = modelId.split('/');
  const words = (text: string) =>
    text
      .replace(/(\d)-(?=\d)/g, '$1.')
      .replace(/[-_\s]+/g, ' ')
      .trim();
  const title = words(name).replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  return [title, ...rest.map(words)].filter(Boolean).join(', ');
}
