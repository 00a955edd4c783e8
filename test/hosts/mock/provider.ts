import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { chat } from './chat.ts';
import type { Dialect, Json, ToolCall } from './dialect.ts';
import { gemini } from './gemini.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import { readSent, type Sent } from './sent.ts';

const DIALECTS = [responses, chat, messages, gemini];

/** What the mock model does next; it may depend on what it was sent since its last turn. */
export type Turn = ToolCall | ((sent: Sent) => ToolCall);

/** A model provider on loopback. */
export interface Provider {
  /** Base URL without a version. */
  origin: string;
  /** The tool calls that the model asked for, as far as it chose them. */
  calls: ToolCall[];
  /** What the model was sent after each of its tool calls. */
  results: Sent[];
  /** Refusals, where a loop sent what the real API would not take. */
  refusals: string[];
}

/** Starts a provider whose model asks for the tools of these turns one by one, and then ends. */
export async function startProvider(turns: readonly Turn[]): Promise<Provider> {
  let offered: string[] = [];
  let known = 0;
  let turn = 0;
  const calls: ToolCall[] = [];
  const results: Sent[] = [];
  const refusals: string[] = [];

  /** The call as the loop takes it: some put the server's name before the tool's, some want every field. */
  function asOffered({ name, args }: ToolCall, dialect: Dialect, body: Json): ToolCall {
    const tool = offered.find((one) => one === name || new RegExp(`[_.-]${name}$`).test(one));
    if (!tool) throw new Error(`${name} was not offered, but ${offered.join(', ')}`);
    const nulls = (dialect.strictFields?.(body, tool) ?? []).map((field) => [field, null]);
    return { name: tool, args: { ...Object.fromEntries(nulls), ...args } };
  }

  function next(dialect: Dialect, body: Json): ToolCall | string {
    const tools = dialect.tools(body);
    // Command lines also ask for titles and the like, without tools.
    if (tools.length === 0) return 'Done.';
    const conversation = dialect.conversation(body);
    if (turn === 0) offered = tools;
    else results.push(readSent(conversation.slice(known)));
    known = conversation.length;
    const wanted = turns[turn];
    turn += 1;
    if (wanted === undefined) return 'Done.';
    const call = typeof wanted === 'function' ? wanted(results.at(-1) as Sent) : wanted;
    calls.push(call);
    return asOffered(call, dialect, body);
  }

  function answer(path: string, body: Json, response: ServerResponse): void {
    const dialect = DIALECTS.find((one) => one.path.test(path));
    if (!dialect) throw new Error(`no such API: ${path}`);
    const refusal = dialect.refusal(body);
    if (refusal !== undefined) {
      refusals.push(refusal);
      sendJson(response, 400, { error: { message: refusal, type: 'invalid_request_error' } });
      return;
    }
    const wanted = next(dialect, body);
    const callId = `call_${turn}`;
    // Gemini's says so in its path.
    if (!body.stream && !path.includes(':stream')) {
      sendJson(response, 200, dialect.reply(wanted, callId));
      return;
    }
    if (!dialect.stream) throw new Error(`${path} is not imitated as a stream`);
    const events = dialect.stream(wanted, callId);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.map(asEvent).join('') + (dialect.streamEnd ?? ''));
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [path = ''] = (request.url ?? '').split('?');
    try {
      answer(path, JSON.parse(Buffer.concat(chunks).toString('utf8')), response);
    } catch (error) {
      // 400, as loops repeat a 500.
      sendJson(response, 400, { error: { message: String(error), type: 'mock' } });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, calls, results, refusals };
}

function sendJson(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An event of a stream: clients of Anthropic's look at its type. */
const asEvent = (event: Json) =>
  `${typeof event.type === 'string' ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
