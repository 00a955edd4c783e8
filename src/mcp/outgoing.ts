import type { Transport } from '@modelcontextprotocol/server';
import type { Redact } from '../runcomfy/sanitize.ts';
import type { Deliveries } from './call.ts';

/** The result of a tool, as far as it matters here. */
interface ToolResult {
  content: Block[];
  structuredContent?: Record<string, unknown>;
}
type Block = { type: string; text?: string };

// Claude Desktop cuts a result at 1 MiB; in bytes of the whole message as it is sent.
const MAX_MESSAGE = 1 << 20;
// What the text may take of that: structuredContent repeats it.
const TEXT_SHARE = 0.45;
// In characters; longer lines, and longer texts in structuredContent, lose their middle.
const MAX_LINE = 8_192;
const NO_PREVIEWS = 'The previews are left out: they did not fit.';

/** A transport that sends nothing but `outgoing` messages, and tells `onSend` of each as it is sent. */
export function guarded(transport: Transport, redact: Redact, onSend: Deliveries['onSend']): Transport {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const leaving = outgoing(message, redact);
    const sent = send(leaving, options);
    onSend(leaving, sent);
    return sent;
  };
  return transport;
}

/**
 * A message as it may leave: without a key in any text, and as an answer at most 1 MiB. An answer that is larger loses
 * its previews first, which can be fetched; then its largest lines and items.
 */
export function outgoing<Message extends object>(message: Message, redact: Redact): Message {
  const clean = redacted(message, redact) as Message & { result?: unknown; error?: { message?: unknown } };
  const size = bytes(clean);
  if (size <= MAX_MESSAGE) return clean;
  const { result, error } = clean;
  if (isToolResult(result)) return { ...clean, result: fitted(result, MAX_MESSAGE - (size - bytes(result))) };
  if (typeof error?.message !== 'string') return clean;
  // The SDK's own errors quote the request.
  return { ...clean, error: { ...error, message: shortened(error.message) } };
}

function redacted(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  // Base64 holds no key, but may look like a short one.
  if ((value as Block).type === 'image') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [redact(name), redacted(inner, redact)]),
  );
}

const isToolResult = (result: unknown): result is ToolResult =>
  Array.isArray((result as ToolResult | undefined)?.content);

function fitted(result: ToolResult, room: number): ToolResult {
  const blocks = result.content.filter(({ type }) => type !== 'image');
  const note = blocks.length < result.content.length ? `\n${NO_PREVIEWS}` : '';
  const withTexts = (change: (text: string) => string): ToolResult => ({
    ...result,
    content: blocks.map((block) => ({ ...block, text: change((block.text ?? '') + note) })),
  });
  const unseen = withTexts((text) => text);
  if (bytes(unseen) <= room) return unseen;
  const { structuredContent: data, ...short } = withTexts((text) => fittingLines(text, room * TEXT_SHARE));
  return data ? { ...short, structuredContent: fittingData(data, room - bytes(short) - 32) } : short;
}

/** The lines of a text that fit. */
function fittingLines(text: string, room: number): string {
  const lines = text.split('\n');
  // Part of a URL leads nowhere.
  const usable = lines.filter((line) => line.length <= MAX_LINE || /\s/.test(line));
  const kept = fitting(usable.map(shortened), room - 100);
  const missing = lines.length - kept.length;
  const note = `${missing} more lines are left out: an answer holds at most 1 MiB.`;
  return [...kept, ...(missing > 0 ? [note] : [])].join('\n');
}

/** Data of the same form with the members and items that fit. */
function fittingData(data: Record<string, unknown>, room: number): Record<string, unknown> {
  const members = Object.entries(data);
  const lists = members.flatMap(([name, value]) => (Array.isArray(value) ? [{ name, value }] : []));
  const others = members.filter(([, value]) => !Array.isArray(value));
  const short = others.map(([name, value]) => [name, typeof value === 'string' ? shortened(value) : value]);
  const kept = fitting(short, room / 2);
  const each = (room - bytes(kept)) / Math.max(1, lists.length);
  const fittingLists = lists.map(({ name, value }) => [name, fitting(value, each - name.length - 8)]);
  return Object.fromEntries([...kept, ...fittingLists]);
}

/** The parts that fit into so many bytes, in their order; the largest are left out. */
function fitting<Part>(parts: readonly Part[], room: number): Part[] {
  const sized = parts.map((part) => ({ part, size: bytes(part) + 1 }));
  const kept = new Set<object>();
  let left = room;
  for (const each of [...sized].sort((a, b) => a.size - b.size)) {
    left -= each.size;
    if (left < 0) break;
    kept.add(each);
  }
  return sized.filter((each) => kept.has(each)).map(({ part }) => part);
}

/** A long text without its middle: its end says as much as its beginning. */
function shortened(text: string): string {
  const half = MAX_LINE / 2;
  return text.length > MAX_LINE ? `${text.slice(0, half)} … ${text.slice(-half)}` : text;
}

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');
