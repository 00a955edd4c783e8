import {
  type CompleteRequestParams,
  type GetPromptResult,
  type Prompt,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
} from '@modelcontextprotocol/server';
import { quoteUntrusted, type Redact } from '../../runcomfy/sanitize.ts';
import type { Surface } from '../../tools/support/surface.ts';
import type { Complete } from './completions.ts';
import type { Skill } from './skills.ts';

interface Argument {
  name: string;
  description: string;
  required?: true;
  /** In characters; 200 unless told. */
  max?: number;
  /** What its values can be completed from. */
  from?: Parameters<Complete>[0];
}

interface Usage {
  /** What is said below the text of the skill. */
  request: string;
  arguments: readonly Argument[];
}

// Claude Code gives each argument one word, quotes or not, and drops the others, but shows the model all of them (measured).
const GIVEN =
  'What the user gave is quoted below. Some hosts cut it at spaces: then the conversation has their whole request.';

const MAX_VALUE = 200;
const MAX_NAME = 80;

/** How the skills are used as prompts, by name. */
const USAGE = new Map<string, Usage>(
  Object.entries({
    'make-pictures': {
      request: 'Do this for the user now.',
      arguments: [
        { name: 'idea', description: 'What to make, or to change.', required: true, max: 4_000 },
        { name: 'model', description: 'A tool or model id. Default: chosen by the agent.', from: 'models' },
        {
          name: 'picture',
          description: 'The picture to start from: job:<request_id>#1, or last. Words of a prompt find it.',
          from: 'pictures',
        },
      ],
    },
    'spend-money-well': {
      request: 'Keep to this from now on.',
      arguments: [
        { name: 'plan', description: 'What is to be made, if that is known.', max: 4_000 },
        { name: 'budget', description: 'The most that it may cost, such as 2 USD.' },
      ],
    },
  } satisfies Record<string, Usage>),
);

/** Serves the skills as prompts, which clients offer to their users. Their texts are loaded when they are first asked for. */
export function servePrompts(
  server: Server,
  { complete, redact, surface }: { complete: Complete; redact: Redact; surface: Surface },
): void {
  const skills = async () => (await import('./skills.ts')).skillsFor(surface);
  server.setRequestHandler('prompts/list', async () => ({
    prompts: (await skills()).map((skill) => listed(skill, surface)),
  }));
  server.setRequestHandler('prompts/get', async ({ params }) => {
    const skill = (await skills()).find(({ name }) => name === params.name);
    if (!skill)
      throw invalid(`There is no prompt "${quoteUntrusted(params.name, { redact, max: MAX_NAME })}"`);
    return fillIn(skill, params.arguments ?? {}, redact);
  });
  server.setRequestHandler('completion/complete', async ({ params }) => ({
    completion: await completion(params, complete),
  }));
}

const invalid = (message: string) => new ProtocolError(ProtocolErrorCode.InvalidParams, message);

function listed({ name, title, description }: Skill, { isLocal }: Surface): Prompt {
  // The second sentence is for agents: it says when to use a skill.
  const [purpose] = description.split(/(?<=\.) /);
  const args = USAGE.get(name)?.arguments.map(({ name, description, required = false }) => ({
    name,
    description: isLocal ? description : description.replace(', or last', ''),
    required,
  }));
  return { name, title, description: purpose, ...(args && { arguments: args }) };
}

/** A skill with what the client gave for its arguments: data, one quoted line each. */
export function fillIn(
  { name, title, text }: Skill,
  given: Record<string, string>,
  redact: Redact,
): GetPromptResult {
  const { request, arguments: args } = USAGE.get(name) as Usage;
  const values = args.flatMap(({ name: arg, description, required, max = MAX_VALUE }) => {
    const value = quoted(given[arg] ?? '', { redact, max });
    if (required && value === '')
      throw invalid(`The prompt ${name} needs the argument "${arg}": ${description}`);
    return value === '' ? [] : `- ${arg}: "${value}"`;
  });
  const lines = values.length > 0 ? [`${request} ${GIVEN}`, '', ...values] : [request];
  const content = { type: 'text' as const, text: [text, '', '---', '', ...lines].join('\n') };
  return { description: title, messages: [{ role: 'user', content }] };
}

/** As other texts from outside, and without what could be read as markup. */
const quoted = (value: string, options: { redact: Redact; max: number }) =>
  quoteUntrusted(value, options).replaceAll('<', '‹').replaceAll('>', '›').replaceAll('`', "'");

const NONE = { values: [] };

async function completion({ ref, argument }: CompleteRequestParams, complete: Complete) {
  if (ref.type !== 'ref/prompt') return NONE;
  const known = USAGE.get(ref.name)?.arguments.find(({ name }) => name === argument.name);
  return known?.from ? complete(known.from, argument.value) : NONE;
}
