import { DEFAULT_WAIT } from '../config/settings.ts';
import type { WaitEnd } from '../jobs/calls.ts';

/** What is known of an MCP host; each fact below names its source. */
interface Host {
  /** Matched against `clientInfo.name`; the names were read off the wire in November 2026. */
  name: RegExp;
  /** Seconds that a call may wait before the host would time out. */
  wait?: number;
  /** The same for a call that asks for progress, if progress resets the host's timeout. */
  waitWithProgress?: number;
  /** False if images do harm. */
  images?: false;
}

const HOSTS: readonly Host[] = [
  { name: /^codex-mcp-client/, wait: 270 }, // times out at 300 s, progress or not (measured)
  { name: /^gemini-cli/, wait: 540 }, // times out at 600 s, progress or not (measured)
  { name: /^claude-code/, wait: 240 }, // no timeout within 400 s (measured)
  { name: /^copilot-cli/, waitWithProgress: Number.POSITIVE_INFINITY }, // 180 s, reset by progress (measured)
  { name: /^opencode/, waitWithProgress: Number.POSITIVE_INFINITY }, // 60 s, reset by progress (measured)
  // An image becomes an image part of a tool message, which OpenAI's chat completions refuse: the agent stops after the
  // job was paid for (documented).
  { name: /^@langchain\/mcp-adapters/, images: false },
  // With chat completions the model gets an image as base64 text, 24,000 tokens a picture (measured). With Responses,
  // Google (measured) and Anthropic (source read) it sees the image, but a server cannot tell these apart.
  { name: /^ai-sdk-mcp-client/, images: false },
  // The Python SDK's default, and so LangChain's Python adapters (source read).
  { name: /^mcp$/, images: false },
];

const hostOf = (client: string | undefined): Host | undefined =>
  HOSTS.find(({ name }) => client !== undefined && name.test(client));

/** Whether images may be sent to this client. */
export const takesImages = (client: string | undefined): boolean => hostOf(client)?.images !== false;

/** Seconds that a call from this client waits before it hands over. */
export function waitBudget(client: string | undefined, wantsProgress: boolean): number {
  const { wait = DEFAULT_WAIT, waitWithProgress = wait } = hostOf(client) ?? {};
  return wantsProgress ? waitWithProgress : wait;
}

/**
 * Why a client ended a call, by the reason in its `notifications/cancelled`. On a timeout, SDK clients write "Request
 * timed out", "... timed out" or "request timeout" (measured); anything else comes from the user.
 */
export function waitEnd(reason: unknown): WaitEnd {
  const text = reason instanceof Error ? reason.message : String(reason);
  if (/connection closed/i.test(text)) return 'closed';
  return /time[ds]?[ -]?out/i.test(text) ? 'timeout' : 'user';
}
