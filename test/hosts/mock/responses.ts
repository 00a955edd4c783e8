import type { Dialect, Json, ToolCall } from './dialect.ts';

interface Tool {
  /** OpenAI's own tools have none. */
  name?: string;
  strict?: boolean | null;
  parameters?: { required?: string[] };
  /** Of a namespace: Codex makes one of each server. */
  tools?: Tool[];
}

/** Every tool by its name, behind that of its namespace and a dot. */
const toolsOf = ({ tools = [] }: Json) =>
  (tools as Tool[]).flatMap((tool) =>
    tool.tools
      ? tool.tools.map((inside) => ({ ...inside, name: `${tool.name}.${inside.name}` }))
      : tool.name === undefined
        ? []
        : [{ ...tool, name: tool.name }],
  );

/** OpenAI's Responses. */
export const responses: Dialect = {
  path: /\/responses$/,
  tools: (body) => toolsOf(body).map(({ name }) => name),
  strictFields(body, tool) {
    const found = toolsOf(body).find(({ name }) => name === tool);
    return found?.strict ? (found.parameters?.required ?? []) : [];
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
            ...named(turn.name),
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

function named(tool: string): Json {
  const [name, namespace] = tool.split('.').reverse();
  return namespace === undefined ? { name } : { namespace, name };
}
