const OTHER = 'other';
// In characters.
const MAX_LABEL = 128;

/** At most so many values of a label, the first that come; all others are `other`. A value is a time series for ever. */
export function createBounded(max: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    const label = value.slice(0, MAX_LABEL);
    if (known.size < max) known.add(label);
    return known.has(label) ? label : OTHER;
  };
}

/** The models that RunComfy is known to have; the id in a call is whatever its caller wrote. */
export function createKnown(max: number) {
  const known = new Set<string>();
  return {
    add(value: string): void {
      if (known.size < max) known.add(value);
    },
    label: (value: string): string => (known.has(value) ? value : OTHER),
  };
}
