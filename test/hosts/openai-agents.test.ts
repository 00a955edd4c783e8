import { Agent, MCPServerStdio, OpenAIProvider, Runner } from '@openai/agents';
import { expect, it } from 'vitest';
import { holdLoop } from './support/loop.ts';
import { type Loop, PROMPT, runLoop } from './support/run-loop.ts';

function openaiAgents(options: {
  useResponses: boolean;
  useStructuredContent?: boolean;
  convertSchemasToStrict?: boolean;
}): Loop {
  const { useResponses, useStructuredContent = false, convertSchemasToStrict = false } = options;
  return async (provider, server) => {
    const runcomfy = new MCPServerStdio({ ...server, useStructuredContent });
    await runcomfy.connect();
    try {
      const agent = new Agent({
        name: 'Illustrator',
        model: 'mock',
        mcpServers: [runcomfy],
        mcpConfig: { convertSchemasToStrict },
      });
      const modelProvider = new OpenAIProvider({ apiKey: 'x', baseURL: `${provider}/v1`, useResponses });
      const runner = new Runner({ modelProvider, tracingDisabled: true });
      const { finalOutput } = await runner.run(agent, PROMPT);
      return finalOutput ?? '';
    } finally {
      await runcomfy.close();
    }
  };
}

holdLoop('OpenAI Agents, Responses', openaiAgents({ useResponses: true }), { images: true });
holdLoop('OpenAI Agents, chat completions', openaiAgents({ useResponses: false }), { images: false });
holdLoop(
  'OpenAI Agents, useStructuredContent',
  openaiAgents({ useResponses: true, useStructuredContent: true }),
  { images: false },
);

const strict = openaiAgents({ useResponses: true, convertSchemasToStrict: true });
holdLoop('OpenAI Agents, convertSchemasToStrict', strict, { images: true });

it('OpenAI Agents, convertSchemasToStrict: null stands for what is left out', async () => {
  const model = 'google/nano-banana-2/text-to-image';
  const { sandbox } = await runLoop(strict, () => [
    {
      name: 'gpt_image_1_5_text_to_image',
      args: { prompt: 'a fox', image_size: null, background: null, quality: 'low', output_format: null },
    },
    { name: 'run_image_model', args: { model, input: { prompt: 'a fox', resolution: null } } },
  ]);
  const submitted = sandbox.engine.jobs.map(({ input }) => input);
  expect(submitted).toEqual([{ prompt: 'a fox', quality: 'low' }, { prompt: 'a fox' }]);
});
