import type { Dialect, Json, ToolCall } from './dialect.ts';

interface Tool {
  name: string;
  strict?: boolean | null;
  parameters: { required?: string[] };
}

const toolsOf = ({ tools = [] }: Json) => tools as Tool[];

/** OpenAI's Responses. */
export const responses: Dialect = {
  path: /\/responses$/,
  tools: (body) => toolsOf(body).map(({ name }) => name),
  strictFields(body, tool) {
    const { strict, parameters } = toolsOf(body).find(({ name }) => name === tool) as Tool;
    return strict ? (parameters.required ?? []) : [];
  },
  conversation: ({ input }) => (typeof input === 'string' ? [{ content: input }] : (input as [])),
  refusal: () => undefined,
  reply,
  stream(turn, callId) {
    const response = reply(turn, callId);
    const [item] = response.output;
    return [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response },
    ];
  },
};

function reply(turn: ToolCall | string, callId: string) {
  return {
    id: `resp_${callId}`,
    object: 'response',
    created_at: 1,
    model: 'mock',
    status: 'completed',
    error: null,
    incomplete_details: null,
    output: [
      typeof turn === 'string'
        ? {
            type: 'message',
            id: `msg_${callId}`,
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: turn, annotations: [] }],
          }
        : {
            type: 'function_call',
            id: `fc_${callId}`,
            call_id: callId,
            name: turn.name,
            arguments: JSON.stringify(turn.args),
            status: 'completed',
          },
    ],
    usage: {
      input_tokens: 1,
      output_tokens: 1,
      total_tokens: 2,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  };
}
