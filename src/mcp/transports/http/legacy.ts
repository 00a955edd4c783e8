import type { ServerResponse } from 'node:http';
import { type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';

/**
 * Answers one request of a 2025 client with a server of its own, without state. As the SDK's handler does it, but for a
 * second stream around the first, by which that learns of the end: 4 kB for each call that waits.
 */
export async function answerLegacy(
  server: Server,
  request: Request,
  response: ServerResponse,
  parsedBody: unknown,
): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ keepAliveMs: 0 });
  await server.connect(transport);
  // Closes the transport too.
  response.on('close', () => void server.close());
  return transport.handleRequest(request, { parsedBody });
}
