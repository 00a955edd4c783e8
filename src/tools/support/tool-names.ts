/** The tools that are not models. A model that would take one of these names gets another. */
export const OTHER_TOOLS = [
  'find_image_models',
  'run_image_model',
  'get_image_job',
  'save_images',
  'cancel_image_job',
  'list_image_jobs',
  'peek_image_job',
  'get_balance',
];

// Some clients take 60 characters with the server's name before it.
const LONGEST = 45;

/**
 * Names the tools of a catalogue: the model id without its vendor, every run of other characters than
 * letters and digits as `_`. Ids that would share a name keep the vendor; what is still alike is numbered.
 */
export function toolNames(ids: readonly string[]): Map<string, string> {
  const plain = (id: string) =>
    id
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '');
  const short = (id: string) => plain(id.slice(id.indexOf('/') + 1));
  const wanted = new Map<string, number>(OTHER_TOOLS.map((name) => [name, 1]));
  for (const id of ids) wanted.set(short(id), (wanted.get(short(id)) ?? 0) + 1);
  const taken = new Set<string>(OTHER_TOOLS);
  /** How many names were made of one, so that a thousand alike ids are not tried from 2 on each. */
  const counts = new Map<string, number>();
  return new Map(
    ids.map((id) => {
      const whole = (wanted.get(short(id)) === 1 ? short(id) : plain(id)) || 'model';
      const alike = fitted(whole, '');
      let name = alike;
      while (taken.has(name)) {
        const count = (counts.get(alike) ?? 1) + 1;
        counts.set(alike, count);
        name = fitted(whole, `_${count}`);
      }
      taken.add(name);
      return [id, name];
    }),
  );
}

/** A name cut at a word where it is too long. */
function fitted(name: string, end: string): string {
  const most = LONGEST - end.length;
  if (name.length <= most) return name + end;
  const cut = name.slice(0, most + 1);
  return cut.slice(0, Math.max(cut.lastIndexOf('_'), 1)) + end;
}
