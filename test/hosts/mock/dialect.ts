/** A tool call that the mock model asks for. */
export interface ToolCall {
  name: string;
  args: Record<string, unknown>;
}

export type Json = Record<string, unknown>;

/** One provider's API, as far as an agent loop uses it. */
export interface Dialect {
  /** Matched against the path of a request. */
  path: RegExp;
  /** Names of the tools that a request offers. */
  tools(body: Json): string[];
  /** The fields that a strict tool makes the model give, null where it has nothing; none of a tool that is not strict. */
  strictFields?(body: Json, tool: string): string[];
  /** The conversation that a request sends, oldest item first. */
  conversation(body: Json): Json[];
  /** What the API would refuse about a request, in its words; undefined where it would answer. */
  refusal(body: Json): string | undefined;
  /** The reply that asks for a tool, or that ends the turn with a text. */
  reply(turn: ToolCall | string, callId: string): Json;
  /** The same reply as the events of a stream, for the dialects that some loop streams. */
  stream?(turn: ToolCall | string, callId: string): Json[];
  /** What stands after the last event. */
  streamEnd?: string;
}

/** Objects anywhere in a value, outermost first. */
export function* objectsIn(value: unknown): Generator<Json> {
  if (!value || typeof value !== 'object') return;
  if (!Array.isArray(value)) yield value as Json;
  for (const inside of Object.values(value)) yield* objectsIn(inside);
}
