import type { WaitEnd } from './jobs/service.ts';

/** How long a call may wait before its MCP host would cut it, in seconds. One row a host, with the source. */
interface HostRow {
  /** Matched against `clientInfo.name`. */
  name: RegExp;
  wait: number;
  /** The wait when the call asks for progress, where progress keeps the host's clock from running out. */
  waitWithProgress?: number;
}

/** Every 1.x and 2.x SDK client gives up after 60 s unless told otherwise (measured). */
export const DEFAULT_WAIT = 45;

const HOSTS: readonly HostRow[] = [
  { name: /^codex/i, wait: 270 }, // cuts at 300 s, progress or not (measured)
  { name: /^gemini-cli/i, wait: 540 }, // cuts at 600 s, progress or not (measured)
  { name: /^claude-code/i, wait: 240 }, // no cut within 400 s (measured)
  { name: /^(github-)?copilot-cli/i, wait: DEFAULT_WAIT, waitWithProgress: Number.POSITIVE_INFINITY }, // 180 s, reset by progress (measured)
  { name: /^opencode/i, wait: DEFAULT_WAIT, waitWithProgress: Number.POSITIVE_INFINITY }, // 60 s, reset by progress (measured)
];

/** Seconds that a call of this client waits before it hands over. */
export function waitBudget(clientName: string | undefined, wantsProgress: boolean): number {
  const row = HOSTS.find(({ name }) => clientName !== undefined && name.test(clientName));
  if (!row) return DEFAULT_WAIT;
  return wantsProgress ? (row.waitWithProgress ?? row.wait) : row.wait;
}

/**
 * Why a client ended a call, by the reason in its `notifications/cancelled`. SDK clients write "Request timed out",
 * "... timed out" or "request timeout" when their clock ran out (measured); anything else is the user's wish.
 */
export function waitEnd(reason: unknown): WaitEnd {
  const text = reason instanceof Error ? reason.message : String(reason);
  if (/connection closed/i.test(text)) return 'closed';
  return /time[ds]?[ -]?out/i.test(text) ? 'timeout' : 'user';
}
