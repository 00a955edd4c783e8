import type { StartCommand } from './start-command.ts';

/** A piece of configuration or code to paste for a host. */
export interface Snippet {
  host: string;
  /** Where it goes. */
  place: string;
  language: 'json' | 'toml' | 'sh' | 'ts' | 'python';
  text: string;
  /** What to know about the host. */
  note?: string | undefined;
}

/** Stands for the user's key. */
export const KEY = 'YOUR_RUNCOMFY_API_KEY';

const STOPS_SILENTLY = 'It sends nothing when the user stops: the job goes on and is charged.';

/** Snippets for libraries that agents are built with. */
export function librarySnippets({ command, args }: Pick<StartCommand, 'command' | 'args'>): Snippet[] {
  const [word, list] = [JSON.stringify(command), JSON.stringify(args)];
  return [
    {
      host: 'LangChain',
      place: 'Python, langchain-mcp-adapters',
      language: 'python',
      text: `from langchain_mcp_adapters.client import MultiServerMCPClient

client = MultiServerMCPClient({
    "runcomfy": {
        "transport": "stdio",
        "command": ${word},
        "args": ${list},
        "env": {"RUNCOMFY_API_KEY": "${KEY}"},
    }
})
tools = await client.get_tools()`,
    },
    {
      host: 'LangChain.js',
      place: 'TypeScript, @langchain/mcp-adapters',
      language: 'ts',
      text: `import { MultiServerMCPClient } from '@langchain/mcp-adapters';

const client = new MultiServerMCPClient({
  runcomfy: { transport: 'stdio', command: ${word}, args: ${list}, env: { RUNCOMFY_API_KEY: '${KEY}' } },
});
const tools = await client.getTools();`,
    },
    {
      host: 'OpenAI Agents SDK',
      place: 'TypeScript, @openai/agents',
      language: 'ts',
      text: `import { Agent, MCPServerStdio } from '@openai/agents';

const runcomfy = new MCPServerStdio({
  command: ${word},
  args: ${list},
  env: { RUNCOMFY_API_KEY: '${KEY}' },
});
await runcomfy.connect();
const agent = new Agent({ name: 'Illustrator', mcpServers: [runcomfy] });`,
      note: 'With the Responses API the model sees the picture; useStructuredContent: true gives it the answer as JSON and leaves the picture out.',
    },
    {
      host: 'AI SDK',
      place: 'TypeScript, @ai-sdk/mcp',
      language: 'ts',
      text: `import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';

const client = await createMCPClient({
  transport: new Experimental_StdioMCPTransport({
    command: ${word},
    args: ${list},
    env: { RUNCOMFY_API_KEY: '${KEY}' },
  }),
});
const tools = await client.tools();`,
      note: `The model sees no pictures by default, as chat completions would get them as base64 text of some 24,000 tokens each. With Responses, Google or Anthropic add "--preview", "small" to args. ${STOPS_SILENTLY}`,
    },
    {
      host: 'Mastra',
      place: 'TypeScript, @mastra/mcp',
      language: 'ts',
      text: `import { MCPClient } from '@mastra/mcp';

const client = new MCPClient({
  servers: {
    runcomfy: { command: ${word}, args: ${list}, env: { RUNCOMFY_API_KEY: '${KEY}' } },
  },
});
const tools = await client.listTools();`,
    },
    {
      host: 'mcp-use',
      place: 'TypeScript, mcp-use 1.x',
      language: 'ts',
      text: `import { MCPClient } from 'mcp-use';

const client = new MCPClient({
  mcpServers: {
    runcomfy: { command: ${word}, args: ${list}, env: { RUNCOMFY_API_KEY: '${KEY}' } },
  },
});
const session = await client.createSession('runcomfy');
const tools = await session.listTools();`,
    },
  ];
}
