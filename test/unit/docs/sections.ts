import { installLinks } from '../../../src/cli/snippets/links.ts';
import { snippets } from '../../../src/cli/snippets/snippets.ts';
import { SERVICE_SETTINGS } from '../../../src/config/service-settings.ts';
import { SETTINGS, type Setting } from '../../../src/config/settings.ts';
import { MODELS } from '../../../src/models/built-in/index.ts';
import { METRICS } from '../../../src/service/metrics/definitions.ts';
import { toolNames } from '../../../src/tools/support/tool-names.ts';
import { connect } from '../../support/program.ts';
import { diagram } from './diagram.ts';

const START = {
  command: 'node',
  absoluteCommand: '/path/to/node',
  args: ['/path/to/runcomfy-image-mcp/dist/main.js'],
};

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const code = (text: string) => `\`${text}\``;
const block = ({ language, text }: { language: string; text: string }) =>
  `\`\`\`${language}\n${text}\n\`\`\``;

function settingsTable(settings: readonly [string, Setting][]): string {
  const rows = settings.map(([flag, { value, variable, help }]) => [
    code(value === undefined ? `--${flag}` : `--${flag} ${value}`),
    variable ? code(variable) : '',
    help,
  ]);
  return table(['flag', 'variable', 'meaning'], rows);
}

/** A part of a document that is made from the code. */
export interface Section {
  document: string;
  name: string;
  make: () => Promise<string> | string;
}

export const SECTIONS: readonly Section[] = [
  {
    document: 'README.md',
    name: 'snippet',
    make() {
      const [desktop] = snippets(START);
      if (desktop?.host !== 'Claude Desktop')
        throw new Error('the README shows the snippet for Claude Desktop');
      return block(desktop);
    },
  },
  {
    document: 'README.md',
    name: 'tools',
    async make() {
      const { tools } = await (await connect()).client.listTools();
      // What a call costs stands in a column of its own; a sentence does not end within "GPT Image 1.5".
      const short = (description: string) => description.split(/(?<=\.) (?=[A-Z])/)[0] ?? '';
      const isPaid = (description: string) => /is a paid job/.test(description);
      return table(
        ['tool', 'what it does', 'paid'],
        tools.map(({ name, description = '' }) => [
          code(name),
          short(description),
          isPaid(description) ? 'yes' : '',
        ]),
      );
    },
  },
  {
    document: 'docs/models.md',
    name: 'models',
    make() {
      const names = toolNames(
        MODELS.map(({ id }) => id),
        [],
      );
      return table(
        ['model', 'tool', 'what it is for'],
        MODELS.map(({ id, description }) => [code(id), code(names.get(id) ?? ''), description]),
      );
    },
  },
  {
    document: 'docs/settings.md',
    name: 'settings',
    make: () => settingsTable([...SETTINGS].filter(([flag]) => !(flag in SERVICE_SETTINGS))),
  },
  {
    document: 'docs/service.md',
    name: 'settings',
    make: () => settingsTable(Object.entries(SERVICE_SETTINGS)),
  },
  {
    document: 'docs/service.md',
    name: 'metrics',
    make: () =>
      table(
        ['metric', 'labels', 'meaning'],
        Object.entries(METRICS).map(([name, { labels, help }]) => [
          code(name),
          labels.map(code).join(', '),
          help,
        ]),
      ),
  },
  {
    document: 'docs/hosts.md',
    name: 'hosts',
    make: () =>
      snippets(START)
        .map(({ host, place, note, ...snippet }) =>
          [`### ${host}`, `${place}:`, block(snippet), ...(note ? [note] : [])].join('\n\n'),
        )
        .join('\n\n'),
  },
  {
    document: 'docs/hosts.md',
    name: 'links',
    make: () =>
      installLinks()
        .map(({ host, url }) => `- [${host}](${url})`)
        .join('\n'),
  },
  { document: 'docs/architecture.md', name: 'diagram', make: diagram },
];
