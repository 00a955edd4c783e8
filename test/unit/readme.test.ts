import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { snippets } from '../../src/cli/snippets/snippets.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { connect } from '../support/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = join(ROOT, 'README.md');
const START = {
  command: 'node',
  absoluteCommand: '/path/to/node',
  args: ['/path/to/runcomfy-image-mcp/dist/main.js'],
};

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const code = (text: string) => `\`${text}\``;

/** The parts of the README that are made from the code. */
const SECTIONS: Record<string, () => Promise<string> | string> = {
  async tools() {
    const { tools } = await (await connect()).client.listTools();
    return table(
      ['tool', 'what it does'],
      tools.map(({ name, description = '' }) => [code(name), description]),
    );
  },
  hosts() {
    return snippets(START)
      .map(
        ({ host, place, language, text, note }) =>
          `<details>\n<summary><b>${host}</b>: ${place}</summary>\n\n\`\`\`${language}\n${text}\n\`\`\`\n${note ? `\n${note}\n` : ''}\n</details>`,
      )
      .join('\n');
  },
  settings() {
    const rows = [...SETTINGS].map(([flag, { value, variable, help }]) => [
      code(`--${flag}${value ? ` ${value}` : ''}`),
      variable ? code(variable) : '',
      help,
    ]);
    return table(['flag', 'variable', 'meaning'], rows);
  },
};

const marked = (name: string) =>
  new RegExp(`(<!-- ${name}: made by npm run accept -->\n)[\\s\\S]*?(\n<!-- /${name} -->)`);

describe.each(Object.keys(SECTIONS))("the README's %s", (name) => {
  it('are what the code says (accept a change with: npm run accept)', async () => {
    const made = await SECTIONS[name]?.();
    const text = readFileSync(README, 'utf8');
    expect(text).toMatch(marked(name));
    const expected = text.replace(marked(name), (_, open, close) => `${open}${made}${close}`);
    if (process.env.ACCEPT) writeFileSync(README, expected);
    else expect(text).toBe(expected);
  });
});

describe('the documents', () => {
  it('AGENTS.md has at most 60 lines', () => {
    expect(readFileSync(join(ROOT, 'AGENTS.md'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(
      60,
    );
  });

  it('mcp.json is in the form of Agent Plugins and sets no variables', () => {
    const { $schema, mcpServers, ...rest } = JSON.parse(readFileSync(join(ROOT, 'mcp.json'), 'utf8'));
    expect($schema).toBe('https://agent-plugins.org/schemas/1.0.0/mcp.schema.json');
    expect(rest).toEqual({});
    for (const server of Object.values<Record<string, unknown>>(mcpServers)) {
      expect(Object.keys(server)).toEqual(['type', 'command', 'args']);
    }
  });

  it('README gives every dependency a reason', () => {
    const readme = readFileSync(README, 'utf8');
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies })) {
      if (!name.startsWith('@types/')) expect(readme, name).toContain(`\`${name}\``);
    }
  });
});
