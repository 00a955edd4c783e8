import { type Dialect, type Json, objectsIn, type ToolCall } from './dialect.ts';

interface Declaration {
  name: string;
  parameters?: Json;
}

const declarations = ({ tools = [] }: Json) =>
  (tools as { functionDeclarations?: Declaration[] }[]).flatMap((tool) => tool.functionDeclarations ?? []);

/** Google's generateContent. */
export const gemini: Dialect = {
  path: /:(g|streamG)enerateContent$/,
  tools: (body) => declarations(body).map(({ name }) => name),
  conversation: ({ contents }) => contents as [],
  refusal(body) {
    // Reported by users of Gemini: one such tool, and the request is refused with all tools in it.
    for (const { name, parameters } of declarations(body)) {
      for (const { properties } of objectsIn(parameters)) {
        if (properties && Object.keys(properties).length === 0)
          return `${name}: properties: should be non-empty for OBJECT type`;
      }
    }
    return undefined;
  },
  reply,
  stream: (turn) => [reply(turn)],
};

function reply(turn: ToolCall | string): Json {
  return {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [typeof turn === 'string' ? { text: turn } : { functionCall: turn }],
        },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  };
}
