import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, type LanguageModel, stepCountIs, type ToolSet } from 'ai';
import { holdLoop } from './support/loop.ts';
import { type Loop, PROMPT } from './support/run-loop.ts';

const aiSdk =
  (modelOf: (provider: string) => LanguageModel): Loop =>
  async (provider, server) => {
    const client = await createMCPClient({ transport: new Experimental_StdioMCPTransport(server) });
    try {
      const { text } = await generateText({
        model: modelOf(provider),
        // Its packages bring several releases of one type, which differ.
        tools: (await client.tools()) as ToolSet,
        prompt: PROMPT,
        stopWhen: stepCountIs(10),
        maxRetries: 0,
      });
      return text;
    } finally {
      await client.close();
    }
  };

const openai = (provider: string) => createOpenAI({ apiKey: 'x', baseURL: `${provider}/v1` });
const responses = aiSdk((provider) => openai(provider).responses('mock'));
const chat = aiSdk((provider) => openai(provider).chat('mock'));
const google = aiSdk((provider) =>
  createGoogleGenerativeAI({ apiKey: 'x', baseURL: `${provider}/v1beta` })('mock'),
);

// The server cannot tell these apart, and chat completions make base64 text of an image.
holdLoop('AI SDK, Responses', responses, { images: false });
holdLoop('AI SDK, chat completions', chat, { images: false });
holdLoop('AI SDK, Google', google, { images: false });

const flags = ['--preview', 'small'];
holdLoop('AI SDK, Responses, --preview small', responses, { images: true, flags });
holdLoop('AI SDK, Google, --preview small', google, { images: true, flags });
