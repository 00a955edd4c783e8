import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';

/** The answer of a tool, as far as it is looked into. */
interface ToolResult {
  content: Block[];
  structuredContent?: Record<string, unknown>;
}
type Block = { type: string; text?: string };

// Claude Desktop cuts a result at 1 MiB; in bytes of the whole message as it goes over the wire.
const MAX_MESSAGE = 1 << 20;
// Of the text, as the same stands in structuredContent.
const TEXT_SHARE = 0.45;
// A longer line, or text in structuredContent, is cut. In characters.
const MAX_LINE = 8_192;

/**
 * A message of the protocol as it may leave: no key in any text of it, and an answer of at most 1 MiB. What is too
 * large loses first what can be had otherwise: links, which the text repeats, and previews; then the longest lines and
 * items.
 */
export function outgoing<Message extends object>(
  message: Message,
  redact: (text: string) => string,
): Message {
  const clean = redacted(message, redact) as Message & { result?: unknown; error?: { message?: unknown } };
  const size = bytes(clean);
  if (size <= MAX_MESSAGE) return clean;
  const { result, error } = clean;
  if (isToolResult(result)) return { ...clean, result: fitted(result, MAX_MESSAGE - (size - bytes(result))) };
  if (typeof error?.message !== 'string') return clean;
  // The SDK's own errors quote what was asked for.
  return { ...clean, error: { ...error, message: middleCut(error.message, MAX_LINE) } };
}

function redacted(value: unknown, redact: (text: string) => string): unknown {
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
  const without = (type: string, from: ToolResult): ToolResult => ({
    ...from,
    content: from.content.filter((block) => block.type !== type),
  });
  const unlinked = without('resource_link', result);
  if (bytes(unlinked) <= room) return unlinked;
  const unseen = without('image', unlinked);
  const note =
    unseen.content.length < unlinked.content.length ? 'The previews are left out: they did not fit.' : '';
  const said = withText(unseen, (text) => (note === '' ? text : `${text}\n${note}`));
  if (bytes(said) <= room) return said;
  const short = withText(said, (text) => fittingText(text, room * TEXT_SHARE));
  const { structuredContent: data, ...rest } = short;
  return data ? { ...rest, structuredContent: fittingData(data, room - bytes(rest) - 32) } : rest;
}

const withText = (result: ToolResult, change: (text: string) => string): ToolResult => ({
  ...result,
  content: result.content.map((block) =>
    block.text === undefined ? block : { ...block, text: change(block.text) },
  ),
});

/** The lines that fit, in their order. */
function fittingText(text: string, room: number): string {
  const lines = text.split('\n');
  // A part of a URL leads nowhere.
  const whole = lines.filter((line) => line.length <= MAX_LINE || /\s/.test(line));
  const kept = fitting(
    whole.map((line) => middleCut(line, MAX_LINE)),
    room - 100,
  );
  const left = lines.length - kept.length;
  if (left === 0) return kept.join('\n');
  return [...kept, `${left} more lines are left out: an answer holds at most 1 MiB.`].join('\n');
}

/** Data of the same form with the items and members that fit. */
function fittingData(data: Record<string, unknown>, room: number): Record<string, unknown> {
  const short = Object.entries(data).map(
    ([name, value]) => [name, typeof value === 'string' ? middleCut(value, MAX_LINE) : value] as const,
  );
  const isList = ([, value]: readonly [string, unknown]) => Array.isArray(value);
  const members = fitting(
    short.filter((member) => !isList(member)),
    room / 2,
  );
  const lists = short.filter(isList);
  const each = (room - bytes(members)) / Math.max(1, lists.length);
  return Object.fromEntries([
    ...members,
    ...lists.map(([name, items]) => [name, fitting(items as unknown[], each - name.length - 8)]),
  ]);
}

/** Those of some parts that fit into so many bytes, in their order: the largest are left out. */
function fitting<Part>(parts: readonly Part[], room: number): Part[] {
  const sized = parts.map((part) => ({ part, size: bytes(part) + 1 }));
  let over = sized.reduce((sum, { size }) => sum + size, 0) - room;
  const left = new Set<object>();
  for (const each of [...sized].sort((a, b) => b.size - a.size)) {
    if (over <= 0) break;
    left.add(each);
    over -= each.size;
  }
  return sized.filter((each) => !left.has(each)).map(({ part }) => part);
}

/** A text whose end says as much as its beginning. */
function middleCut(text: string, most: number): string {
  const half = Math.floor(most / 2);
  return text.length > most ? `${text.slice(0, half)} … ${text.slice(-half)}` : text;
}

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

/** A transport over which everything leaves as it may; `onSend` is told of each message. Nothing here asks for its session. */
export function guarded(
  transport: Transport,
  redact: (text: string) => string,
  onSend: (message: JSONRPCMessage, sent: Promise<void>) => void,
): Transport {
  return {
    send(message, options) {
      const sent = transport.send(outgoing(message, redact), options);
      onSend(message, sent);
      return sent;
    },
    start: () => transport.start(),
    close: () => transport.close(),
    setProtocolVersion: (version) => transport.setProtocolVersion?.(version),
    setSupportedProtocolVersions: (versions) => transport.setSupportedProtocolVersions?.(versions),
    get onmessage() {
      return transport.onmessage;
    },
    set onmessage(take) {
      transport.onmessage = take;
    },
    get onclose() {
      return transport.onclose;
    },
    set onclose(take) {
      transport.onclose = take;
    },
    get onerror() {
      return transport.onerror;
    },
    set onerror(take) {
      transport.onerror = take;
    },
  };
}
