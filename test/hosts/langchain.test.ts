import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';
import { holdApproval } from './support/approval.ts';
import { holdLoop } from './support/loop.ts';
import { type Loop, PROMPT } from './support/run-loop.ts';

const langchain =
  (modelOf: (provider: string) => BaseChatModel): Loop =>
  async (provider, server) => {
    const client = new MultiServerMCPClient({ runcomfy: { transport: 'stdio', ...server } });
    try {
      const agent = createAgent({ model: modelOf(provider), tools: await client.getTools() });
      const { messages } = await agent.invoke({ messages: [{ role: 'user', content: PROMPT }] });
      return messages.at(-1)?.text ?? '';
    } finally {
      await client.close();
    }
  };

const common = { model: 'mock', apiKey: 'x', maxRetries: 0 };
const openai = langchain(
  (provider) => new ChatOpenAI({ ...common, configuration: { baseURL: `${provider}/v1` } }),
);
const gemini = langchain((provider) => new ChatGoogleGenerativeAI({ ...common, baseUrl: provider }));

holdLoop('LangChain, OpenAI', openai, { images: false });
holdLoop('LangChain, Gemini', gemini, { images: false });

// Declares no elicitation.
holdApproval('LangChain', openai);
