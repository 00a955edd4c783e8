// Some clients take 60 characters, the server's name included.
const MAX_LENGTH = 45;

/**
 * Names the tools of models: the model id without its vendor, in letters, digits and `_`. Ids that would share a name
 * keep the vendor; those still alike, or like a reserved name, are numbered.
 */
export function toolNames(modelIds: readonly string[], reserved: readonly string[]): Map<string, string> {
  const short = (id: string) => snakeCase(id.slice(id.indexOf('/') + 1));
  const uses = new Map<string, number>();
  for (const name of [...reserved, ...modelIds.map(short)]) uses.set(name, (uses.get(name) ?? 0) + 1);
  const taken = new Set(reserved);
  // The last number of each name, so that a thousand alike ids do not each count from 2.
  const numbers = new Map<string, number>();
  const nameOf = (id: string): string => {
    const wanted = (uses.get(short(id)) === 1 ? short(id) : snakeCase(id)) || 'model';
    const stem = cutAtWord(wanted, MAX_LENGTH);
    let name = stem;
    while (taken.has(name)) {
      const number = (numbers.get(stem) ?? 1) + 1;
      numbers.set(stem, number);
      name = `${cutAtWord(wanted, MAX_LENGTH - `_${number}`.length)}_${number}`;
    }
    taken.add(name);
    return name;
  };
  return new Map(modelIds.map((id) => [id, nameOf(id)]));
}

const snakeCase = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

function cutAtWord(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const end = name.slice(0, maxLength + 1).lastIndexOf('_');
  return name.slice(0, end > 0 ? end : maxLength);
}
