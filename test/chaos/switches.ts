/**
 * The names that a variable of the shell chooses: `a,b` for these alone, `-a,-b` for all but these, all without it.
 * Throws where it names what there is not.
 */
export function chosen<Name extends string>(variable: string, all: readonly Name[]): ReadonlySet<Name> {
  const given = (process.env[variable] ?? '').split(',').filter((name) => name !== '');
  const isIn = (names: readonly string[]) => (name: Name) => names.includes(name);
  const without = given.filter((name) => name.startsWith('-')).map((name) => name.slice(1));
  const only = given.filter((name) => !name.startsWith('-'));
  const strange = [...without, ...only].filter((name) => !(all as readonly string[]).includes(name));
  if (strange.length > 0)
    throw new Error(`${variable}: no ${strange.join(', ')}; there are ${all.join(', ')}`);
  const from = only.length > 0 ? all.filter(isIn(only)) : all;
  return new Set(from.filter((name) => !isIn(without)(name)));
}
