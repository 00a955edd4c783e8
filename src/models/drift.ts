/** The parts of an input's JSON Schema that are compared. Published ones come from outside: anything may stand anywhere. */
export type InputSchema = Readonly<Record<string, unknown>>;

const BOUNDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];
// RunComfy's own name for it.
const TYPES = new Map([['float', 'number']]);

/**
 * How a published input differs from the one that we know, as one line a difference; none where they agree. Titles,
 * descriptions and orders do not count. Where we know no default, the published one is a sample. What the lines quote
 * comes from outside.
 */
export function inputDrift(known: InputSchema, published: InputSchema): string[] {
  const [ours, theirs] = [fieldsOf(known), fieldsOf(published)];
  const [needed, needs] = [requiredOf(known, ours), requiredOf(published, theirs)];
  const lines: string[] = [];
  for (const [name, field] of theirs) {
    const before = ours.get(name);
    if (!before) lines.push(`${name}: new field${needs.has(name) ? ', required' : ''}`);
    else {
      const changes = fieldDrift(before, field);
      if (needs.has(name) !== needed.has(name)) {
        changes.unshift(needs.has(name) ? 'required now' : 'not required any more');
      }
      lines.push(...changes.map((change) => `${name}: ${change}`));
    }
  }
  for (const name of ours.keys()) if (!theirs.has(name)) lines.push(`${name}: field is gone`);
  return lines;
}

function fieldDrift(ours: InputSchema, theirs: InputSchema): string[] {
  const types = [typeOf(ours), typeOf(theirs)] as const;
  // A published field may leave out its type.
  if (types[1] !== undefined && types[0] !== types[1]) return [`type was ${types[0]}, is ${types[1]}`];
  const changes = valueDrift(listOf(ours.enum), listOf(theirs.enum));
  for (const bound of BOUNDS) {
    if (ours[bound] !== theirs[bound])
      changes.push(`${bound} was ${shown(ours[bound])}, is ${shown(theirs[bound])}`);
  }
  if (ours.default !== undefined && ours.default !== theirs.default) {
    changes.push(`default was ${shown(ours.default)}, is ${shown(theirs.default)}`);
  }
  const [item, published] = [schemaOf(ours.items), schemaOf(theirs.items)];
  // A published list may leave out what it holds.
  if (item && published) changes.push(...fieldDrift(item, published).map((change) => `items: ${change}`));
  return changes;
}

function valueDrift(ours: readonly unknown[] | undefined, theirs: readonly unknown[] | undefined): string[] {
  if (!ours || !theirs) {
    if (theirs) return [`takes only ${theirs.map(shown).join(', ')} now`];
    return ours ? ['takes any value now'] : [];
  }
  const without = (all: readonly unknown[], some: readonly unknown[]) => {
    const known = new Set(some);
    return all.filter((value) => !known.has(value));
  };
  return [
    ...without(theirs, ours).map((value) => `new value ${shown(value)}`),
    ...without(ours, theirs).map((value) => `value ${shown(value)} is gone`),
  ];
}

const schemaOf = (value: unknown): InputSchema | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as InputSchema) : undefined;

const listOf = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

function typeOf({ type }: InputSchema): string | undefined {
  return typeof type === 'string' ? (TYPES.get(type) ?? type) : undefined;
}

function fieldsOf({ properties }: InputSchema): Map<string, InputSchema> {
  return new Map(
    Object.entries(schemaOf(properties) ?? {}).map(([name, field]) => [name, schemaOf(field) ?? {}]),
  );
}

/** Published schemas may require what is no field. */
function requiredOf({ required }: InputSchema, fields: ReadonlyMap<string, unknown>): Set<unknown> {
  return new Set(listOf(required)?.filter((name) => fields.has(name as string)));
}

/** A value in words; a published default may be null where there is none, and a list too deep to be written. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return JSON.stringify(value);
}
