import { objectOf } from '../json.ts';
import { BOUNDS, fieldsOf, type PublishedSchema, requiredOf, typeOf } from './published-schema.ts';

/**
 * How a published input differs from the one that we know, one line for each difference. Titles, descriptions and orders
 * do not count; if we know no default, the published one is a sample. The lines quote text from outside.
 */
export function schemaChanges(known: PublishedSchema, published: PublishedSchema): string[] {
  const [ours, theirs] = [fieldsOf(known), fieldsOf(published)];
  const [wasRequired, isRequired] = [new Set(requiredOf(known)), new Set(requiredOf(published))];
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

function fieldChanges(ours: PublishedSchema, theirs: PublishedSchema): string[] {
  const [was, is] = [typeOf(ours), typeOf(theirs) ?? theirs.type];
  // A published field may leave out its type.
  if (typeof theirs.type === 'string' && was !== is) return [`type was ${was}, is ${is}`];
  const changes = choiceChanges(ours.enum, theirs.enum);
  for (const name of ours.default === undefined ? BOUNDS : [...BOUNDS, 'default'])
    if (ours[name] !== theirs[name])
      changes.push(`${name} was ${valueText(ours[name])}, is ${valueText(theirs[name])}`);
  // A published list may leave out what it holds.
  const items = ours.items && theirs.items ? fieldChanges(objectOf(ours.items), objectOf(theirs.items)) : [];
  return [...changes, ...items.map((change) => `items: ${change}`)];
}

function choiceChanges(ours: unknown, theirs: unknown): string[] {
  if (!Array.isArray(ours) || !Array.isArray(theirs)) {
    if (Array.isArray(theirs)) return [`takes only ${theirs.map(valueText).join(', ')} now`];
    return Array.isArray(ours) ? ['takes any value now'] : [];
  }
  const [before, now] = [new Set(ours), new Set(theirs)];
  return [
    ...theirs.filter((value) => !before.has(value)).map((value) => `new value ${valueText(value)}`),
    ...ours.filter((value) => !now.has(value)).map((value) => `value ${valueText(value)} is gone`),
  ];
}

/** A value in words; a published default may be null for none, and a list may be too deep to be written. */
function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return JSON.stringify(value);
}
