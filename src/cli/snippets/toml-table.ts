/** A table in TOML, with the tables within it behind it. */
export function tomlTable(path: readonly string[], table: object): string {
  const isTable = (value: unknown) => typeof value === 'object' && !Array.isArray(value);
  const lines = Object.entries(table).flatMap(([name, value]) =>
    isTable(value) ? [] : [`${name} = ${JSON.stringify(value)}`],
  );
  const within = Object.entries(table).flatMap(([name, value]) =>
    isTable(value) ? [`\n${tomlTable([...path, name], value)}`] : [],
  );
  return [`[${path.join('.')}]`, ...lines, ...within].join('\n');
}
