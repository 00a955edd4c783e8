import { Agent } from '@mastra/core/agent';
import { MCPClient } from '@mastra/mcp';
import { holdApproval } from './support/approval.ts';
import { holdLoop } from './support/loop.ts';
import { type Loop, PROMPT } from './support/run-loop.ts';

/** With Mastra's own model router, which speaks chat completions. */
const mastra: Loop = async (provider, server) => {
  const client = new MCPClient({ servers: { runcomfy: server } });
  try {
    const agent = new Agent({
      name: 'illustrator',
      instructions: 'You make pictures.',
      model: { id: 'mock/mock', url: `${provider}/v1`, apiKey: 'x' },
      // From Mastra 1.0, which needs Node 22, this is listTools().
      tools: await client.getTools(),
    });
    const { text } = await agent.generate(PROMPT, { maxSteps: 10 });
    return text;
  } finally {
    await client.disconnect();
  }
};

holdLoop('Mastra', mastra, { images: false });

// Declares elicitation whether or not the application handles it.
holdApproval('Mastra', mastra);
