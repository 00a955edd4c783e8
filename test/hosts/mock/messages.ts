import type { Dialect, Json, ToolCall } from './dialect.ts';

const content = (turn: ToolCall | string, callId: string): Json =>
  typeof turn === 'string'
    ? { type: 'text', text: turn }
    : { type: 'tool_use', id: callId, name: turn.name, input: turn.args };

const stopReason = (turn: ToolCall | string) => (typeof turn === 'string' ? 'end_turn' : 'tool_use');
const usage = { input_tokens: 1, output_tokens: 1 };
const opened = (callId: string) => ({
  id: `msg_${callId}`,
  type: 'message',
  role: 'assistant',
  model: 'mock',
  content: [] as Json[],
  stop_reason: null,
  stop_sequence: null,
  usage,
});

/** Anthropic's Messages. */
export const messages: Dialect = {
  path: /\/v1\/messages$/,
  tools: ({ tools = [] }) => (tools as { name: string }[]).map(({ name }) => name),
  conversation: ({ messages }) => messages as [],
  refusal: () => undefined,
  reply: (turn, callId) => ({
    ...opened(callId),
    content: [content(turn, callId)],
    stop_reason: stopReason(turn),
  }),
  stream: (turn, callId) => [
    { type: 'message_start', message: opened(callId) },
    typeof turn === 'string'
      ? { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
      : {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'tool_use', id: callId, name: turn.name, input: {} },
        },
    {
      type: 'content_block_delta',
      index: 0,
      delta:
        typeof turn === 'string'
          ? { type: 'text_delta', text: turn }
          : { type: 'input_json_delta', partial_json: JSON.stringify(turn.args) },
    },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stopReason(turn), stop_sequence: null }, usage },
    { type: 'message_stop' },
  ],
};
