import { KEY_VARIABLES } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { factsOf } from '../metadata.mjs';

/** What the manifest takes from package.json. */
export interface Package {
  name: string;
  version: string;
  description: string;
  license: string;
  keywords: string[];
  engines: { node: string };
  author: string;
  repository: { url: string };
  homepage: string;
  bugs: { url: string };
}

/** An option that Claude Desktop asks the user for. */
interface Option {
  type: 'string' | 'number' | 'boolean' | 'directory';
  title: string;
  description: string;
  sensitive?: true;
  default?: false;
  min?: number;
}

// None is required: without all of them the bundle would not start, and the sandbox needs no key. No folder has a
// default, as ${HOME} in one is not expanded. A picker of several folders would hand on a list, which no variable takes.
const OPTIONS: Record<string, Option & { variable: string | undefined }> = {
  api_key: {
    variable: KEY_VARIABLES[0],
    type: 'string',
    title: 'RunComfy API key',
    description: 'From the Profile page of runcomfy.com. The sandbox needs none.',
    sensitive: true,
  },
  output_dir: {
    variable: variableOf('output-dir'),
    type: 'directory',
    title: 'Save pictures to',
    description:
      'Every picture is saved in this folder. Without one, pictures are saved on request, in runcomfy-images in your Pictures folder.',
  },
  input_dir: {
    variable: variableOf('input-dir'),
    type: 'directory',
    title: 'Use pictures from',
    description: 'Claude may send pictures from this folder to RunComfy, for example to edit them.',
  },
  budget_usd: {
    variable: variableOf('budget'),
    type: 'number',
    title: 'Budget per day (US dollars)',
    description: 'Nothing is started that could cost more than this within 24 hours. Empty is no limit.',
    min: 0,
  },
  sandbox: {
    variable: variableOf('sandbox'),
    type: 'boolean',
    title: 'Sandbox',
    description: 'Try it without a key or costs: a built-in imitation of RunComfy draws test cards.',
    default: false,
  },
  models: {
    variable: variableOf('models'),
    type: 'string',
    title: 'Models',
    description:
      'Model ids or patterns such as google/*, separated by commas. Empty is the five built-in models.',
  },
};

function variableOf(flag: string): string | undefined {
  return SETTINGS.get(flag)?.variable;
}

/** The manifest of the bundle (version 0.3 of the format), for a server with these tools. Pure. */
export function createManifest(
  from: Package,
  tools: readonly { name: string; title?: string | undefined }[],
) {
  const { name, version, description, license, keywords, engines, author, homepage, bugs } = from;
  const { address } = factsOf(from);
  const options = Object.entries(OPTIONS);
  return {
    manifest_version: '0.3',
    name,
    display_name: 'RunComfy images',
    version,
    description,
    author: { name: author },
    repository: { type: 'git', url: address },
    homepage,
    support: bugs.url,
    privacy_policies: [`${address}#where-your-pictures-and-prompts-are`],
    icon: 'icon.png',
    license,
    keywords,
    server: {
      type: 'node',
      entry_point: 'server/main.js',
      mcp_config: {
        command: 'node',
        args: ['${__dirname}/server/main.js'],
        env: Object.fromEntries(
          options.map(([option, { variable }]) => [variable, `\${user_config.${option}}`]),
        ),
      },
    },
    tools: tools.map(({ name, title }) => ({ name, description: title })),
    // They depend on the option "models".
    tools_generated: true,
    prompts_generated: true,
    compatibility: { platforms: ['darwin', 'win32', 'linux'], runtimes: { node: engines.node } },
    user_config: Object.fromEntries(
      options.map(([option, { variable: _, ...shown }]) => [option, { ...shown, required: false }]),
    ),
  };
}
