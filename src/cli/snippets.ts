/** A piece of configuration to paste into a host. */
export interface Snippet {
  host: string;
  /** Where it goes. */
  place: string;
  language: 'json' | 'toml' | 'sh' | 'ts' | 'python';
  text: string;
}

/** How a host starts this server. */
export interface StartCommand {
  command: string;
  args: readonly string[];
}

const KEY = 'YOUR_RUNCOMFY_API_KEY';
const SERVER = 'runcomfy-image';
// VS Code fills this in.
const VS_CODE_INPUT = '${input:runcomfy-key}';

/** Snippets for every host that is documented, for one way of starting the server. */
export function snippets({ command, args }: StartCommand): Snippet[] {
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  const entry = { command, args, env: { RUNCOMFY_API_KEY: KEY } };
  const list = JSON.stringify(args);
  const word = JSON.stringify(command);
  const line = [command, ...args].map((part) => (/[\s"'$]/.test(part) ? `'${part}'` : part)).join(' ');
  return [
    {
      host: 'Claude Desktop',
      place: 'claude_desktop_config.json (Settings, Developer, Edit Config)',
      language: 'json',
      text: json({ mcpServers: { [SERVER]: entry } }),
    },
    {
      host: 'Claude Code',
      place: 'a shell',
      language: 'sh',
      text: `claude mcp add ${SERVER} --env RUNCOMFY_API_KEY='${KEY}' -- ${line}`,
    },
    {
      host: 'Cursor',
      place: '~/.cursor/mcp.json',
      language: 'json',
      text: json({ mcpServers: { [SERVER]: entry } }),
    },
    {
      host: 'VS Code',
      place: '.vscode/mcp.json',
      language: 'json',
      text: json({
        inputs: [
          { type: 'promptString', id: 'runcomfy-key', description: 'RunComfy API key', password: true },
        ],
        servers: {
          [SERVER]: { type: 'stdio', command, args, env: { RUNCOMFY_API_KEY: VS_CODE_INPUT } },
        },
      }),
    },
    {
      host: 'Codex CLI',
      place: '~/.codex/config.toml',
      language: 'toml',
      text: `[mcp_servers.${SERVER}]\ncommand = ${word}\nargs = ${list}\ntool_timeout_sec = 300\n\n[mcp_servers.${SERVER}.env]\nRUNCOMFY_API_KEY = "${KEY}"`,
    },
    {
      host: 'Gemini CLI',
      place: '~/.gemini/settings.json (in a folder that is trusted)',
      language: 'json',
      text: json({ mcpServers: { [SERVER]: { ...entry, timeout: 600_000 } } }),
    },
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
    },
  ];
}
