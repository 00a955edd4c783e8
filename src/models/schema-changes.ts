import { BOUNDS, type InputSchema } from './clean-input.ts';

/**
 * How a published input differs from the one that we know, one line for each difference. Titles, descriptions and orders
 * do not count; if we know no default, the published one is a sample. The lines quote text from outside.
 */
export function schemaChanges(known: InputSchema, published: InputSchema): string[] {
  const ours = new Map(Object.entries(known.properties ?? {}));
  const theirs = new Map(Object.entries(published.properties ?? {}));
  const [wasRequired, isRequired] = [new Set(known.required), new Set(published.required)];
  const lines = [...theirs].flatMap(([name, field]) => {
    const before = ours.get(name);
    if (!before) return `${name}: new field${isRequired.has(name) ? ', required' : ''}`;
    const changes = fieldChanges(before, field);
    if (isRequired.has(name) !== wasRequired.has(name))
      changes.unshift(isRequired.has(name) ? 'required now' : 'not required any more');
    return changes.map((change) => `${name}: ${change}`);
  });
  const gone = [...ours.keys()].filter((name) => !theirs.has(name));
  return [...lines, ...gone.map((name) => `${name}: field is gone`)];
}

function fieldChanges(ours: InputSchema, theirs: InputSchema): string[] {
  // A published field may leave out its type.
  if (theirs.type !== undefined && ours.type !== theirs.type)
    return [`type was ${ours.type}, is ${theirs.type}`];
  const changes = choiceChanges(ours.enum, theirs.enum);
  for (const name of ours.default === undefined ? BOUNDS : ([...BOUNDS, 'default'] as const))
    if (ours[name] !== theirs[name])
      changes.push(`${name} was ${valueText(ours[name])}, is ${valueText(theirs[name])}`);
  // A published list may leave out what it holds.
  const items = ours.items && theirs.items ? fieldChanges(ours.items, theirs.items) : [];
  return [...changes, ...items.map((change) => `items: ${change}`)];
}

function choiceChanges(ours: unknown[] | undefined, theirs: unknown[] | undefined): string[] {
  if (!ours) return theirs ? [`takes only ${theirs.map(valueText).join(', ')} now`] : [];
  if (!theirs) return ['does not list its values any more'];
  const [before, now] = [new Set(ours), new Set(theirs)];
  return [
    ...theirs.filter((value) => !before.has(value)).map((value) => `new value ${valueText(value)}`),
    ...ours.filter((value) => !now.has(value)).map((value) => `value ${valueText(value)} is gone`),
  ];
}

const valueText = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
