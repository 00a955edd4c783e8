import type { Dialect, Json, ToolCall } from './dialect.ts';

interface Message extends Json {
  role: string;
  content?: string | { type: string }[];
}

const messages = (body: Json) => (body.messages ?? []) as Message[];

const message = (turn: ToolCall | string, callId: string) =>
  typeof turn === 'string'
    ? { role: 'assistant', content: turn }
    : {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            index: 0,
            id: callId,
            type: 'function',
            function: { name: turn.name, arguments: JSON.stringify(turn.args) },
          },
        ],
      };

const finish = (turn: ToolCall | string) => (typeof turn === 'string' ? 'stop' : 'tool_calls');
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

/** OpenAI's chat completions, and all that is compatible with them. */
export const chat: Dialect = {
  path: /\/chat\/completions$/,
  tools: ({ tools = [] }) => (tools as { function: { name: string } }[]).map((tool) => tool.function.name),
  conversation: messages,
  refusal(body) {
    // A tool's message may hold text only (OpenAI's reference, "Tool message").
    for (const { role, content } of messages(body)) {
      const other = Array.isArray(content) && content.find(({ type }) => type !== 'text');
      if (role === 'tool' && other) return `Invalid value: '${other.type}'. Supported values are: 'text'.`;
    }
    return undefined;
  },
  reply: (turn, callId) => ({
    id: `chatcmpl-${callId}`,
    object: 'chat.completion',
    created: 1,
    model: 'mock',
    choices: [{ index: 0, message: message(turn, callId), finish_reason: finish(turn) }],
    usage,
  }),
  streamEnd: 'data: [DONE]\n\n',
  stream(turn, callId) {
    const chunk = { id: `chatcmpl-${callId}`, object: 'chat.completion.chunk', created: 1, model: 'mock' };
    return [
      { ...chunk, choices: [{ index: 0, delta: message(turn, callId) }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: finish(turn) }], usage },
    ];
  },
};
